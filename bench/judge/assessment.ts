import { sortSamples } from '../../vocabulary/percentiles.ts';
import type { Random } from '../../vocabulary/random.ts';
import { resample } from './bootstrap.ts';
import { computeNormalQuantile, computeTwoSidedNormalP } from './normal.ts';
import { computeSignFlipP } from './permutation.ts';
import { estimatePairedShift, estimateUnpairedShift, type ShiftEstimate } from './rank-tests.ts';
import { batchMeansOf, lagOneCorrelationOf, meanOf, robustDeviationOf } from './series.ts';

/** A difference between candidate and baseline, before it is judged. */
export interface Assessment extends ShiftEstimate {
  /** `log`: shifts are logarithms of ratios; `difference`: plain. */
  readonly scale: 'log' | 'difference';
  readonly blocks: number;
  /** What one more of is asked for. */
  readonly unit: 'pairs' | 'blocks' | 'runs';
  /** Least probability that so many blocks can give, whatever they say. */
  readonly leastProbability: number;
  readonly noiseRatio?: number;
  readonly remark?: string;
}

export const INTERVAL_CONFIDENCE = 0.95;
const Z = computeNormalQuantile((1 + INTERVAL_CONFIDENCE) / 2);

/** Fewer pairs than this are not merged further: below, no pattern of signs is rare enough. */
const MIN_MERGED = 16;

/**
 * Neighbouring differences averaged in twos, fours, … until they no longer correlate beyond chance: a disturbance of the machine
 * that lasts over several blocks must not count as several witnesses.
 */
function mergeWhileCorrelated(differences: readonly number[]): { merged: readonly number[]; size: number } {
  let size = 1;
  let merged: readonly number[] = differences;
  while (merged.length >= 2 * MIN_MERGED && lagOneCorrelationOf(merged) > 2 / Math.sqrt(merged.length)) {
    size *= 2;
    merged = batchMeansOf(differences, size);
  }
  return { merged, size };
}

/** Two-sided sign patterns: n pairs give no probability below 2^(1 − n). */
const leastOfPairs = (pairs: number): number => 2 ** (1 - pairs);

/** Ratios of paired blocks, `pairs` as [baseline, candidate], all positive. Wilcoxon's signed rank on their logarithms. */
export function assessPairs(pairs: readonly (readonly [number, number])[]): Assessment {
  const logs = pairs.map(([baseline, candidate]) => Math.log(candidate / baseline));
  const { merged, size } = mergeWhileCorrelated(logs);
  return {
    ...estimatePairedShift(merged, INTERVAL_CONFIDENCE),
    scale: 'log',
    blocks: pairs.length,
    unit: 'pairs',
    leastProbability: leastOfPairs(merged.length),
    ...(logs.length < 2 ? {} : { noiseRatio: robustDeviationOf(logs) }),
    ...(size === 1 ? {} : { remark: `neighbouring pairs correlate: averaged by ${size}` }),
  };
}

const BOOTSTRAP_DRAWS = 2_000;

/** Range of the mean over resamples. */
function meanRange(values: readonly number[], random: Random): { low: number; high: number } {
  const means = sortSamples(Array.from({ length: BOOTSTRAP_DRAWS }, () => meanOf(resample(values, random))));
  const at = (probability: number): number =>
    means[Math.min(means.length - 1, Math.floor(probability * means.length))] ?? Number.NaN;
  return { low: at((1 - INTERVAL_CONFIDENCE) / 2), high: at((1 + INTERVAL_CONFIDENCE) / 2) };
}

/** Differences of paired shares: most are zero, so the mean is judged, by flipping signs. */
export function assessPairedShares(
  pairs: readonly (readonly [number, number])[],
  random: Random,
): Assessment {
  const differences = pairs.map(([baseline, candidate]) => candidate - baseline);
  return {
    shift: meanOf(differences),
    ...meanRange(differences, random),
    probability: computeSignFlipP(differences, random),
    test: 'sign-flip permutation',
    scale: 'difference',
    blocks: pairs.length,
    unit: 'pairs',
    leastProbability: leastOfPairs(pairs.length),
  };
}

function logChooseHalf(n: number): number {
  let sum = 0;
  for (let i = 1; i <= n; i++) sum += Math.log((n + i) / i);
  return sum;
}

/** Two-sided: n values a side give no probability below 2 ÷ C(2n, n). */
const leastOfSides = (values: number): number => 2 * Math.exp(-logChooseHalf(values));

/**
 * Adds what differs from run to run, which one run of each side cannot show: variances add, and the probability is never below that
 * of the widened interval.
 */
export function widenByRuns(assessment: Assessment, runToRunRatio: number): Assessment {
  if (assessment.scale !== 'log' || runToRunRatio === 0) return assessment;
  const within = (assessment.high - assessment.low) / 2 / Z;
  const error = Math.sqrt(within ** 2 + 2 * runToRunRatio ** 2);
  return {
    ...assessment,
    low: assessment.shift - Z * error,
    high: assessment.shift + Z * error,
    probability: Math.max(assessment.probability, computeTwoSidedNormalP(assessment.shift / error)),
    unit: 'runs',
    remark: `one run of each side: ${(runToRunRatio * 100).toFixed(1)} % from run to run is assumed`,
  };
}

/** Blocks or runs that did not take turns, all positive where `scale` is `log`. Mann–Whitney. */
export function assessSides(
  baseline: readonly number[],
  candidate: readonly number[],
  options: { readonly scale: 'log' | 'difference'; readonly unit: 'blocks' | 'runs' },
): Assessment {
  const mapped = (values: readonly number[]): readonly number[] =>
    options.scale === 'log' ? values.map(Math.log) : values;
  const [a, b] = [mapped(baseline), mapped(candidate)];
  const blocks = Math.min(a.length, b.length);
  const noise =
    blocks < 2 || options.scale !== 'log' ? undefined : Math.max(robustDeviationOf(a), robustDeviationOf(b));
  return {
    ...estimateUnpairedShift(a, b, INTERVAL_CONFIDENCE),
    ...options,
    blocks,
    leastProbability: leastOfSides(blocks),
    ...(noise === undefined ? {} : { noiseRatio: noise }),
  };
}
