import type { Command } from 'commander';
import { action, JSON_HELP, MAX_SEED } from './action.ts';
import { collectObjectives } from './objectives.ts';
import { choiceOption, listOption, numberOption, urlOption } from './options.ts';

function addMicro(program: Command): void {
  program
    .command('micro')
    .description('time the hot paths with tinybench, alone or interleaved with another version of the code')
    .option('--case <names>', 'only these cases, separated by commas', listOption('--case'))
    .option(
      '--against <ref|folder>',
      'another version: a git revision, checked out aside and removed after, or a folder',
    )
    .option(
      '--blocks <n>',
      'blocks of each version, each a process of its own',
      numberOption('--blocks', { min: 1, max: 1_000, integer: true }),
      10,
    )
    .option(
      '--block-ms <ms>',
      'time for one case in one block',
      numberOption('--block-ms', { min: 1, max: 60_000 }),
      50,
    )
    .option(
      '--budget-s <s>',
      'begin no further block after so long; two are always measured',
      numberOption('--budget-s', { min: 1, max: 86_400 }),
    )
    .option('--cases <file>', 'a module of your own that exports MICRO_CASES, in place of the shipped cases')
    .option('--list', 'print the names of the cases and end')
    .option(
      '--out <file>',
      'result file; the other version goes to FILE.baseline.json beside it',
      'micro.json',
    )
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExamples:\n  busyhour micro --case redaction,sse-parse\n  busyhour micro --against HEAD~1 --blocks 20\n',
    )
    .action(action(async () => (await import('./commands/micro.ts')).micro));
}

/** What export and run share: which load k6 is to put on the target. */
const withPlanOptions = (command: Command): Command =>
  command
    .argument('[scenario]', 'a scenario of the library, or a file', 'call-centre')
    .option(
      '--arrivals <kind>',
      "rate: k6's arrival-rate executors; schedule: the instants that the native engine would keep",
      choiceOption('--arrivals', ['rate', 'schedule']),
      'rate',
    )
    .option(
      '--turns-per-s <rate>',
      'one step of this rate in place of the load plan; needed for plans that search',
      numberOption('--turns-per-s', { min: 0.001, max: 1_000_000 }),
    )
    .option(
      '--duration-s <s>',
      'measured time of each step',
      numberOption('--duration-s', { min: 0.1, max: 86_400 }),
    )
    .option(
      '--slo <objective...>',
      'objective such as p95:latencyMs=2000 or errors=0.01, repeatable; those of the scenario without it',
      collectObjectives,
    )
    .option('--model <name>', 'model to ask for')
    .option(
      '--seed <n>',
      'seed of what is drawn',
      numberOption('--seed', { min: 0, max: MAX_SEED, integer: true }),
    );

function addK6Export(k6: Command): void {
  withPlanOptions(k6.command('export'))
    .description('write a scenario as a script that needs nothing but k6')
    .option(
      '--url <url>',
      'target where BASE_URL is not set when the script runs',
      urlOption('--url'),
      'http://127.0.0.1:8080',
    )
    .option('--out <file>', 'the script', 'script.js')
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExample:\n  busyhour k6 export call-centre --turns-per-s 20 --duration-s 60 --out script.js\n',
    )
    .action(action(async () => (await import('./commands/k6.ts')).k6Export));
}

function addK6Run(k6: Command): void {
  withPlanOptions(k6.command('run'))
    .description('run a scenario with the k6 of this machine (K6_BIN, else the PATH) and write a result file')
    .requiredOption('--url <url>', 'base URL of the target, without /v1', urlOption('--url'))
    .option('--api-key-env <name>', 'environment variable that holds the API key')
    .option('--keep <folder>', 'keep the script, the summary and the points here')
    .option('--out <file>', 'result file', 'result.json')
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExit code 30: k6 says that a threshold was crossed. Exit code 2: there is no k6.\n\nExample:\n  busyhour k6 run call-centre --turns-per-s 20 --url http://127.0.0.1:8080\n',
    )
    .action(action(async () => (await import('./commands/k6.ts')).k6Run));
}

function addK6(program: Command): void {
  const k6 = program.command('k6').description('k6 as the engine: export a scenario, run it, import a run');
  addK6Export(k6);
  addK6Run(k6);
  k6.command('import')
    .argument('[summary]', 'JSON of --summary-export, or of handleSummary')
    .description('the summary and points of any k6 run as a result file')
    .option(
      '--points <file>',
      'points of --out json=FILE, gzipped or not; without them there are no latencies',
    )
    .option('--out <file>', 'result file', 'result.json')
    .option('--json', JSON_HELP)
    .addHelpText('after', '\nExample:\n  busyhour k6 import summary.json --points points.json\n')
    .action(action(async () => (await import('./commands/k6.ts')).k6Import));
}

/** Declares the commands of the engines beside the native one. */
export function addEngineCommands(program: Command): void {
  addMicro(program);
  addK6(program);
}
