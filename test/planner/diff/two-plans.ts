import { diffPlans, type PlanInput, planModes } from '../../../planner/index.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import type { ComparedMode, PlanDiff } from '../../../vocabulary/plan-diff.ts';
import type { PlanFile, PlannedMode } from '../../../vocabulary/plan-file.ts';
import { llamaResult, simulatedResult } from '../fixtures/result.ts';
import { CATALOGUE, MODES } from '../fixtures/sized.ts';

export const NOW = Date.UTC(2026, 10, 21);

export const planOf = (changes: Partial<PlanInput> = {}): PlanFile =>
  unwrap(
    planModes({
      results: [llamaResult(), simulatedResult()],
      interactionsPerDay: 25_000,
      modes: Object.values(MODES),
      catalogue: CATALOGUE,
      seed: 1,
      nowUnixMs: NOW,
      ...changes,
    }),
  );

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
