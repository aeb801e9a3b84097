import { nearestRank, sortSamples } from '../../vocabulary/percentiles.ts';
import type { Random } from '../../vocabulary/random.ts';
import { sampleNormal } from '../../vocabulary/random.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { type Assessment, INTERVAL_CONFIDENCE } from './assessment.ts';
import { resample } from './bootstrap.ts';
import { chooseBatchSize, estimateDesignEffect, estimateRatio } from './interval.ts';
import { computeTwoSidedNormalP } from './normal.ts';
import { computeFisherP } from './permutation.ts';
import { deviationOf, meanOf, varianceOf } from './series.ts';
import {
  errorsOf,
  leastPerS,
  mergeHistograms,
  readPositive,
  type Statistic,
  windowSOf,
} from './statistic.ts';
import { secondsOf, wholeSecondsOf } from './timeline.ts';

const DRAWS = 2_000;

/** Draws the statistic of one run as another run of the same length might have given it. */
type Draw = (random: Random) => number;

/**
 * A percentile redrawn by its rank: the bootstrap's distribution of an order statistic is that of a binomial rank, so the
 * histogram is enough (B. Efron, Ann. Statist. 7, 1979, section 3). Correlated requests widen it.
 */
function percentileDraw(step: ResultStep, statistic: Statistic & { kind: 'percentile' }): Draw {
  const histogram = mergeHistograms([step], statistic.metric);
  const p = statistic.percent / 100;
  const effect = estimateDesignEffect(secondsOf(step, 'meanLatencyMs'));
  const deviation = Math.sqrt((p * (1 - p) * effect) / histogram.count);
  // The same few ranks are drawn again and again, and finding one walks the histogram.
  const known = new Map<number, number>();
  return (random) => {
    const drawn = Math.min(1, Math.max(0, p + deviation * sampleNormal(random)));
    const rank = nearestRank(100 * drawn, histogram.count);
    const value = known.get(rank) ?? histogram.percentileMs(100 * drawn) ?? Number.NaN;
    known.set(rank, value);
    return value;
  };
}

/** Fewer seconds than this say nothing of how seconds differ. */
const MIN_SECONDS = 5;

/** A rate or a mean redrawn from its seconds, neighbours together. Too few seconds draw nothing. */
function secondsDraw(values: readonly number[], scale: number, least = 0): Draw | undefined {
  if (values.length < MIN_SECONDS) return undefined;
  const blockLength = chooseBatchSize(values);
  return (random) => Math.max(least, scale * meanOf(resample(values, random, blockLength)));
}

function goodputDraw(step: ResultStep): Draw {
  const { offered } = step.counts;
  const share = step.goodRequests / Math.max(1, offered);
  const deviation = Math.sqrt((share * (1 - share)) / Math.max(1, offered));
  const offeredPerS = offered / windowSOf([step]);
  return (random) => Math.max(leastPerS([step]), (share + deviation * sampleNormal(random)) * offeredPerS);
}

function drawOf(statistic: Statistic, step: ResultStep): Draw | undefined {
  switch (statistic.kind) {
    case 'percentile':
      return percentileDraw(step, statistic);
    case 'mean':
      return statistic.metric === 'latencyMs' ? secondsDraw(secondsOf(step, 'meanLatencyMs'), 1) : undefined;
    case 'rate': {
      if (statistic.metric === 'goodputPerS') return goodputDraw(step);
      const perRequest =
        statistic.metric === 'outputTokensPerS' ? step.tokens.output / Math.max(1, step.counts.completed) : 1;
      return secondsDraw(wholeSecondsOf(step, 'completed'), perRequest, leastPerS([step]));
    }
    case 'error-ratio':
      return undefined;
  }
}

/**
 * By how many times failures come in clusters: variance ÷ mean of their number per second, 1 where they come one by one (D. R. Cox & P.
 * A. W. Lewis, The Statistical Analysis of Series of Events, 1966). A second in which fifty fail together is one event, not fifty.
 */
function dispersionOf(step: ResultStep): number {
  const perSecond = wholeSecondsOf(step, 'unsuccessful');
  const mean = meanOf(perSecond);
  return perSecond.length < MIN_SECONDS || mean === 0 ? 1 : Math.max(1, varianceOf(perSecond) / mean);
}

