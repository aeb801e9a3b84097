import { z } from 'zod';

/** What became of one ceiling in one mode. Only `kept` and `not-judged` let a gate pass. */
export const VERDICT_STATES = ['broken', 'unknown', 'not-judged', 'kept'] as const;
export type VerdictState = (typeof VERDICT_STATES)[number];

export const budgetVerdictSchema = z.strictObject({
  mode: z.string(),
  /** The ceiling as it was stated: `machineUsdPerMonth ≤ 12000`. */
  ceiling: z.string(),
  /**
   * `unknown`: the plan has no such figure, since the mode was refused or nobody measured it. `not-judged`: a change was
   * limited and there is no other plan to compare with.
   */
  state: z.enum(VERDICT_STATES),
  /** The figure, or by how much it grew where growth is limited. */
  value: z.number().optional(),
  limit: z.number(),
  unit: z.string(),
  explanation: z.string(),
});

/** A plan held against stated ceilings. Optional section of a plan and of a comparison of plans. */
export const budgetSectionSchema = z.strictObject({
  /** File or flags that state the ceilings. */
  source: z.string(),
  verdicts: z.array(budgetVerdictSchema),
});

export type BudgetVerdict = z.infer<typeof budgetVerdictSchema>;
export type BudgetSection = z.infer<typeof budgetSectionSchema>;

/** A plan that breaks a ceiling, or of which one cannot be told, does not pass. */
export const isWithinBudget = ({ verdicts }: BudgetSection): boolean =>
  verdicts.every(({ state }) => state === 'kept' || state === 'not-judged');
