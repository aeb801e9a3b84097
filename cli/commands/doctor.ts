import { execFileSync } from 'node:child_process';
import { getLlamaGpuTypes } from 'node-llama-cpp';
import { EXIT_CODES } from '../../vocabulary/errors.ts';
import type { Command } from '../boundary.ts';
import { describeMachine } from '../device.ts';
import { TOOL } from '../version.ts';

interface Finding {
  readonly what: string;
  readonly found: string | undefined;
  /** What it is for, and how to get it when it is missing. */
  readonly use: string;
}

/** First line that a program prints of its version; undefined when it cannot be run. */
function versionOf(program: string, args: readonly string[]): string | undefined {
  try {
    const text = execFileSync(program, args, {
      encoding: 'utf8',
      timeout: 5_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.split('\n')[0]?.trim();
  } catch {
    return undefined; // Not installed, or not runnable by this user: both mean that it cannot be used.
  }
}

async function findings(): Promise<Finding[]> {
  const gpus = (await getLlamaGpuTypes('supported')).filter((type) => type !== false);
  return [
    {
      what: 'GPU for llama.cpp',
      found: gpus.length === 0 ? undefined : gpus.join(', '),
      use: 'local inference on a GPU; without one llama runs on the CPU, and a GPU can be simulated. See docs/inference.md',
    },
    {
      what: 'NVIDIA driver',
      found: versionOf('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader']),
      use: 'CUDA inference: the driver, and the binary package as docs/inference.md says',
    },
    {
      what: 'Redis',
      found: versionOf('redis-server', ['--version']),
      use: 'a server to try several gateways or workers with; BUSYHOUR_REDIS_URL names any other. See docs/operations.md',
    },
    {
      what: 'PostgreSQL',
      found: versionOf('psql', ['--version']),
      use: 'history shared over machines; BUSYHOUR_POSTGRES_URL names the server. See docs/operations.md',
    },
    {
      what: 'k6',
      found: versionOf(process.env.K6_BIN ?? 'k6', ['version']),
      use: 'busyhour k6 run; K6_BIN names one that is not on the PATH. See docs/engines.md',
    },
    {
      what: 'openssl',
      found: versionOf('openssl', ['version']),
      use: 'busyhour certs, which makes certificates for trying out TLS',
    },
  ];
}

/** `busyhour doctor`: what this machine has, and what is missing for what. Nothing of it is needed for the demo. */
export const doctor: Command<{ readonly json?: boolean }> = async (_options, { say }) => {
  const machine = describeMachine();
  const found = await findings();
  say(`busyhour ${TOOL.version} on ${machine}`);
  say('The demo needs nothing else. Also looked for:');
  for (const { what, found: version, use } of found) say(`  ${what}: ${version ?? 'not found'} (${use})`);
  return { exitCode: EXIT_CODES.ok, json: { machine, found } };
};
