import { sortSamples } from '../../vocabulary/percentiles.ts';
import type { Random } from '../../vocabulary/random.ts';
import { sampleNormal } from '../../vocabulary/random.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { type Assessment, INTERVAL_CONFIDENCE } from './assessment.ts';
import { resample } from './bootstrap.ts';
import { chooseBatchSize, estimateDesignEffect, estimateRatio } from './interval.ts';
import { computeFisherP } from './permutation.ts';
import { meanOf } from './series.ts';
import { errorsOf, mergeHistograms, readStatistic, type Statistic } from './statistic.ts';
import { secondsOf } from './timeline.ts';

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
  return (random) => {
    const drawn = Math.min(1, Math.max(0, p + deviation * sampleNormal(random)));
    return histogram.percentileMs(100 * drawn) ?? Number.NaN;
  };
}

/** A rate or a mean redrawn from its seconds, neighbours together. Too few seconds draw nothing. */
function secondsDraw(values: readonly number[], scale: number): Draw | undefined {
  if (values.length < 5) return undefined;
  const blockLength = chooseBatchSize(values);
  return (random) => scale * meanOf(resample(values, random, blockLength));
}

function goodputDraw(step: ResultStep): Draw {
  const { offered } = step.counts;
  const share = step.goodRequests / Math.max(1, offered);
  const deviation = Math.sqrt((share * (1 - share)) / Math.max(1, offered));
  return (random) => Math.max(0.5 / Math.max(1, offered), share + deviation * sampleNormal(random)) * offered;
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
      return secondsDraw(secondsOf(step, 'completed'), perRequest);
    }
    case 'error-ratio':
      return undefined;
  }
}

/** Difference of two shares: Fisher's exact test, and Newcombe's interval from those of each share (Stat. Med. 17, 1998). */
function assessErrors(baseline: ResultStep, candidate: ResultStep): Assessment | undefined {
  const [a, b] = [errorsOf([baseline]), errorsOf([candidate])];
  const [first, second] = [estimateRatio(a.successes, a.samples), estimateRatio(b.successes, b.samples)];
  if (first === undefined || second === undefined) return undefined;
  const shift = second.estimate - first.estimate;
  return {
    shift,
    low: shift - Math.hypot(second.estimate - second.low, first.high - first.estimate),
    high: shift + Math.hypot(second.high - second.estimate, first.estimate - first.low),
    probability: computeFisherP(a, b),
    test: 'Fisher exact',
    scale: 'difference',
    blocks: 1,
    unit: 'runs',
    leastProbability: 0,
  };
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
  const [before, after] = [readStatistic(statistic, [baseline]), readStatistic(statistic, [candidate])];
  const [drawBefore, drawAfter] = [drawOf(statistic, baseline), drawOf(statistic, candidate)];
  if (!before || !after || drawBefore === undefined || drawAfter === undefined) return undefined;
  const shifts = sortSamples(
    Array.from({ length: DRAWS }, () => Math.log(drawAfter(random) / drawBefore(random))),
  );
  const at = (probability: number): number =>
    shifts[Math.min(DRAWS - 1, Math.floor(probability * DRAWS))] ?? Number.NaN;
  const notAbove = shifts.filter((shift) => shift <= 0).length;
  const notBelow = shifts.filter((shift) => shift >= 0).length;
  return {
    shift: Math.log(after / before),
    low: at((1 - INTERVAL_CONFIDENCE) / 2),
    high: at((1 + INTERVAL_CONFIDENCE) / 2),
    probability: Math.min(1, (2 * (Math.min(notAbove, notBelow) + 1)) / (DRAWS + 1)),
    test: 'bootstrap of two runs',
    scale: 'log',
    blocks: 1,
    unit: 'runs',
    leastProbability: 0,
  };
}
