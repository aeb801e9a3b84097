import type { Command } from 'commander';
import { action, JSON_HELP } from './action.ts';
import { choiceOption, listOption } from './options.ts';

const PAIRINGS = ['auto', 'paired', 'unpaired'] as const;

function addCompare(program: Command): void {
  program
    .command('compare')
    .argument('<baseline>', 'result file; one with variants a and b needs no second')
    .argument('[candidate]', 'result file')
    .description('compare two results: ratio with interval, a test, and a verdict for each figure')
    .option(
      '--metrics <names>',
      'figures, separated by commas, such as p95:latencyMs,goodputPerS',
      listOption('--metrics'),
    )
    .option(
      '--pairing <how>',
      'auto pairs blocks of results that ran side by side',
      choiceOption('--pairing', PAIRINGS),
    )
    .option('--markdown [file]', 'write the comparison as Markdown (without a file: to standard output)')
    .option('--json', JSON_HELP)
    .addHelpText('after', '\nExample:\n  busyhour compare main.json branch.json --markdown comparison.md\n')
    .action(action(async () => (await import('./commands/compare.ts')).compare));
}

function addGate(program: Command): void {
  program
    .command('gate')
    .description('hold a result against its baseline and its budgets: exit code 0, 30 or 31')
    .requiredOption('--candidate <files...>', 'result to judge; several are runs of the same version')
    .option('--baseline <files...>', 'result to hold it against; those of the budgets file without it')
    .option('--budgets <file>', 'budgets and baselines (default: budgets.yaml where it exists)')
    .option('--junit <file>', 'write JUnit XML')
    .option('--markdown <file>', 'write a Markdown summary; $GITHUB_STEP_SUMMARY gets it in any case')
    .option(
      '--annotations <style>',
      'github, gitlab, none or auto by the CI found',
      choiceOption('--annotations', ['auto', 'github', 'gitlab', 'none']),
      'auto',
    )
    .option('--code-quality <file>', "where GitLab's report goes", 'gl-code-quality-report.json')
    .option('--update', 'make the candidate the baseline, after judging it')
    .option(
      '--force <reason>',
      'compare or update although target, scenario or machine differ; the reason is kept',
    )
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nExamples:\n  busyhour gate --candidate result.json --budgets budgets.yaml --junit gate.xml\n  busyhour gate --baseline main.json --candidate branch.json\n  busyhour gate --candidate result.json --update\n',
    )
    .action(action(async () => (await import('./commands/gate.ts')).gate));
}

/** The commands that judge results. */
export function addGateCommands(program: Command): void {
  addCompare(program);
  addGate(program);
}
