import { Command } from 'commander';
import type { Slo } from '../vocabulary/slo.ts';
import { action, JSON_HELP, MAX_SEED } from './action.ts';
import { addEngineCommands } from './engine-program.ts';
import { addHistoryCommands } from './history-program.ts';
import { parseObjective } from './objectives.ts';
import { choiceOption, listOption, numberOption, urlOption } from './options.ts';
import { addCerts, addInference, addKeys, addServe } from './runtime-program.ts';
import { TOOL } from './version.ts';

/** Commander calls it once for each value of a repeatable option. */
const collectObjectives = (text: string, before: readonly Slo[] = []): readonly Slo[] => [
  ...before,
  parseObjective(text),
];

function addDemo(program: Command): void {
  program
    .command('demo')
    .description('the whole job in one go: start the runtime, find its capacity, plan, write report/')
    .option('--out <folder>', 'where the report goes', 'report')
    .option(
      '--interactions-per-day <n>',
      'demand to plan for',
      numberOption('--interactions-per-day', { min: 1 }),
      25_000,
    )
    .option('--modes <names>', 'deployment modes, separated by commas', listOption('--modes'), [
      'compose',
      'kubernetes',
      'onprem',
    ])
    .option(
      '--budget-s <s>',
      'time for measuring, shared by the targets',
      numberOption('--budget-s', { min: 10, max: 3600 }),
      72,
    )
    .option('--scenario <name|file>', 'workload and objectives', 'call-centre')
    .option('--model <file>', 'GGUF model for the llama engine (default: the demo model)')
    .option(
      '--device <name>',
      'where the llama engine runs',
      choiceOption('--device', ['auto', 'cpu', 'cuda', 'vulkan', 'metal']),
      'cpu',
    )
    .option('--profile <name>', 'profile of the simulated engine', 'qwen3-32b-h100x2')
    .option(
      '--seed <n>',
      'seed of every random draw',
      numberOption('--seed', { min: 0, max: MAX_SEED, integer: true }),
      1,
    )
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExamples:\n  busyhour demo\n  busyhour demo --interactions-per-day 100000 --out report-100k\n',
    )
    .action(action(async () => (await import('./commands/demo.ts')).demo));
}

function addBench(program: Command): void {
  program
    .command('bench')
    .argument('[scenario]', 'a scenario of the library, or a file', 'call-centre')
    .description('measure a target: a scenario, or the replay of a trace')
    .requiredOption('--url <url>', 'base URL of the target, without /v1', urlOption('--url'))
    .option('--trace <file>', 'replay this arrival trace (CSV, optionally .gz) instead of a scenario')
    .option('--speed-up <n>', 'replay speed', numberOption('--speed-up', { min: 0.001, max: 100_000 }), 1)
    .option(
      '--max-requests <n>',
      'replay at most so many requests',
      numberOption('--max-requests', { min: 1, integer: true }),
    )
    .option(
      '--duration-s <s>',
      'replay at most so much of the run',
      numberOption('--duration-s', { min: 0.1, max: 86_400 }),
    )
    .option(
      '--slo <objective...>',
      'objective such as p95:latencyMs=2000 or errors=0.01, repeatable; those of the scenario without it',
      collectObjectives,
    )
    .option('--model <name>', 'model to ask for (default: the first that the target lists)')
    .option('--api-key-env <name>', 'environment variable that holds the API key')
    .option('--metrics <process=url...>', 'Prometheus /metrics of a process of the target, repeatable')
    .option('--out <file>', 'result file', 'result.json')
    .option(
      '--seed <n>',
      'seed of the schedule',
      numberOption('--seed', { min: 0, max: MAX_SEED, integer: true }),
    )
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExamples:\n  busyhour bench call-centre --url http://127.0.0.1:8080\n  busyhour bench --trace AzureLLMInferenceTrace_conv.csv.gz --speed-up 10 --duration-s 60 --url http://127.0.0.1:8080\n',
    )
    .action(action(async () => (await import('./commands/bench.ts')).bench));
}

function addPlan(program: Command): void {
  program
    .command('plan')
    .description('instances and cost per interaction from measured results')
    .requiredOption('-r, --result <files...>', 'result files of busyhour bench')
    .option(
      '--interactions-per-day <n>',
      'demand to plan for (default: 25000; the measured rate of a trace)',
      numberOption('--interactions-per-day', { min: 1 }),
    )
    .option(
      '--modes <names>',
      'modes of the library or files, separated by commas; all without it',
      listOption('--modes'),
    )
    .option('--prices <file...>', 'your own catalogue files; their entries win')
    .option('--out <folder>', 'where plan.json and the report go', 'report')
    .option(
      '--seed <n>',
      'seed of the uncertainty draws',
      numberOption('--seed', { min: 0, max: MAX_SEED, integer: true }),
      1,
    )
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExample:\n  busyhour plan -r result.json --interactions-per-day 100000 --modes kubernetes,onprem\n',
    )
    .action(action(async () => (await import('./commands/plan.ts')).plan));
  program
    .command('report')
    .description('write the report of a plan and its results again')
    .requiredOption('-r, --result <files...>', 'result files')
    .requiredOption('--plan <file>', 'plan file')
    .option('--out <folder>', 'where the report goes', 'report')
    .option('--json', JSON_HELP)
    .action(action(async () => (await import('./commands/report.ts')).report));
}

function addListings(program: Command): void {
  program
    .command('scenarios')
    .argument('[name]', 'show this one as resolved')
    .description('list the scenarios of the library, or show one')
    .option('--json', JSON_HELP)
    .action(action(async () => (await import('./commands/listings.ts')).scenarios));
  program
    .command('modes')
    .argument('[name]', 'explain this one')
    .description('list the deployment modes, or explain one')
    .option('--json', JSON_HELP)
    .action(action(async () => (await import('./commands/listings.ts')).modes));
  program
    .command('prices')
    .argument('[id]', 'explain this entry')
    .description('list the price catalogue, or explain one entry: figures, source, date')
    .option('--stale', 'only entries past their shelf life')
    .option('--prices <file...>', 'your own catalogue files; their entries win')
    .option('--json', JSON_HELP)
    .action(action(async () => (await import('./commands/listings.ts')).prices));
  program
    .command('doctor')
    .description('what this machine has, and what is missing for what')
    .option('--json', JSON_HELP)
    .action(action(async () => (await import('./commands/doctor.ts')).doctor));
}

const EXIT_CODE_HELP = `
Exit codes:
  0 ok · 2 usage · 10 invalid input file · 20 target unreachable · 21 generator saturated
  30 SLO missed · 31 regression · 40 no feasible plan · 50 audit broken · 70 internal · 130 interrupted

Start here:
  busyhour demo`;

/** The whole command line. */
export function createProgram(): Command {
  const program = new Command('busyhour')
    .description(
      'How many instances does your conversational AI need at its busy hour, and what does each interaction cost?',
    )
    .version(TOOL.version)
    .showHelpAfterError('(run with --help for the options)')
    .addHelpText('after', EXIT_CODE_HELP);
  const groups = [
    addDemo,
    addBench,
    addEngineCommands,
    addPlan,
    addServe,
    addKeys,
    addInference,
    addCerts,
    addHistoryCommands,
    addListings,
  ];
  for (const add of groups) add(program);
  return program;
}
