import type { Command } from 'commander';
import { action, JSON_HELP, MAX_SEED } from './action.ts';
import { collectCeilings } from './ceilings.ts';
import { collectDemandObjectives } from './objectives.ts';
import { listOption, numberOption } from './options.ts';

const PLAN_EXAMPLES = `
Examples:
  busyhour plan -r result.json --interactions-per-day 100000 --modes kubernetes,onprem
  busyhour plan -r result.json --demand demand.yaml --modes all --slo p95:latencyMs=2000 --out plan
  busyhour plan -r result.json --max kubernetes:machineUsdPerMonth=12000 --min availabilityRatio=0.999
  busyhour plan --diff main/plan.json branch/plan.json --max-increase machineUsdPerMonth=10%
  busyhour plan -r result.json --diff main/plan.json --budget plan-budget.yaml

Exit codes:
  0 planned, and within the budget where one is stated · 10 an input file or a figure is invalid
  30 a ceiling is broken, or cannot be told · 40 every mode was refused`;

/** What the plan is made from. */
function addInputs(command: Command): Command {
  return command
    .option('-r, --result <files...>', 'result files of busyhour bench')
    .option(
      '--demand <file>',
      'demand file: volume, hours, growth, shape of an interaction, objectives, people',
    )
    .option(
      '--interactions-per-day <n>',
      'demand to plan for (default: that of --demand; 25000; the measured rate of a trace)',
      // Absurd volumes are refused by the plan, with those of demand files.
      numberOption('--interactions-per-day'),
    )
    .option(
      '--modes <names>',
      'modes of the library or files, separated by commas; all without it, or with "all"',
      listOption('--modes'),
    )
    .option(
      '--slo <objective...>',
      'objective such as p95:latencyMs=2000 or errors=0.01, repeatable; those of the demand or the results without it',
      collectDemandObjectives,
    )
    .option('--prices <file...>', 'your own catalogue files; their entries win')
    .option(
      '--seed <n>',
      'seed of the draws and simulations',
      numberOption('--seed', { min: 0, max: MAX_SEED, integer: true }),
      1,
    );
}

/** What it is held against. */
function addJudgement(command: Command): Command {
  return command
    .option('--diff <plans...>', 'compare two plan files, or one with the plan that is made now')
    .option('--budget <file>', 'ceilings that the plan must keep, or exit code 30')
    .option(
      '--max <[mode:]figure=number...>',
      'ceiling such as machineUsdPerMonth=12000, repeatable',
      collectCeilings('max'),
    )
    .option(
      '--min <[mode:]figure=number...>',
      'floor such as availabilityRatio=0.999, repeatable',
      collectCeilings('min'),
    )
    .option(
      '--max-increase <[mode:]figure=number...>',
      'by how much a figure may grow over the plan of --diff, such as machineUsdPerMonth=10%, repeatable',
      collectCeilings('max-increase'),
    );
}

function addPlan(program: Command): void {
  const command = program
    .command('plan')
    .description('instances and cost per interaction from measured results; what changed between two plans');
  addJudgement(addInputs(command))
    .option(
      '--out <folder>',
      'where plan and report go (default: report; a comparison writes files only with it)',
    )
    .option('--json', JSON_HELP)
    .addHelpText('after', PLAN_EXAMPLES)
    .action(action(async () => (await import('./commands/plan.ts')).plan));
}

function addReport(program: Command): void {
  program
    .command('report')
    .description('write the report of results, with a plan where one is given')
    .requiredOption('-r, --result <files...>', 'result files')
    .option('--plan <file>', 'plan file')
    .option('--out <folder>', 'where the report goes', 'report')
    .option('--json', JSON_HELP)
    .action(action(async () => (await import('./commands/report.ts')).report));
}

/** Planning, comparing plans and the report. */
export function addPlanCommands(program: Command): void {
  addPlan(program);
  addReport(program);
}
