import { Command } from 'commander';
import { action, JSON_HELP, MAX_SEED } from './action.ts';
import { addBenchCommands } from './bench-program.ts';
import { addCheck } from './check-program.ts';
import { addGroundTruth } from './drive-program.ts';
import { addEngineCommands } from './engine-program.ts';
import { addExchangeCommands } from './exchange-program.ts';
import { addGateCommands } from './gate-program.ts';
import { addHistoryCommands } from './history-program.ts';
import { choiceOption, listOption, numberOption } from './options.ts';
import { addPlanCommands } from './plan-program.ts';
import { addCerts, addInference, addKeys, addServe } from './runtime-program.ts';
import { addScenarioCommands } from './scenario-program.ts';
import { addValidate } from './validate-program.ts';
import { TOOL } from './version.ts';

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

function addListings(program: Command): void {
  program
    .command('modes')
    .argument('[name]', 'explain this one')
    .description('list the deployment modes, or explain one')
    .option('--json', JSON_HELP)
    .action(action(async () => (await import('./commands/listings.ts')).modes));
  program
    .command('prices')
    .argument('[what]', 'list, stale, explain, or the id of an entry to explain', 'list')
    .argument('[id]', 'the entry to explain')
    .description('list the price catalogue, what is stale in it, or explain one entry: figures, source, date')
    .option('--group <name>', 'only entries of this group')
    .option('--stale', 'only entries past their shelf life')
    .option('--prices <file...>', 'your own catalogue files; their entries win')
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExamples:\n  busyhour prices list --group voice\n  busyhour prices stale\n  busyhour prices explain openai/gpt-4o-mini --prices mine.yaml\n',
    )
    .action(action(async () => (await import('./commands/prices.ts')).prices));
  program
    .command('doctor')
    .description('what this machine has, and what is missing for what')
    .option('--json', JSON_HELP)
    .action(action(async () => (await import('./commands/doctor.ts')).doctor));
}

const EXIT_CODE_HELP = `
Exit codes:
  0 ok · 2 usage · 10 invalid input file · 20 target unreachable · 21 generator saturated
  30 SLO or budget missed · 31 regression · 40 no feasible plan · 50 audit broken · 70 internal
  130 interrupted

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
    addBenchCommands,
    addEngineCommands,
    addGateCommands,
    addExchangeCommands,
    addPlanCommands,
    addCheck,
    addValidate,
    addServe,
    addKeys,
    addInference,
    addCerts,
    addGroundTruth,
    addHistoryCommands,
    addScenarioCommands,
    addListings,
  ];
  for (const add of groups) add(program);
  return program;
}
