import { computePercentile, sortSamples } from '../../vocabulary/percentiles.ts';
import type { Interval, TierPlan } from '../../vocabulary/plan-file.ts';
import type { Random } from '../../vocabulary/random.ts';
import { DAYS_PER_MONTH } from '../../vocabulary/units.ts';
import type { ModelledTier, SizingContext } from '../size/context.ts';
import { computeReplicas, type Scale } from '../size/tier.ts';
import { CERTAIN, drawTriangular, type Range } from '../uncertainty/ranges.ts';
import type { DrivenLine, LineDriver } from './cost-line.ts';
import { type ContactUsd, computeContactUsd } from './interaction.ts';

/** Draws behind every P10, P50 and P90. */
export const DRAWS = 10_000;

/** Relative interval of measured capacity: from the highest rate that met to the lowest that missed. */
export function capacityRange(tiers: readonly ModelledTier[]): Range {
  for (const { measurement } of tiers) {
    const capacity = measurement?.curve.capacity;
    if (capacity === undefined || capacity.kind === 'refused') continue;
    const { turnsPerS, lowTurnsPerS, highTurnsPerS } = capacity;
    return { low: lowTurnsPerS / turnsPerS, value: 1, high: Math.max(1, highTurnsPerS / turnsPerS) };
  }
  return CERTAIN;
}

/** A cost line ready to be priced again: factors by their place among the drawn ones. */
interface Term {
  readonly usdPerMonth: number;
  readonly driver: LineDriver;
  readonly tierIndex: number;
  readonly factors: readonly { readonly index: number; readonly power: 1 | -1 }[];
}

interface CostModel {
  readonly tiers: readonly ModelledTier[];
  readonly plannedReplicas: readonly number[];
  readonly terms: readonly Term[];
  /** Ranges of all factors, each drawn once however many lines share it. */
  readonly ranges: readonly Range[];
  readonly capacity: Range;
  readonly gatewayCpu: Range;
  readonly interactionsPerMonth: number;
}

function costModel({ tiers, plans, lines, context }: DrawInput): CostModel {
  const keys = new Map<string, { readonly index: number; readonly range: Range }>();
  const place = (key: string, range: Range): number => {
    const known = keys.get(key) ?? { index: keys.size, range };
    keys.set(key, known);
    return known.index;
  };
  const terms = lines
    .filter(({ driver }) => driver !== 'people')
    .map(({ line, driver, tier, factors }) => ({
      usdPerMonth: line.usdPerMonth,
      driver,
      tierIndex: tiers.findIndex(({ model }) => model.tier.id === tier),
      factors: factors.map(({ key, range, power }) => ({ index: place(key, range), power })),
    }));
  return {
    tiers,
    plannedReplicas: plans.map(({ replicas }) => replicas),
    terms,
    ranges: [...keys.values()].map(({ range }) => range),
    capacity: capacityRange(tiers),
    gatewayCpu: tiers.find(({ gatewayCpuRange }) => gatewayCpuRange)?.gatewayCpuRange ?? CERTAIN,
    interactionsPerMonth: context.demand.interactionsPerDay * DAYS_PER_MONTH,
  };
}

interface Drawn {
  readonly scale: Scale;
  /** Interactions per month against the plan's. */
  readonly volume: number;
  readonly factors: readonly number[];
}

/**
 * Given a daily volume, the busy hour's share moves the peak. Given a trace, the peak is measured and the share moves
 * the volume of the day that it stands for.
 */
function drawInputs(model: CostModel, { context, random, sharedRandom }: DrawInput): Drawn {
  const { busyHourShare } = context.assumptions;
  const share = drawTriangular(sharedRandom, busyHourShare) / busyHourShare.value;
  const { fromTrace } = context.demand;
  return {
    scale: {
      demand: fromTrace ? 1 : share,
      capacity: drawTriangular(random, model.capacity),
      // CPU per turn divides what a process carries.
      gatewayCpu: 1 / drawTriangular(random, model.gatewayCpu),
    },
    volume: fromTrace ? 1 / share : 1,
    factors: model.ranges.map((range) => drawTriangular(random, range)),
  };
}

/** Replicas of each tier against the plan's, no more than the mode can have, and whether more were needed. */
function drawReplicas(
  model: CostModel,
  scale: Scale,
): { readonly ratios: number[]; readonly short: boolean } {
  let short = false;
  const ratios = model.tiers.map(({ model: sized }, index) => {
    const needed = computeReplicas(sized, scale).replicas;
    const most = sized.tier.maxReplicas ?? needed;
    short ||= needed > most;
    const plannedReplicas = model.plannedReplicas[index] ?? 0;
    return plannedReplicas === 0 ? 0 : Math.min(needed, most) / plannedReplicas;
  });
  return { ratios, short };
}

function machineUsdPerMonth(
  model: CostModel,
  { volume, factors }: Drawn,
  replicas: readonly number[],
): number {
  const growth = { replicas: 1, volume, people: 0, fixed: 1 };
  return model.terms.reduce((sum, term) => {
    const own = term.driver === 'replicas' ? (replicas[term.tierIndex] ?? 0) : growth[term.driver];
    const factor = term.factors.reduce(
      (product, { index, power }) => product * (factors[index] ?? 1) ** power,
      1,
    );
    return sum + term.usdPerMonth * own * factor;
  }, 0);
}

interface Draw {
  readonly contact: ContactUsd;
  readonly short: boolean;
}

function drawOnce(model: CostModel, input: DrawInput): Draw {
  const { sharedRandom } = input;
  const { assumptions } = input.context;
  const drawn = drawInputs(model, input);
  const { ratios, short } = drawReplicas(model, drawn.scale);
  const contact = computeContactUsd({
    aiUsd: machineUsdPerMonth(model, drawn, ratios) / (model.interactionsPerMonth * drawn.volume),
    escalationRatio: drawTriangular(sharedRandom, assumptions.escalation),
    humanUsd: drawTriangular(sharedRandom, assumptions.humanContactUsd),
    repeatRatio: drawTriangular(sharedRandom, assumptions.repeat),
  });
  return { contact, short };
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
  /** For what only this mode draws. */
  readonly random: Random;
  /** For what all modes have in common (busy hour, people): the same stream for each, so that modes compare draw by draw. */
  readonly sharedRandom: Random;
}

export interface ContactEstimate {
  readonly usd: { readonly ai: Interval; readonly blended: Interval; readonly resolved: Interval };
  /** Share of draws that need more replicas than the mode can have; they are priced with those that it can. */
  readonly shortRatio: number;
}

/**
 * P10, P50 and P90 of the cost per interaction over seeded independent triangular draws of: busy-hour share, measured
 * capacity (its bracket), gateway CPU per turn and token cost per turn (standard error between steps), disputed token
 * prices, retries, every catalogue figure with a range (GPU purchase, years of use, power, electricity), escalation,
 * cost of a human contact, repeat contacts.
 */
export function estimateContactUsd(input: DrawInput): ContactEstimate {
  const model = costModel(input);
  const draws = Array.from({ length: DRAWS }, () => drawOnce(model, input));
  return {
    usd: {
      ai: intervalOf(draws.map(({ contact }) => contact.ai)),
      blended: intervalOf(draws.map(({ contact }) => contact.blended)),
      resolved: intervalOf(draws.map(({ contact }) => contact.resolved)),
    },
    shortRatio: draws.filter(({ short }) => short).length / draws.length,
  };
}
