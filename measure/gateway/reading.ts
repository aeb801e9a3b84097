import { computePercentile, sortSamples } from '../../vocabulary/percentiles.ts';

/** What one block of load measured. Latencies count from the scheduled instant, so the generator's own lag is in them. */
export interface BlockReading {
  readonly offered: number;
  readonly completed: number;
  readonly failed: number;
  readonly failedByStatus: Readonly<Record<string, number>>;
  readonly windowS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly slipP99Ms: number;
  /** Completed within the objective, per second of schedule, in slices of one second. */
  readonly goodPerSlice: readonly number[];
}

/** What one block of streams measured. */
export interface StreamReading {
  readonly tokensPerS: number;
  readonly itlP50Ms: number;
  readonly itlP99Ms: number;
  readonly streams: number;
  readonly failed: number;
}

/** NaN where nothing was measured, so that it cannot pass for a small figure. */
export const percentileOf = (samples: Iterable<number>, percent: number): number =>
  computePercentile(sortSamples(samples), percent) ?? Number.NaN;

export interface Interval {
  readonly median: number;
  /** Order-statistic interval of the median of the pairs. */
  readonly low: number;
  readonly high: number;
}

/** With rank r from each end of n pairs the interval misses the median with 2 · P(Binomial(n, ½) < r). */
const RANK_FROM_END = 1;

/** Median of paired differences; with seven pairs the smallest and the largest cover it with 98.4 %. */
export function intervalOfMedian(differences: readonly number[]): Interval {
  const sorted = sortSamples(differences);
  const at = (rank: number): number => sorted[rank - 1] ?? Number.NaN;
  return {
    median: percentileOf(differences, 50),
    low: at(RANK_FROM_END),
    high: at(sorted.length - RANK_FROM_END + 1),
  };
}
