import { cataloguePriceDiagnostics } from '../scenarios/catalogue.ts';
import { catalogueReferences, type DeploymentMode } from '../scenarios/mode.ts';
import { createDiagnostic, type Diagnostic, sortDiagnostics } from '../vocabulary/diagnostics.ts';
import type { CostCategory, PlannedMode, RefusedMode, TierPlan } from '../vocabulary/plan-file.ts';
import { createRandom } from '../vocabulary/random.ts';
import type { Slo } from '../vocabulary/slo.ts';
import { DAYS_PER_MONTH, percentFromRatio } from '../vocabulary/units.ts';
import { computeModeAvailability } from './availability.ts';
import { predictModeLatency } from './latency.ts';
import type { DrivenLine } from './money/cost-line.ts';
import { estimateContactUsd } from './money/draws.ts';
import { computeCostLines } from './money/lines.ts';
import type { Planned, Refusal } from './refusal.ts';
import type { ModelledTier, SizingContext } from './size/context.ts';
import { modelTier } from './size/model-tier.ts';
import { sizeTier } from './size/tier.ts';

export interface PlanModeInput {
  readonly context: SizingContext;
  readonly slos: readonly Slo[];
  readonly seed: number;
  readonly nowUnixMs: number;
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

/** Values of those that succeeded, and every refusal: a reader should see all that is missing at once. */
function partition<T>(items: readonly Planned<T>[]): { values: T[]; refusals: Refusal[] } {
  const values: T[] = [];
  const refusals: Refusal[] = [];
  for (const item of items) {
    if (item.kind === 'planned') values.push(item.value);
    else refusals.push(item);
  }
  return { values, refusals };
}

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
  const { context, seed } = input;
  const { mode, demand } = context;
  const { tiers, plans, latency } = sized;
  const lines = computeCostLines(plans, context);
  const interactionsPerMonth = demand.interactionsPerDay * DAYS_PER_MONTH;
  const random = createRandom(seed).fork(`plan:${mode.id}`);
  const sharedRandom = createRandom(seed).fork('shared by all modes');
  const { usd, shortRatio } = estimateContactUsd({ tiers, plans, lines, context, random, sharedRandom });
  return {
    kind: 'planned',
    mode: mode.id,
    title: mode.title,
    tiers: [...plans],
    bindingConstraint: tightestTier(plans),
    latency,
    availabilityRatio: computeModeAvailability(mode, plans),
    costLines: lines.map(({ line }) => line),
    usdPerMonth: lines.reduce((sum, { line }) => sum + line.usdPerMonth, 0),
    usdPerInteraction: usd,
    byCategoryUsdPerInteraction: byCategory(lines, interactionsPerMonth),
    simulated: tiers.some(({ measurement }) => measurement?.result.target.simulated === true),
    diagnostics: sortDiagnostics([...diagnostics, ...shortfall(shortRatio, mode)]),
  };
}

/** How likely the plan is too small for its own inputs where the mode has no room left. */
function shortfall(shortRatio: number, mode: DeploymentMode): Diagnostic[] {
  if (shortRatio === 0) return [];
  const percent = percentFromRatio(shortRatio).toFixed(1);
  const message = `in ${percent} % of the draws of busy-hour share and measured capacity a tier needs more replicas than ${mode.id} can have: the objectives would be missed`;
  return [createDiagnostic('ASSUMED_INPUT', message, mode.id)];
}

/** Sizes, prices and judges one mode; whatever is missing refuses it with every reason found. */
export function planMode(input: PlanModeInput): PlannedMode | RefusedMode {
  const { context, slos, nowUnixMs } = input;
  const { mode, catalogue } = context;
  const modelled = partition(mode.tiers.map((tier) => modelTier(tier, context)));
  const prices = cataloguePriceDiagnostics(
    catalogue,
    catalogueReferences(mode).map(({ id }) => id),
    nowUnixMs,
  );
  const diagnostics = [...modelled.values.flatMap((tier) => tier.diagnostics), ...prices];
  if (modelled.refusals.length > 0) return refusedMode(mode, modelled.refusals, diagnostics);
  const plans = partition(modelled.values.map(({ model }) => sizeTier(model)));
  if (plans.refusals.length > 0) return refusedMode(mode, plans.refusals, diagnostics);
  const latency = predictModeLatency(modelled.values, plans.values, context, slos);
  if (latency.kind === 'refused') return refusedMode(mode, [latency], diagnostics);
  const sized = { tiers: modelled.values, plans: plans.values, latency: latency.value };
  return assemble(sized, input, diagnostics);
}
