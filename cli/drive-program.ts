import type { Command } from 'commander';
import { action, JSON_HELP, MAX_SEED } from './action.ts';
import { numberOption } from './options.ts';

const MAX_PORT = 65_535;
const MAX_SPAN_MS = 3_600_000;
const span = (flag: string) => numberOption(flag, { min: 0, max: MAX_SPAN_MS });

const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** Declares `busyhour ground-truth`. */
export function addGroundTruth(program: Command): void {
  program
    .command('ground-truth')
    .description('run a server whose timing is known, to hold any load generator against')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option(
      '--port <port>',
      'port to listen on, 0 for any free one',
      numberOption('--port', { min: 0, max: MAX_PORT, integer: true }),
      0,
    )
    .option('--delay-ms <ms>', 'mean delay to the answer or its first token', span('--delay-ms'), 50)
    .option(
      '--delay-cv <cv>',
      'its coefficient of variation: 0 constant, 1 exponential',
      numberOption('--delay-cv', { min: 0, max: 10 }),
      0,
    )
    .option('--gap-ms <ms>', 'mean gap between tokens; 0 streams as fast as it is read', span('--gap-ms'), 20)
    .option('--gap-cv <cv>', 'its coefficient of variation', numberOption('--gap-cv', { min: 0, max: 10 }), 0)
    .option(
      '--tokens <n>',
      'tokens of an answer whose request names none',
      numberOption('--tokens', { min: 1, max: 1_000_000, integer: true }),
      20,
    )
    .option('--stall <every:lasts>', 'every so many ms stand still for so many ms, such as 10000:1000')
    .option(
      '--error <kind=ratio...>',
      'share of requests that go wrong, such as 503=0.01 or cut=0.1, repeatable',
      collect,
    )
    .option('--timers', 'pace by timers: up to 1.5 ms late, at a fraction of the CPU')
    .option(
      '--seed <n>',
      'seed of every draw',
      numberOption('--seed', { min: 0, max: MAX_SEED, integer: true }),
      1,
    )
    .option('--exit-with-parent', 'stop when standard input closes')
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExamples:\n  busyhour ground-truth --port 8090 --delay-ms 100 --gap-ms 20\n  busyhour ground-truth --delay-ms 50 --delay-cv 0.5 --error 503=0.01 --error reset=0.001\n  busyhour ground-truth --delay-ms 5 --stall 10000:1000\n',
    )
    .action(action(async () => (await import('./commands/ground-truth.ts')).groundTruth));
}
