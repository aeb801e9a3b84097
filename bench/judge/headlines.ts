import { type HistogramMetricId, METRICS } from '../../vocabulary/metrics.ts';
import { classifyPercentile } from '../../vocabulary/percentiles.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import {
  DEFAULT_CONFIDENCE,
  estimateBatchMean,
  estimateDesignEffect,
  estimatePercentile,
  estimateRatio,
  type Interval,
  scaleInterval,
} from './interval.ts';
import { errorsOf, mergeHistograms } from './statistic.ts';
import { secondsOf, wholeSecondsOf } from './timeline.ts';

/** A figure of a step as reports state it: with its interval, or withheld with the reason. */
export type Headline =
  | { readonly kind: 'stated'; readonly name: string; readonly label: string; readonly interval: Interval }
  | { readonly kind: 'withheld'; readonly name: string; readonly label: string; readonly reason: string };

export interface HeadlineOptions {
  readonly confidence?: number;
  /** State percentiles that too few samples certify as well. */
  readonly showsUncertified?: boolean;
}

const METRICS_STATED: readonly HistogramMetricId[] = [
  'latencyMs',
  'timeToFirstTokenMs',
  'timePerOutputTokenMs',
  'interTokenLatencyMs',
];
const PERCENTS = [50, 95, 99];

function percentileHeadlines(step: ResultStep, options: HeadlineOptions): Headline[] {
  const { confidence = DEFAULT_CONFIDENCE, showsUncertified = false } = options;
  const designEffect = estimateDesignEffect(secondsOf(step, 'meanLatencyMs'));
  return METRICS_STATED.flatMap((metric) => {
    const histogram = mergeHistograms([step], metric);
    if (histogram.count === 0) return [];
    return PERCENTS.flatMap((percent): Headline[] => {
      const [name, label] = [`p${percent}:${metric}`, `p${percent} ${METRICS[metric].label}`];
      const reading = classifyPercentile(percent, histogram.percentileMs(percent), histogram.count);
      if (reading.kind === 'withheld' && !showsUncertified) {
        const reason = `rests on ${reading.samples} samples, ${reading.minSamples} certify it`;
        return [{ kind: 'withheld', name, label, reason }];
      }
      const interval = estimatePercentile(histogram, percent, { confidence, designEffect });
      return interval === undefined ? [] : [{ kind: 'stated', name, label, interval }];
    });
  });
}

const stated = (name: string, label: string, interval: Interval | undefined): Headline[] =>
  interval === undefined ? [] : [{ kind: 'stated', name, label, interval }];

/**
 * Every headline of a step with its interval: percentiles by order statistics, mean latency and throughput by batch means of the
 * step's seconds, goodput and errors by exact bounds of their shares. What the step has not is left out.
 */
export function estimateHeadlines(step: ResultStep, options: HeadlineOptions = {}): Headline[] {
  const { confidence = DEFAULT_CONFIDENCE } = options;
  const { successes, samples } = errorsOf([step]);
  const good = estimateRatio(step.goodRequests, samples, confidence);
  const offeredPerS = samples / sFromMs(step.windowMs);
  return [
    ...percentileHeadlines(step, options),
    ...stated(
      'mean:latencyMs',
      `mean ${METRICS.latencyMs.label}`,
      estimateBatchMean(secondsOf(step, 'meanLatencyMs'), confidence),
    ),
    ...stated(
      'throughputPerS',
      METRICS.throughputPerS.label,
      estimateBatchMean(wholeSecondsOf(step, 'completed'), confidence),
    ),
    ...stated(
      'goodputPerS',
      METRICS.goodputPerS.label,
      good === undefined ? undefined : scaleInterval(good, offeredPerS),
    ),
    ...stated('errorRatio', METRICS.errorRatio.label, estimateRatio(successes, samples, confidence)),
  ];
}
