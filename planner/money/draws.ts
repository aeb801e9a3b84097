import { computePercentile, sortSamples } from '../../vocabulary/percentiles.ts';
import type { Interval, TierPlan } from '../../vocabulary/plan-file.ts';
import type { Random } from '../../vocabulary/random.ts';
import { DAYS_PER_MONTH } from '../../vocabulary/units.ts';
import type { ModelledTier, SizingContext } from '../size/context.ts';
import { computeReplicas } from '../size/tier.ts';
import type { DrivenLine } from './cost-line.ts';
import { type ContactUsd, computeContactUsd } from './interaction.ts';
import { llmPriceRange } from './lines.ts';

/** Draws behind every P10, P50 and P90. */
export const DRAWS = 10_000;

export interface Range {
  readonly low: number;
  readonly value: number;
  readonly high: number;
}

/** Triangular with the given ends and likeliest value, by inverse transform; the value itself when all are equal. */
export function drawTriangular(random: Random, { low, value, high }: Range): number {
  if (high <= low) return value;
  const u = random.next();
  const split = (value - low) / (high - low);
  return u < split
    ? low + Math.sqrt(u * (high - low) * (value - low))
    : high - Math.sqrt((1 - u) * (high - low) * (high - value));
}

interface TierCost {
  readonly tier: ModelledTier;
  readonly usdPerReplica: number;
}

/** The monthly cost as a function of what is uncertain. */
interface CostModel {
  readonly tiers: readonly TierCost[];
  readonly fixedUsd: number;
  readonly llmUsd: number;
  readonly interactionsPerMonth: number;
}

const sumOf = (lines: readonly DrivenLine[], driver: DrivenLine['driver']): number =>
  lines.filter((line) => line.driver === driver).reduce((sum, { line }) => sum + line.usdPerMonth, 0);

function costModel(
  tiers: readonly ModelledTier[],
  plans: readonly TierPlan[],
  lines: readonly DrivenLine[],
  context: SizingContext,
): CostModel {
  return {
    tiers: tiers.map((tier, index) => {
      const own = lines.filter((line) => line.tier === tier.model.tier.id);
      const replicas = plans[index]?.replicas ?? 0;
      return { tier, usdPerReplica: replicas === 0 ? 0 : sumOf(own, 'replicas') / replicas };
    }),
    fixedUsd: sumOf(lines, 'fixed'),
    llmUsd: sumOf(lines, 'llm'),
    interactionsPerMonth: context.demand.interactionsPerDay * DAYS_PER_MONTH,
  };
}

/** Relative interval of measured capacity: from the highest rate that met to the lowest that missed. */
export function capacityRange(tiers: readonly ModelledTier[]): Range {
  for (const { measurement } of tiers) {
    const capacity = measurement?.curve.capacity;
    if (capacity === undefined || capacity.kind === 'refused') continue;
    const { turnsPerS, lowTurnsPerS, highTurnsPerS } = capacity;
    return { low: lowTurnsPerS / turnsPerS, value: 1, high: Math.max(1, highTurnsPerS / turnsPerS) };
  }
  return { low: 1, value: 1, high: 1 };
}

interface Inputs {
  readonly busyHourShare: Range;
  readonly capacity: Range;
  readonly llmPrice: Range;
  readonly context: SizingContext;
}

function drawOnce(model: CostModel, inputs: Inputs, random: Random): ContactUsd {
  const { assumptions } = inputs.context;
  const scale = {
    demand: drawTriangular(random, inputs.busyHourShare) / inputs.busyHourShare.value,
    capacity: drawTriangular(random, inputs.capacity),
  };
  const retry = drawTriangular(random, assumptions.retry);
  const llmScale = (drawTriangular(random, inputs.llmPrice) * (1 + retry)) / (1 + assumptions.retry.value);
  const escalationRatio = drawTriangular(random, assumptions.escalation);
  const humanUsd = drawTriangular(random, assumptions.humanContactUsd);
  const repeatRatio = drawTriangular(random, assumptions.repeat);
  const replicasUsd = model.tiers.reduce(
    (sum, { tier, usdPerReplica }) =>
      usdPerReplica === 0 ? sum : sum + computeReplicas(tier.model, scale).replicas * usdPerReplica,
    0,
  );
  const aiUsd = (model.fixedUsd + replicasUsd + model.llmUsd * llmScale) / model.interactionsPerMonth;
  return computeContactUsd({ aiUsd, escalationRatio, humanUsd, repeatRatio });
}

const intervalOf = (samples: readonly number[]): Interval => {
  const sorted = sortSamples(samples);
  const at = (percent: number): number => computePercentile(sorted, percent) ?? 0;
  return { p10: at(10), p50: at(50), p90: at(90) };
};

export interface DrawInput {
  readonly tiers: readonly ModelledTier[];
  readonly plans: readonly TierPlan[];
  readonly lines: readonly DrivenLine[];
  readonly context: SizingContext;
  readonly random: Random;
}

/**
 * P10, P50 and P90 of the cost per interaction over seeded independent draws of: busy-hour share, measured capacity
 * (its bracket), disputed token prices, retries, escalation, cost of a human contact, repeat contacts.
 */
export function estimateContactUsd(input: DrawInput): {
  ai: Interval;
  blended: Interval;
  resolved: Interval;
} {
  const { tiers, plans, lines, context, random } = input;
  const model = costModel(tiers, plans, lines, context);
  // A demand taken from a trace is a measured busy hour: its rate does not move with the share of the day.
  const share = context.demand.fromTrace ? { low: 1, value: 1, high: 1 } : context.assumptions.busyHourShare;
  const inputs: Inputs = {
    busyHourShare: share,
    capacity: capacityRange(tiers),
    llmPrice: { value: 1, ...llmPriceRange(context) },
    context,
  };
  const draws = Array.from({ length: DRAWS }, () => drawOnce(model, inputs, random));
  return {
    ai: intervalOf(draws.map(({ ai }) => ai)),
    blended: intervalOf(draws.map(({ blended }) => blended)),
    resolved: intervalOf(draws.map(({ resolved }) => resolved)),
  };
}
