import { appendFileSync } from 'node:fs';
import { type Ceiling, type PlanBudget, readPlanBudget } from '../planner/budget/ceilings.ts';
import { judgeBudget } from '../planner/budget/judge.ts';
import { BusyhourError, createFailure, EXIT_CODES, type ExitCode, unwrap } from '../vocabulary/errors.ts';
import type { PlanFile } from '../vocabulary/plan-file.ts';
import { type BudgetSection, isWithinBudget } from '../vocabulary/plan-sections/budget.ts';

export interface BudgetOptions {
  readonly budget?: string;
  readonly max?: readonly Ceiling[];
  readonly min?: readonly Ceiling[];
  readonly maxIncrease?: readonly Ceiling[];
}

/** Ceilings of the file and of the flags together; undefined when none is stated. */
export function readCeilings(options: BudgetOptions): PlanBudget | undefined {
  const flags = [...(options.max ?? []), ...(options.min ?? []), ...(options.maxIncrease ?? [])];
  if (options.budget === undefined) {
    return flags.length === 0 ? undefined : { source: 'the command line', ceilings: flags };
  }
  const file = unwrap(readPlanBudget(options.budget));
  const source = flags.length === 0 ? file.source : `${file.source} and the command line`;
  return { source, ceilings: [...file.ceilings, ...flags] };
}

/** Judges the plan; a gate that held it against nothing must not pass, so that is a usage failure. */
export function judgePlan(plan: PlanFile, budget: PlanBudget, earlier: PlanFile | undefined): BudgetSection {
  const section = judgeBudget(plan, budget, earlier);
  if (section.verdicts.every(({ state }) => state === 'not-judged')) {
    const message = `no ceiling of ${budget.source} can be judged: they limit growth and there is no earlier plan to compare with`;
    const hint = 'Give the earlier plan with --diff, or state a max or a min.';
    throw new BusyhourError(createFailure('USAGE', message, { hint }));
  }
  return section;
}

/** 30 where a ceiling is broken or cannot be told. */
export const budgetExitCode = (budget: BudgetSection | undefined): ExitCode =>
  budget === undefined || isWithinBudget(budget) ? EXIT_CODES.ok : EXIT_CODES.sloMissed;

/** What a CI shows beside the job, where it has a place for it. */
export function appendStepSummary(markdown: string): void {
  const summary = process.env.GITHUB_STEP_SUMMARY;
  if (summary !== undefined && summary !== '') appendFileSync(summary, `${markdown}\n`);
}
