import type {
  Basis,
  CostCategory,
  PlanFile,
  PlannedMode,
  RefusedMode,
  TierPlan,
} from '../vocabulary/plan-file.ts';
import { COST_CATEGORIES } from '../vocabulary/plan-file.ts';
import { plannedModes } from '../vocabulary/planned-modes.ts';
import { DAYS_PER_MONTH } from '../vocabulary/units.ts';

export { machineUsdPerMonth, plannedModes } from '../vocabulary/planned-modes.ts';

export const refusedModes = (plan: PlanFile): RefusedMode[] =>
  plan.modes.filter((mode): mode is RefusedMode => mode.kind === 'refused');

/** What a mode's size rests on: simulated wherever any engine behind it was, else what its latency rests on. */
export const basisOfMode = (mode: PlannedMode): Basis => (mode.simulated ? 'simulated' : mode.latency.basis);

/** What a tier's size rests on: the weakest of its capacity figures that came from a run, else the mode's own basis. */
export function basisOfTier(mode: PlannedMode, tier: TierPlan): Basis {
  const bases = new Set(tier.capacity.map((figure) => figure.basis));
  return (
    (['simulated', 'measured', 'assumed', 'catalogue', 'derived'] as const).find((basis) =>
      bases.has(basis),
    ) ?? basisOfMode(mode)
  );
}

/** Interactions in an average month (730 h) at the plan's daily demand. */
export const interactionsPerMonth = (plan: PlanFile): number =>
  plan.demand.interactionsPerDay * DAYS_PER_MONTH;

/** Whether any figure of the plan rests on a simulated engine. */
export const planIsSimulated = (plan: PlanFile): boolean =>
  plan.measurements.some((measurement) => measurement.simulated) ||
  plannedModes(plan).some((mode) => mode.simulated);

/** Machine cost first, people last; a category appears when any mode spends on it. */
export const categoriesOf = (modes: readonly PlannedMode[]): CostCategory[] =>
  COST_CATEGORIES.filter((category) =>
    modes.some((mode) => (mode.byCategoryUsdPerInteraction[category] ?? 0) > 0),
  );

/** The planned mode with the lowest median machine cost per interaction; undefined when every mode was refused. */
export function cheapestMode(plan: PlanFile): PlannedMode | undefined {
  return plannedModes(plan).reduce<PlannedMode | undefined>(
    (best, mode) =>
      best === undefined || mode.usdPerInteraction.ai.p50 < best.usdPerInteraction.ai.p50 ? mode : best,
    undefined,
  );
}
