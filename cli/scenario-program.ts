import type { Command } from 'commander';
import { action, JSON_HELP, MAX_SEED } from './action.ts';
import { numberOption } from './options.ts';

const MAX_PER_S = 1_000_000;
const MAX_S = 1_209_600;

const withRates = (command: Command): Command =>
  command
    .option(
      '--turns-per-s <n>',
      'rate in place of the load plan',
      numberOption('--turns-per-s', { min: 1e-6, max: MAX_PER_S }),
    )
    .option(
      '--interactions-per-s <n>',
      'rate in place of the load plan',
      numberOption('--interactions-per-s', { min: 1e-6, max: MAX_PER_S }),
    )
    .option('--window-s <s>', 'window of each step', numberOption('--window-s', { min: 0.001, max: MAX_S }))
    .option('--warm-up-s <s>', 'warm-up of each step', numberOption('--warm-up-s', { min: 0, max: MAX_S }))
    .option(
      '--seed <n>',
      'seed of the schedule',
      numberOption('--seed', { min: 0, max: MAX_SEED, integer: true }),
    );

function addExplain(scenarios: Command): void {
  withRates(scenarios.command('explain'))
    .argument('<scenario>', 'a scenario of the library, or a file')
    .description('what a scenario will send and cost, before it runs')
    .option('--price <id>', 'token prices of the catalogue, such as openai/gpt-5.6-terra')
    .option('--prices <file...>', 'your own catalogue files; their entries win')
    .option(
      '--response-ms <ms>',
      "answer time for the estimates by Little's law (default: the scenario's nominal one)",
      numberOption('--response-ms', { min: 0, max: 3_600_000 }),
    )
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExample:\n  busyhour scenarios explain call-centre --turns-per-s 10 --price openai/gpt-5.6-terra\n',
    )
    .action(action(async () => (await import('./commands/scenarios.ts')).scenariosExplain));
}

function addPrint(scenarios: Command): void {
  withRates(scenarios.command('print'))
    .argument('<scenario>', 'a scenario of the library, or a file')
    .description(
      'the schedule that a run would send: a line per turn, or a file that bench --schedule replays',
    )
    .option('--json-lines', 'every interaction as JSON, replayable')
    .option('--shard <i/n>', 'only part i of n')
    .option('--out <file>', 'write to a file instead of standard output')
    .addHelpText('after', '\nExample:\n  busyhour scenarios print smoke --json-lines --out schedule.jsonl\n')
    .action(action(async () => (await import('./commands/scenarios.ts')).scenariosPrint));
}

/** `scenarios`, and what can be asked of one. */
export function addScenarioCommands(program: Command): void {
  const scenarios = program
    .command('scenarios')
    .argument('[name]', 'show this one as resolved')
    .description('list the scenarios of the library, or show one')
    .option('--json', JSON_HELP)
    .action(action(async () => (await import('./commands/scenarios.ts')).scenarios));
  addExplain(scenarios);
  addPrint(scenarios);
}
