import { meanOf } from '../../vocabulary/mean.ts';

/** Batches behind one interval; their means are taken as independent and normal. */
export const BATCHES = 30;
/** Student's t at 97.5 % with 29 degrees of freedom. */
const T_BATCHES = 2.045;

/** A mean with its 95 % interval. */
export interface MeanInterval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Correlation of one batch with the next: near 0 where batches are long enough for the interval to hold. */
  readonly lagCorrelation: number;
}

/** Means of consecutive batches of equal size; what is left over at the end is in none. */
export function batchMeansOf(values: ArrayLike<number>, batches = BATCHES): number[] {
  const size = Math.floor(values.length / batches);
  return Array.from({ length: batches }, (_, batch) => {
    let sum = 0;
    for (let i = batch * size; i < (batch + 1) * size; i++) sum += values[i] as number;
    return sum / size;
  });
}

function correlationOf(values: readonly number[], mean: number): number {
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  if (squares === 0) return 0;
  const products = values
    .slice(1)
    .reduce((sum, value, i) => sum + (value - mean) * ((values[i] ?? mean) - mean), 0);
  return products / squares;
}

/** Batches that follow one another this closely are one: the interval below would be without meaning. */
const MAX_CORRELATION = 0.9;

/**
 * Mean of correlated values ≥ 0 in a steady state, with a 95 % interval by batch means (Law & Kelton, Simulation
 * Modeling and Analysis, section 9.5.3). What one batch still says of the next widens it, as of a first-order
 * autoregression: by (1 + r) ÷ (1 − r). At least one value for each batch.
 */
export function estimateMeanByBatches(values: ArrayLike<number>): MeanInterval {
  const means = batchMeansOf(values);
  const centre = meanOf(means);
  const variance = means.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (BATCHES - 1);
  const lagCorrelation = correlationOf(means, centre);
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  const mean = total / values.length;
  const r = Math.min(MAX_CORRELATION, Math.max(0, lagCorrelation));
  const half = T_BATCHES * Math.sqrt(((variance / BATCHES) * (1 + r)) / (1 - r));
  return { mean, low: Math.max(0, mean - half), high: mean + half, lagCorrelation };
}
