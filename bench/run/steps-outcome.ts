import type { LoadPlan } from '../../scenarios/load.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import type { RunContext } from './step-context.ts';

/** The steps of a run, and what to note of them in the result's scenario record. */
export interface StepsOutcome {
  readonly steps: readonly ResultStep[];
  readonly notes?: Readonly<Record<string, unknown>>;
}

/** Runs one kind of load plan. Steps that were cut short by an abort are kept, those that had not begun are not. */
export type PlanRunner<Kind extends LoadPlan['kind']> = (
  context: RunContext,
  plan: Extract<LoadPlan, { kind: Kind }>,
) => Promise<StepsOutcome>;
