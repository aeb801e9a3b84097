import type { Command } from 'commander';
import { action, JSON_HELP, MAX_SEED } from './action.ts';
import { choiceOption, listOption, numberOption, urlOption } from './options.ts';

const MAX_PORT = 65_535;
const port = (flag: string) => numberOption(flag, { min: 0, max: MAX_PORT, integer: true });

/** Declares `busyhour serve`. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run the gateway: OpenAI-compatible chat completions and the dialog API')
    .option('--config <file>', 'YAML configuration; options below win over it')
    .option('--host <address>', 'address to listen on')
    .option('--port <port>', 'port to listen on, 0 for any free one', port('--port'))
    .option('--inference <host:port>', 'gRPC inference worker, first in the provider chain')
    .option(
      '--openai <url>',
      'OpenAI-compatible base URL with its version, next in the chain',
      urlOption('--openai'),
    )
    .option('--no-keyword', 'no keyword answers as the last resort')
    .option(
      '--scripts <folder>',
      'dialog scripts: a folder of versions, or telecom-service-desk, which ships with the tool',
    )
    .option('--history <file>', 'SQLite file for history; in memory without it')
    .option(
      '--workers <n>',
      'processes behind the one port; more than 1 needs shared stores',
      numberOption('--workers', { min: 1, max: 256, integer: true }),
    )
    .option('--tls-cert <file>', 'HTTPS with this certificate (PEM)')
    .option('--tls-key <file>', 'private key of the certificate (PEM)')
    .option('--tls-client-ca <file>', 'mutual TLS: ask clients for a certificate of this authority (PEM)')
    .option('--print-config', 'print every setting with where its value comes from, and end')
    .option('--exit-with-parent', 'stop when standard input closes')
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExamples:\n  busyhour serve --inference 127.0.0.1:50051\n  busyhour serve --config gateway.yaml --port 0\n  busyhour serve --config gateway.yaml --print-config\n',
    )
    .action(action(async () => (await import('./commands/serve.ts')).serve));
}

/** Declares `busyhour inference`. */
export function addInference(program: Command): void {
  program
    .command('inference')
    .description('run the gRPC inference worker: llama.cpp, or a simulated GPU')
    .option(
      '--engine <kind>',
      'engine: llama or simulated',
      choiceOption('--engine', ['llama', 'simulated']),
      'llama',
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'gRPC port, 0 for any free one', port('--port'), 50_051)
    .option('--metrics-port <port>', 'HTTP port of /metrics, 0 for any free one', port('--metrics-port'))
    .option('--model <file>', 'GGUF model of the llama engine (default: the demo model)')
    .option(
      '--device <name>',
      'where llama runs: auto, cpu, cuda, vulkan or metal (default: auto)',
      choiceOption('--device', ['auto', 'cpu', 'cuda', 'vulkan', 'metal']),
    )
    .option(
      '--sequences <n>',
      'conversations decoded at once',
      numberOption('--sequences', { min: 1, max: 4096, integer: true }),
    )
    .option(
      '--threads <n>',
      'threads of the llama engine',
      numberOption('--threads', { min: 1, max: 1024, integer: true }),
    )
    .option('--profile <name>', 'profile of the simulated engine: a name of docs/inference.md, or a file')
    .option('--tls-cert <file>', 'TLS with this certificate (PEM)')
    .option('--tls-key <file>', 'private key of the certificate (PEM)')
    .option('--tls-client-ca <file>', 'mutual TLS: ask clients for a certificate of this authority (PEM)')
    .option(
      '--seed <n>',
      'seed of the simulated engine',
      numberOption('--seed', { min: 0, max: MAX_SEED, integer: true }),
    )
    .option('--exit-with-parent', 'stop when standard input closes')
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExamples:\n  busyhour inference\n  busyhour inference --engine simulated --port 0\n',
    )
    .action(action(async () => (await import('./commands/inference.ts')).inference));
}

/** Declares `busyhour certs`. */
export function addCerts(program: Command): void {
  program
    .command('certs')
    .description('make certificates for trying out TLS and mutual TLS: an authority, a server and a client')
    .requiredOption('--out <folder>', 'where the files go; existing ones are not replaced')
    .option('--host <names>', 'names and addresses of the server', listOption('--host'), [
      'localhost',
      '127.0.0.1',
      '::1',
    ])
    .option('--client <name>', 'name of the client, as logs show it', 'test-client')
    .option('--days <n>', 'valid for', numberOption('--days', { min: 1, max: 825, integer: true }), 30)
    .option('--json', JSON_HELP)
    .addHelpText('after', '\nExample:\n  busyhour certs --out certs\n')
    .action(action(async () => (await import('./commands/certs.ts')).certs));
}

/** Declares `busyhour keys create`. */
export function addKeys(program: Command): void {
  program
    .command('keys')
    .description('API keys of tenants')
    .command('create')
    .description('print a new random key, once, and the hashed line for the tenants file')
    .requiredOption('--tenant <name>', 'whose key it is')
    .option('--expires <date>', 'when it stops being valid, such as 2027-01-31')
    .option('--json', JSON_HELP)
    .addHelpText('after', '\nExample:\n  busyhour keys create --tenant acme\n')
    .action(action(async () => (await import('./commands/keys.ts')).createKey));
}
