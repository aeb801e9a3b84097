import { cataloguePriceDiagnostics } from '../scenarios/catalogue.ts';
import { catalogueReferences, type DeploymentMode } from '../scenarios/mode.ts';
import { createDiagnostic, type Diagnostic, sortDiagnostics } from '../vocabulary/diagnostics.ts';
import type { CostCategory, PlannedMode, RefusedMode, TierPlan } from '../vocabulary/plan-file.ts';
import type { Slo } from '../vocabulary/slo.ts';
import { DAYS_PER_MONTH, percentFromRatio } from '../vocabulary/units.ts';
import { diagnoseUnjudged, predictModeLatency } from './latency.ts';
import { computeSections } from './mode-sections.ts';
import type { DrivenLine } from './money/cost-line.ts';
import { computeCostLines } from './money/lines.ts';
import { absurdFigures } from './plausible/mode-figures.ts';
import type { Refusal } from './refusal.ts';
import { type ModelledTier, type SizingContext, withStatedCalls } from './size/context.ts';
import { sizeTiers } from './size/size-mode.ts';
import type { DrawnCosts } from './uncertainty/cheapest.ts';
import { planUncertainty } from './uncertainty/plan-uncertainty.ts';

export interface PlanModeInput {
  readonly context: SizingContext;
  readonly slos: readonly Slo[];
  readonly seed: number;
  readonly nowUnixMs: number;
  /** Told what the mode costs in each draw, so that modes can be compared draw by draw. */
  readonly onDrawn?: (mode: string, costs: DrawnCosts) => void;
}

/** A mode that cannot be planned, with why and what lifts it. */
export const refusedMode = (
  mode: DeploymentMode,
  refusals: readonly Refusal[],
  diagnostics: readonly Diagnostic[] = [],
): RefusedMode => ({
  kind: 'refused',
  mode: mode.id,
  title: mode.title,
  reason: refusals.map(({ reason }) => reason).join('; '),
  liftedBy: [...new Set(refusals.map(({ liftedBy }) => liftedBy))].join('; '),
  diagnostics: sortDiagnostics(diagnostics),
});

function byCategory(
  lines: readonly DrivenLine[],
  interactionsPerMonth: number,
): Partial<Record<CostCategory, number>> {
  const totals: Partial<Record<CostCategory, number>> = {};
  for (const { line } of lines) {
    totals[line.category] = (totals[line.category] ?? 0) + line.usdPerMonth / interactionsPerMonth;
  }
  return totals;
}

/** The sized tier with least room: the one that asks for more first. */
function tightestTier(plans: readonly TierPlan[]): string {
  const sized = plans.filter(({ limits }) => limits.some(({ name }) => name !== 'minimum'));
  const tightest = sized.reduce<TierPlan | undefined>(
    (best, plan) => (best === undefined || plan.slackRatio < best.slackRatio ? plan : best),
    undefined,
  );
  return tightest === undefined
    ? 'none: every tier is fixed'
    : `${tightest.tier}: ${tightest.bindingConstraint}`;
}

interface SizedMode {
  readonly tiers: readonly ModelledTier[];
  readonly plans: readonly TierPlan[];
  readonly latency: PlannedMode['latency'];
}

function assemble(sized: SizedMode, input: PlanModeInput, diagnostics: readonly Diagnostic[]): PlannedMode {
  const { context, slos, seed } = input;
  const { mode, demand } = context;
  const { tiers, plans, latency } = sized;
  const lines = computeCostLines(plans, context);
  const interactionsPerMonth = demand.interactionsPerDay * DAYS_PER_MONTH;
  const sections = computeSections({ context, tiers, plans, lines, slos, seed });
  const uncertainty = planUncertainty({ context, tiers, plans, lines, slos, seed });
  const { aboveMaxRatio } = uncertainty.section.missProbability;
  input.onDrawn?.(mode.id, uncertainty.costs);
  return {
    kind: 'planned',
    mode: mode.id,
    title: mode.title,
    tiers: [...plans],
    bindingConstraint: tightestTier(plans),
    latency,
    availabilityRatio: sections.availability.ratio,
    costLines: lines.map(({ line }) => line),
    usdPerMonth: lines.reduce((sum, { line }) => sum + line.usdPerMonth, 0),
    usdPerInteraction: uncertainty.usdPerInteraction,
    byCategoryUsdPerInteraction: byCategory(lines, interactionsPerMonth),
    simulated: tiers.some(({ measurement }) => measurement?.result.target.simulated === true),
    diagnostics: sortDiagnostics([...diagnostics, ...shortfall(aboveMaxRatio, mode)]),
    ...sections,
    uncertainty: uncertainty.section,
  };
}

/** How likely the plan is too small for its own inputs where the mode has no room left. */
function shortfall(shortRatio: number, mode: DeploymentMode): Diagnostic[] {
  if (shortRatio === 0) return [];
  const percent = percentFromRatio(shortRatio).toFixed(1);
  const message = `in ${percent} % of the draws a tier needs more replicas than ${mode.id} can have: the objectives would be missed`;
  return [createDiagnostic('ASSUMED_INPUT', message, mode.id)];
}

/** Sizes, prices and judges one mode; whatever is missing refuses it with every reason found. */
export function planMode(given: PlanModeInput): PlannedMode | RefusedMode {
  const input = { ...given, context: withStatedCalls(given.context) };
  const { context, slos, nowUnixMs } = input;
  const { mode, catalogue } = context;
  const absurd = absurdFigures(mode, catalogue);
  if (absurd.length > 0) return refusedMode(mode, absurd);
  const sizedTiers = sizeTiers(context);
  const prices = cataloguePriceDiagnostics(
    catalogue,
    catalogueReferences(mode).map(({ id }) => id),
    nowUnixMs,
  );
  const { tiers, plans } = sizedTiers;
  const diagnostics = [...sizedTiers.diagnostics, ...prices];
  if (sizedTiers.refusals.length > 0) return refusedMode(mode, sizedTiers.refusals, diagnostics);
  const latency = predictModeLatency(tiers, plans, context, slos);
  if (latency.kind === 'refused') return refusedMode(mode, [latency], diagnostics);
  const unjudged = diagnoseUnjudged(tiers, context, slos);
  return assemble({ tiers, plans, latency: latency.value }, input, [...diagnostics, ...unjudged]);
}
