import { type EncodedHistogram, LatencyHistogram } from '../../vocabulary/histogram.ts';
import {
  HISTOGRAM_METRIC_IDS,
  type HistogramMetricId,
  METRICS,
  type MetricId,
} from '../../vocabulary/metrics.ts';
import { classifyPercentile } from '../../vocabulary/percentiles.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { sFromMs } from '../../vocabulary/units.ts';

export const RATE_METRICS = ['goodputPerS', 'throughputPerS', 'outputTokensPerS'] as const;
export type RateMetric = (typeof RATE_METRICS)[number];

/** One figure that two results are compared by. */
export type Statistic =
  | { readonly kind: 'percentile'; readonly metric: HistogramMetricId; readonly percent: number }
  | { readonly kind: 'mean'; readonly metric: HistogramMetricId }
  | { readonly kind: 'rate'; readonly metric: RateMetric }
  | { readonly kind: 'error-ratio'; readonly metric: 'errorRatio' };

/** As in budgets files and options: `p95:latencyMs`, `mean:latencyMs`, `goodputPerS`, `errorRatio`. */
export const STATISTIC_PATTERN = /^(?:(?:p(\d+(?:\.\d+)?)|mean):)?(\w+)$/;

const isHistogramMetric = (metric: string): metric is HistogramMetricId =>
  (HISTOGRAM_METRIC_IDS as readonly string[]).includes(metric);
const isRateMetric = (metric: string): metric is RateMetric =>
  (RATE_METRICS as readonly string[]).includes(metric);

/** The statistic that a text names; undefined when it names none. */
export function parseStatistic(text: string): Statistic | undefined {
  const match = STATISTIC_PATTERN.exec(text);
  const metric = match?.[2] ?? '';
  if (text === 'errorRatio') return { kind: 'error-ratio', metric: 'errorRatio' };
  if (isRateMetric(text)) return { kind: 'rate', metric: text };
  if (match === null || !text.includes(':') || !isHistogramMetric(metric)) return undefined;
  if (match[1] === undefined) return { kind: 'mean', metric };
  const percent = Number(match[1]);
  return percent > 0 && percent < 100 ? { kind: 'percentile', metric, percent } : undefined;
}

/** What results are compared by unless asked otherwise; those that a result has not are passed over. */
export const DEFAULT_STATISTICS: readonly string[] = [
  'p50:latencyMs',
  'p95:latencyMs',
  'p50:timeToFirstTokenMs',
  'p95:timeToFirstTokenMs',
  'p50:interTokenLatencyMs',
  'goodputPerS',
  'throughputPerS',
  'errorRatio',
];

/** `p95 turn latency`. */
export function labelOf(statistic: Statistic): string {
  const { label } = METRICS[statistic.metric];
  if (statistic.kind === 'percentile') return `p${statistic.percent} ${label}`;
  return statistic.kind === 'mean' ? `mean ${label}` : label;
}

/** Which way is better, from the table of metrics. */
export const betterOf = (metric: MetricId): 'lower' | 'higher' | 'neither' => METRICS[metric].better;

/** Decoding takes longer than all that is done with a histogram here, and a comparison reads each several times. */
const DECODED = new WeakMap<EncodedHistogram, LatencyHistogram>();

function decodeOnce(encoded: EncodedHistogram): LatencyHistogram {
  const known = DECODED.get(encoded);
  if (known !== undefined) return known;
  const histogram = LatencyHistogram.decode(encoded);
  DECODED.set(encoded, histogram);
  return histogram;
}

/** Steps of one load as one histogram, to be read only. Empty where none has the metric. */
export function mergeHistograms(steps: readonly ResultStep[], metric: HistogramMetricId): LatencyHistogram {
  const [only, ...others] = steps.flatMap((step) => step.histograms[metric] ?? []);
  if (only !== undefined && others.length === 0) return decodeOnce(only);
  const merged = new LatencyHistogram();
  for (const step of steps) {
    const encoded = step.histograms[metric];
    if (encoded !== undefined) merged.add(decodeOnce(encoded));
  }
  return merged;
}

const countedBy: Readonly<Record<RateMetric, (step: ResultStep) => number>> = {
  goodputPerS: (step) => step.goodRequests,
  throughputPerS: (step) => step.counts.completed,
  outputTokensPerS: (step) => step.tokens.output,
};

const sumOf = (steps: readonly ResultStep[], of: (step: ResultStep) => number): number =>
  steps.reduce((sum, step) => sum + of(step), 0);

/** Numerator of a rate over some steps. */
export const countOf = (steps: readonly ResultStep[], metric: RateMetric): number =>
  sumOf(steps, countedBy[metric]);

export const windowSOf = (steps: readonly ResultStep[]): number =>
  sFromMs(sumOf(steps, (step) => step.windowMs));

/** Requests offered, and those of them that did not complete. */
export const errorsOf = (
  steps: readonly ResultStep[],
): { readonly successes: number; readonly samples: number } => {
  const samples = sumOf(steps, ({ counts }) => counts.offered);
  return { successes: samples - sumOf(steps, ({ counts }) => counts.completed), samples };
};

/** The statistic of some steps taken as one; undefined where they do not have it. */
export function readStatistic(statistic: Statistic, steps: readonly ResultStep[]): number | undefined {
  switch (statistic.kind) {
    case 'percentile':
      return mergeHistograms(steps, statistic.metric).percentileMs(statistic.percent);
    case 'mean':
      return mergeHistograms(steps, statistic.metric).meanMs;
    case 'rate':
      if (statistic.metric === 'outputTokensPerS' && countOf(steps, statistic.metric) === 0) return undefined;
      return steps.length === 0 ? undefined : countOf(steps, statistic.metric) / windowSOf(steps);
    case 'error-ratio': {
      const { successes, samples } = errorsOf(steps);
      return samples === 0 ? undefined : successes / samples;
    }
  }
}

/** A rate of nothing, as a rate: half an event, for nothing has no logarithm. */
export const leastPerS = (steps: readonly ResultStep[]): number => 0.5 / windowSOf(steps);

/** The statistic where its logarithm is needed. */
export function readPositive(statistic: Statistic, steps: readonly ResultStep[]): number | undefined {
  const value = readStatistic(statistic, steps);
  return statistic.kind === 'rate' && value === 0 ? leastPerS(steps) : value;
}

/** Why a percentile may not be relied on; undefined where enough samples stand behind it, or none are needed. */
export function withheldReasonOf(statistic: Statistic, steps: readonly ResultStep[]): string | undefined {
  if (statistic.kind !== 'percentile') return undefined;
  const histogram = mergeHistograms(steps, statistic.metric);
  const reading = classifyPercentile(
    statistic.percent,
    histogram.percentileMs(statistic.percent),
    histogram.count,
  );
  return reading.kind === 'withheld'
    ? `p${statistic.percent} rests on ${reading.samples} samples, ${reading.minSamples} certify it`
    : undefined;
}
