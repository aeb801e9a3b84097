import { computePercentile, sortSamples } from '../../../vocabulary/percentiles.ts';
import type { Interval } from '../../../vocabulary/plan-file.ts';
import { type Column, constantColumn } from '../../uncertainty/columns.ts';
import { type Draws, drawColumn } from '../../uncertainty/draws.ts';
import type { UncertainInput } from '../../uncertainty/inputs.ts';

/** Part of a cost, with what multiplies it. */
export interface DrawnCost {
  readonly usd: number;
  readonly factors: readonly UncertainFactor[];
}

/** An input as a factor around 1. */
export interface UncertainFactor {
  readonly input: Pick<UncertainInput, 'key' | 'uncertainty'>;
  /** −1 for an input that is divided by. */
  readonly power: 1 | -1;
}

export interface UtilisationDrawInput {
  /** Break-even utilisation at the central value of every input. */
  readonly central: number;
  readonly own: readonly DrawnCost[];
  readonly bought: readonly DrawnCost[];
  /** What multiplies what a unit carries. */
  readonly capacity: readonly UncertainFactor[];
  /** Busy share of the units as planned. */
  readonly plannedUtilisationRatio: number;
  readonly draws: Draws;
}

export interface UtilisationDraws {
  readonly breakEven: Interval;
  /** Share of draws in which the planned busy share suffices. */
  readonly ownCheaperProbability: number;
}

/** Multiplies row by row by what is drawn of each factor: the same draw wherever an input is named. */
function multiply(column: Column, factors: readonly UncertainFactor[], draws: Draws): Column {
  for (const { input, power } of factors) {
    const drawn = drawColumn(draws, input.key, input.uncertainty);
    for (const [row, value] of drawn.entries()) column[row] = (column[row] ?? 0) * value ** power;
  }
  return column;
}

/** Cost at the drawn inputs ÷ cost at their central values. */
function relativeCost(parts: readonly DrawnCost[], draws: Draws): Column {
  const central = parts.reduce((sum, { usd }) => sum + usd, 0);
  if (central === 0) return constantColumn(draws.count, 1);
  const sum = constantColumn(draws.count, 0);
  for (const { usd, factors } of parts) {
    const part = multiply(constantColumn(draws.count, usd / central), factors, draws);
    for (const [row, value] of part.entries()) sum[row] = (sum[row] ?? 0) + value;
  }
  return sum;
}

/**
 * P10, P50 and P90 of the break-even utilisation: own cost ÷ (what a unit carries × the vendor's price), over the draws
 * of the plan, with their correlations.
 */
export function drawBreakEvenUtilisation(input: UtilisationDrawInput): UtilisationDraws {
  const { central, own, bought, capacity, plannedUtilisationRatio, draws } = input;
  const ownUsd = relativeCost(own, draws);
  const boughtUsd = relativeCost(bought, draws);
  const carries = multiply(constantColumn(draws.count, 1), capacity, draws);
  let cheaper = 0;
  const samples = ownUsd.map((usd, row) => {
    const carried = carries[row] ?? 1;
    const breakEven = (central * usd) / ((boughtUsd[row] ?? 1) * carried);
    // A unit that carries more is less busy with the same load.
    if (plannedUtilisationRatio / carried >= breakEven) cheaper++;
    return breakEven;
  });
  const sorted = sortSamples(samples);
  const at = (percent: number): number => computePercentile(sorted, percent) ?? central;
  return {
    breakEven: { p10: at(10), p50: at(50), p90: at(90) },
    ownCheaperProbability: cheaper / draws.count,
  };
}
