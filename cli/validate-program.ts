import type { Command } from 'commander';
import { action, JSON_HELP, MAX_SEED } from './action.ts';
import { collectDemandObjectives } from './objectives.ts';
import { numberOption } from './options.ts';

/** The command that holds predictions against measurements. */
export function addValidate(program: Command): void {
  program
    .command('validate')
    .description('hold predictions against measurements that the fit did not see; failures are listed')
    .option(
      '-r, --result <files...>',
      'results to fit on; without --against each inner step is left out in turn',
    )
    .option('--against <files...>', 'results that the fit does not see, with any number of replicas')
    .option(
      '--measured <file>',
      'CSV (gzip or not) of concurrency, mean_ttft_ms, mean_tpot_ms, output_tokens',
    )
    .option(
      '--slo <objective>',
      'p95:latencyMs=2000 or errors=0.01, repeatable (default: those of the results)',
      collectDemandObjectives,
    )
    .option(
      '--seed <n>',
      'seed of every random draw',
      numberOption('--seed', { min: 0, max: MAX_SEED, integer: true }),
      1,
    )
    .option('--strict', 'exit code 30 when a target of the table is missed')
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExamples:\n  busyhour validate -r one-replica.json --against three-replicas.json\n  busyhour validate --measured measured.csv.gz --json\n',
    )
    .action(action(async () => (await import('./commands/validate.ts')).validate));
}
