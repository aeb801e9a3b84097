import { diffPlans } from '../../../planner/index.ts';
import type { ComparedMode, PlanDiff } from '../../../vocabulary/plan-diff.ts';
import type { PlanFile, PlannedMode } from '../../../vocabulary/plan-file.ts';
import { planOf } from '../fixtures/plan-of.ts';

export { NOW, planOf } from '../fixtures/plan-of.ts';

export const BASE = planOf();
export const diffOf = (after: PlanFile, before: PlanFile = BASE): PlanDiff =>
  diffPlans({ name: 'old.json', plan: before }, { name: 'new.json', plan: after });

export function compared(diff: PlanDiff, id: string): ComparedMode {
  const mode = diff.modes.find((each) => each.mode === id);
  if (mode?.kind !== 'compared') throw new Error(`${id} was not compared: ${mode?.kind}`);
  return mode;
}

export function plannedMode(plan: PlanFile, id: string): PlannedMode {
  const mode = plan.modes.find((each) => each.mode === id);
  if (mode?.kind !== 'planned') throw new Error(`${id} was not planned`);
  return mode;
}

/** The month without people, added up from the lines by itself. */
export const machineUsd = (mode: PlannedMode): number => {
  let sum = 0;
  for (const line of mode.costLines) if (line.category !== 'people') sum += line.usdPerMonth;
  return sum;
};

export const inputNames = (diff: PlanDiff, kind: string): string[] =>
  diff.inputs.filter((each) => each.kind === kind).map(({ name }) => name);
