import { estimateBinomialInterval } from '../../vocabulary/binomial.ts';
import type { LatencyHistogram } from '../../vocabulary/histogram.ts';
import { nearestRank } from '../../vocabulary/percentiles.ts';
import { computeNormalQuantile, computeStudentQuantile } from './normal.ts';
import { batchMeansOf, deviationOf, lagOneCorrelationOf, meanOf } from './series.ts';

/** An estimate with the range that its true value lies in with `confidence`, and how that is known. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
  readonly method: string;
  /** What it rests on: requests, batches, runs or blocks. */
  readonly samples: number;
}

export const DEFAULT_CONFIDENCE = 0.95;

/** Mean of independent values with Student's t ("Student", Biometrika 6, 1908); undefined below two values. */
export function estimateMean(
  values: readonly number[],
  confidence = DEFAULT_CONFIDENCE,
  method = 'Student t',
): Interval | undefined {
  if (values.length < 2) return undefined;
  const estimate = meanOf(values);
  const t = computeStudentQuantile((1 + confidence) / 2, values.length - 1);
  const half = (t * deviationOf(values)) / Math.sqrt(values.length);
  return {
    estimate,
    low: estimate - half,
    high: estimate + half,
    confidence,
    method,
    samples: values.length,
  };
}

/** So few batches are left when larger ones are still correlated. */
const MIN_BATCHES = 10;

/**
 * Batch size at which means of neighbouring batches no longer correlate beyond chance (2/√n), by doubling; as large as
 * ten batches allow where they always do (G. S. Fishman, Management Science 24(5), 1978).
 */
export function chooseBatchSize(values: readonly number[]): number {
  for (let size = 1; ; size *= 2) {
    const batches = batchMeansOf(values, size);
    if (batches.length < 2 * MIN_BATCHES) return size;
    if (lagOneCorrelationOf(batches) <= 2 / Math.sqrt(batches.length)) return size;
  }
}

/** Mean of a correlated series by batch means (Law, Simulation Modeling and Analysis, ch. 9). */
export function estimateBatchMean(
  values: readonly number[],
  confidence = DEFAULT_CONFIDENCE,
): Interval | undefined {
  const size = chooseBatchSize(values);
  return estimateMean(batchMeansOf(values, size), confidence, `batch means of ${size}`);
}

/**
 * By how much correlation lessens independent information: variance of the mean as batches see it ÷ as independent
 * values would have it, 1 or more. 1 where the series is too short to tell.
 */
export function estimateDesignEffect(values: readonly number[]): number {
  const size = chooseBatchSize(values);
  const batches = batchMeansOf(values, size);
  if (size === 1 || batches.length < 2) return 1;
  const independent = deviationOf(values) ** 2 / values.length;
  return independent === 0 ? 1 : Math.max(1, deviationOf(batches) ** 2 / batches.length / independent);
}

export interface PercentileIntervalOptions {
  readonly confidence?: number;
  /** Divides the number of samples: 1 where they are independent. */
  readonly designEffect?: number;
}

/**
 * Percentile of a histogram between two of its order statistics: distribution-free, by the normal form of the binomial
 * ranks (W. J. Conover, Practical Nonparametric Statistics, 3.2). Undefined for an empty histogram.
 */
export function estimatePercentile(
  histogram: LatencyHistogram,
  percent: number,
  { confidence = DEFAULT_CONFIDENCE, designEffect = 1 }: PercentileIntervalOptions = {},
): Interval | undefined {
  const estimate = histogram.percentileMs(percent);
  const samples = histogram.count;
  if (estimate === undefined) return undefined;
  const p = percent / 100;
  const z = computeNormalQuantile((1 + confidence) / 2);
  const half = z * Math.sqrt((p * (1 - p) * designEffect) / samples);
  const percentAt = (shift: number): number => Math.min(100, Math.max(0, (p + shift) * 100));
  const rankPercent = (percentWanted: number): number =>
    (100 * nearestRank(percentWanted, samples)) / samples;
  return {
    estimate,
    low: histogram.percentileMs(rankPercent(percentAt(-half))) ?? estimate,
    high: histogram.percentileMs(Math.min(100, rankPercent(percentAt(half + 1 / samples)))) ?? estimate,
    confidence,
    method: 'order statistics',
    samples,
  };
}

/** Share of `samples` with exact two-sided bounds (Clopper & Pearson, Biometrika 26, 1934); undefined of none. */
export function estimateRatio(
  successes: number,
  samples: number,
  confidence = DEFAULT_CONFIDENCE,
): Interval | undefined {
  if (samples === 0) return undefined;
  const { low, high } = estimateBinomialInterval(successes, samples, (1 + confidence) / 2);
  return { estimate: successes / samples, low, high, confidence, method: 'Clopper–Pearson', samples };
}

/** The same interval in another unit. */
export const scaleInterval = (interval: Interval, factor: number): Interval => ({
  ...interval,
  estimate: interval.estimate * factor,
  low: interval.low * factor,
  high: interval.high * factor,
});
