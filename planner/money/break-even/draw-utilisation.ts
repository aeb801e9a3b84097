import { computePercentile, sortSamples } from '../../../vocabulary/percentiles.ts';
import type { Interval } from '../../../vocabulary/plan-file.ts';
import type { Random } from '../../../vocabulary/random.ts';
import { DRAWS } from '../../uncertainty/draws.ts';
import { computeTriangularQuantile, type InputFactor, type Range } from '../../uncertainty/ranges.ts';

/** Part of a cost, with the uncertain inputs that multiply it. */
export interface UncertainCost {
  readonly usd: number;
  readonly factors: readonly InputFactor[];
}

export interface UtilisationDrawInput {
  /** Break-even utilisation at the central value of every input. */
  readonly central: number;
  readonly own: readonly UncertainCost[];
  readonly bought: readonly UncertainCost[];
  /** What a unit carries, around 1. */
  readonly capacity: Range;
  /** Busy share of the units as planned. */
  readonly plannedUtilisationRatio: number;
  readonly random: Random;
}

export interface UtilisationDraws {
  readonly breakEven: Interval;
  /** Share of draws in which the planned busy share suffices. */
  readonly ownCheaperProbability: number;
}

interface Drawn {
  readonly key: string;
  readonly range: Range;
}

/** Inputs that several parts share are drawn once. */
function inputsOf(parts: readonly UncertainCost[]): Drawn[] {
  const known = new Map<string, Range>();
  for (const { factors } of parts) for (const { key, range } of factors) known.set(key, range);
  return [...known].map(([key, range]) => ({ key, range }));
}

/** Cost at the drawn inputs ÷ cost at their central values. */
function relativeCost(parts: readonly UncertainCost[], drawn: ReadonlyMap<string, number>): number {
  let central = 0;
  let sum = 0;
  for (const { usd, factors } of parts) {
    central += usd;
    sum += factors.reduce((product, { key, power }) => product * (drawn.get(key) ?? 1) ** power, usd);
  }
  return central === 0 ? 1 : sum / central;
}

/**
 * P10, P50 and P90 of the break-even utilisation: own cost ÷ (what a unit carries × the vendor's price), each input
 * drawn from its triangle by itself: correlations, and values that were seen in place of a range, are left out here.
 */
export function drawBreakEvenUtilisation(input: UtilisationDrawInput): UtilisationDraws {
  const { central, own, bought, capacity, plannedUtilisationRatio, random } = input;
  const inputs = inputsOf([...own, ...bought]);
  const drawn = new Map<string, number>();
  let cheaper = 0;
  const samples = Array.from({ length: DRAWS }, () => {
    for (const { key, range } of inputs) drawn.set(key, computeTriangularQuantile(range, random.next()));
    const carries = computeTriangularQuantile(capacity, random.next());
    const breakEven = (central * relativeCost(own, drawn)) / (relativeCost(bought, drawn) * carries);
    // A unit that carries more is less busy with the same load.
    if (plannedUtilisationRatio / carries >= breakEven) cheaper++;
    return breakEven;
  });
  const sorted = sortSamples(samples);
  const at = (percent: number): number => computePercentile(sorted, percent) ?? central;
  return {
    breakEven: { p10: at(10), p50: at(50), p90: at(90) },
    ownCheaperProbability: cheaper / DRAWS,
  };
}