type Share = ReturnType<typeof errorsOf>;

/** The share as so many independent requests would show it. */
const thinned = ({ successes, samples }: Share, dispersion: number): Share => ({
  successes: Math.round(successes / dispersion),
  samples: Math.max(1, Math.round(samples / dispersion)),
});

/** Difference of two shares: Fisher's exact test, and Newcombe's interval from those of each share (Stat. Med. 17, 1998). */
function assessErrors(baseline: ResultStep, candidate: ResultStep): Assessment | undefined {
  const [all, allAfter] = [errorsOf([baseline]), errorsOf([candidate])];
  if (all.samples === 0 || allAfter.samples === 0) return undefined;
  const dispersion = Math.max(dispersionOf(baseline), dispersionOf(candidate));
  const [a, b] = [thinned(all, dispersion), thinned(allAfter, dispersion)];
  const [first, second] = [estimateRatio(a.successes, a.samples), estimateRatio(b.successes, b.samples)];
  if (first === undefined || second === undefined) return undefined;
  const shift = second.estimate - first.estimate;
  return {
    shift: allAfter.successes / allAfter.samples - all.successes / all.samples,
    low: shift - Math.hypot(second.estimate - second.low, first.high - first.estimate),
    high: shift + Math.hypot(second.high - second.estimate, first.estimate - first.low),
    probability: computeFisherP(a, b),
    test: 'Fisher exact',
    scale: 'difference',
    blocks: 1,
    unit: 'runs',
    leastProbability: 0,
    ...(dispersion === 1
      ? {}
      : { remark: `failures come in clusters: counted ${dispersion.toFixed(1)} as one` }),
  };
}

/** Draws beyond zero that are enough to count; with fewer the share of draws says no more than that it is small. */
const MIN_BEYOND = 20;

/**
 * Two-sided probability that redrawn shifts leave zero on one side. Draws cannot show less than 1 in their number, which the correction
 * for many figures would take for doubt: where hardly any lies beyond, the tail of a normal of their mean and deviation is taken.
 */
function probabilityOf(shifts: readonly number[]): number {
  const notAbove = shifts.filter((shift) => shift <= 0).length;
  const beyond = Math.min(notAbove, shifts.filter((shift) => shift >= 0).length);
  const counted = Math.min(1, (2 * (beyond + 1)) / (shifts.length + 1));
  const deviation = deviationOf(shifts);
  if (beyond >= MIN_BEYOND) return counted;
  if (deviation === 0) return 0;
  return Math.min(counted, computeTwoSidedNormalP(meanOf(shifts) / deviation));
}

/**
 * One run of each side, by a seeded bootstrap of each. Says how sure the figures of these two runs are; what differs from run to run
 * is for the caller to add. Undefined where a side cannot be redrawn: too short, or without the metric.
 */
export function assessSingleRuns(
  statistic: Statistic,
  baseline: ResultStep,
  candidate: ResultStep,
  random: Random,
): Assessment | undefined {
  if (statistic.kind === 'error-ratio') return assessErrors(baseline, candidate);
  const [before, after] = [readPositive(statistic, [baseline]), readPositive(statistic, [candidate])];
  const [drawBefore, drawAfter] = [drawOf(statistic, baseline), drawOf(statistic, candidate)];
  if (!before || !after || drawBefore === undefined || drawAfter === undefined) return undefined;
  const shifts = sortSamples(
    Array.from({ length: DRAWS }, () => Math.log(drawAfter(random) / drawBefore(random))),
  );
  const at = (probability: number): number =>
    shifts[Math.min(DRAWS - 1, Math.floor(probability * DRAWS))] ?? Number.NaN;
  return {
    shift: Math.log(after / before),
    low: at((1 - INTERVAL_CONFIDENCE) / 2),
    high: at((1 + INTERVAL_CONFIDENCE) / 2),
    probability: probabilityOf(shifts),
    test: 'bootstrap of two runs',
    scale: 'log',
    blocks: 1,
    unit: 'runs',
    leastProbability: 0,
  };
}
