import { computeTwoSidedNormalP } from './normal.ts';
import { batchMeansOf, estimateLongRunVariance, meanOf } from './series.ts';

export type SteadyState =
  | { readonly kind: 'steady' }
  | {
      readonly kind: 'no steady state';
      /** Change from the first to the last quarter ÷ the mean of all. */
      readonly changeRatio: number;
      readonly reason: string;
    }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Fewer values cannot carry either test. */
const MIN_VALUES = 20;
/** Critical values of the level-stationarity statistic: Kwiatkowski et al., table 1. */
const KPSS_CRITICAL_5_PERCENT = 0.463;
const KPSS_CRITICAL_1_PERCENT = 0.739;
const TREND_PROBABILITY = 0.01;
const TREND_BATCHES = 10;
/** A drift of less is of no consequence for a mean, however certain. */
export const MIN_CHANGE_RATIO = 0.1;

/** Bandwidth 4·(n/100)^¼, the usual short one: D. Kwiatkowski et al., section 4. */
const bandwidthFor = (values: number): number => Math.floor(4 * (values / 100) ** 0.25);

/**
 * KPSS statistic of level stationarity: D. Kwiatkowski, P. C. B. Phillips, P. Schmidt & Y. Shin, J. Econometrics 54,
 * 1992. Sum of squared partial sums of the residuals over n² and their long-run variance. 0 of a constant series.
 */
export function computeKpss(values: readonly number[], lags = bandwidthFor(values.length)): number {
  const mean = meanOf(values);
  const variance = estimateLongRunVariance(values, lags);
  if (variance === 0) return 0;
  let partial = 0;
  let sum = 0;
  for (const value of values) {
    partial += value - mean;
    sum += partial * partial;
  }
  return sum / (values.length ** 2 * variance);
}

/**
 * Two-sided probability of Kendall's S or a larger one without a trend: H. B. Mann, Econometrica 13, 1945; M. G.
 * Kendall's variance with ties, and the continuity correction.
 */
export function computeMannKendallP(values: readonly number[]): number {
  const n = values.length;
  let s = 0;
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) s += Math.sign((values[j] ?? 0) - (values[i] ?? 0));
  const tieSizes = new Map<number, number>();
  for (const value of values) tieSizes.set(value, (tieSizes.get(value) ?? 0) + 1);
  let variance = n * (n - 1) * (2 * n + 5);
  for (const size of tieSizes.values()) variance -= size * (size - 1) * (2 * size + 5);
  variance /= 18;
  if (variance <= 0 || s === 0) return 1;
  return computeTwoSidedNormalP((s - Math.sign(s)) / Math.sqrt(variance));
}

function changeRatioOf(values: readonly number[]): number {
  const quarter = Math.floor(values.length / 4);
  const mean = meanOf(values);
  if (mean === 0) return 0;
  return (meanOf(values.slice(-quarter)) - meanOf(values.slice(0, quarter))) / Math.abs(mean);
}

/**
 * Whether a series (one value per second, say) has come to rest. `no steady state` when the change from its first to its last
 * quarter is a tenth of the mean or more, and either KPSS refuses level stationarity at 1 %, or it does at 5 % and
 * Mann–Kendall finds a trend over ten batch means at 1 %. Either test at 5 % alone errs too often on correlated data.
 */
export function classifySteadyState(values: readonly number[]): SteadyState {
  if (values.length < MIN_VALUES)
    return { kind: 'unknown', reason: `${values.length} values, ${MIN_VALUES} are needed` };
  const changeRatio = changeRatioOf(values);
  if (Math.abs(changeRatio) < MIN_CHANGE_RATIO) return { kind: 'steady' };
  const size = Math.max(1, Math.floor(values.length / TREND_BATCHES));
  const trendP = computeMannKendallP(batchMeansOf(values, size));
  const kpss = computeKpss(values);
  const limit = trendP < TREND_PROBABILITY ? KPSS_CRITICAL_5_PERCENT : KPSS_CRITICAL_1_PERCENT;
  if (kpss < limit) return { kind: 'steady' };
  return {
    kind: 'no steady state',
    changeRatio,
    reason: `KPSS ${kpss.toFixed(2)} (limit ${limit}), trend p = ${trendP.toFixed(4)}`,
  };
}
