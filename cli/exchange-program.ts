import type { Command } from 'commander';
import { action, JSON_HELP } from './action.ts';

function addMerge(program: Command): void {
  program
    .command('merge')
    .argument('<shards...>', 'result files of all shards of one run')
    .description('one result from the shards of a run: what a single generator would have written')
    .option('--out <file>', 'result file', 'result.json')
    .option('--allow-partial', 'merge what is there: not all shards, or some that were stopped early')
    .option('--json', JSON_HELP)
    .addHelpText('after', '\nExample:\n  busyhour merge shard-1.json shard-2.json --out result.json\n')
    .action(action(async () => (await import('./commands/merge.ts')).merge));
}

/** The commands that put results together and carry them to other tools and back. */
export function addExchangeCommands(program: Command): void {
  addMerge(program);
}
