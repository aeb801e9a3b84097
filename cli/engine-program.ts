import type { Command } from 'commander';
import { action, JSON_HELP } from './action.ts';
import { listOption, numberOption } from './options.ts';

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

/** Declares the commands of the engines beside the native one. */
export function addEngineCommands(program: Command): void {
  addMicro(program);
}
