import type { Command } from 'commander';
import { EXPORT_FORMATS, IMPORT_FORMATS, RECEIVERS } from '../bench/exchange/format-names.ts';
import { HISTOGRAM_METRIC_IDS } from '../vocabulary/metrics.ts';
import { action, JSON_HELP } from './action.ts';
import { collectObjectives } from './objectives.ts';
import { choiceOption, urlOption } from './options.ts';

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

function addExport(program: Command): void {
  program
    .command('export')
    .argument('<result>', 'result file')
    .description('a result as other tools take it: into a file, to standard output, or over HTTP')
    .requiredOption('--format <name>', EXPORT_FORMATS.join(', '), choiceOption('--format', EXPORT_FORMATS))
    .option('--out <file>', 'file to write; standard output without it and --url')
    .option('--url <url>', 'receiver of format prometheus or otlp', urlOption('--url'))
    .option(
      '--receiver <name>',
      `${RECEIVERS.join(', ')} (default: by the format and the path of --url)`,
      choiceOption('--receiver', RECEIVERS),
    )
    .option('--authorization-env <name>', 'environment variable with the whole Authorization header')
    .option(
      '--metric <name>',
      'format hdr: this metric alone, without tags',
      choiceOption('--metric', HISTOGRAM_METRIC_IDS),
    )
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExamples:\n  busyhour export result.json --format hdr --out result.hlog\n  busyhour export result.json --format prometheus --url http://127.0.0.1:9090/api/v1/write\n',
    )
    .action(action(async () => (await import('./commands/export.ts')).exportResult));
}

const ANY_FORMAT = ['auto', ...IMPORT_FORMATS] as const;

function addImport(program: Command): void {
  program
    .command('import')
    .argument('<file>', 'what the other tool wrote')
    .description('a result file from a measurement of vLLM bench, AIPerf, GuideLLM or k6')
    .option('--format <name>', ANY_FORMAT.join(', '), choiceOption('--format', ANY_FORMAT), 'auto')
    .option('--out <file>', 'result file', 'result.json')
    .option('--slo <objective...>', 'objective to judge it by, repeatable', collectObjectives)
    .option('--url <url>', 'what was measured, where the file does not say it', urlOption('--url'))
    .option('--name <text>', 'how reports call it')
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExample:\n  busyhour import benchmarks.json --slo p95:wireTimeToFirstTokenMs=500 --out guidellm.json\n',
    )
    .action(action(async () => (await import('./commands/import.ts')).importResult));
}

/** The commands that put results together and carry them to other tools and back. */
export function addExchangeCommands(program: Command): void {
  addMerge(program);
  addImport(program);
  addExport(program);
}
