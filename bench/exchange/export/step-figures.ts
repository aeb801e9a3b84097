import type { LatencyHistogram } from '../../../vocabulary/histogram.ts';
import type { HistogramMetricId } from '../../../vocabulary/metrics.ts';
import { HISTOGRAM_METRIC_IDS } from '../../../vocabulary/metrics.ts';
import type { ResultFile, ResultStep } from '../../../vocabulary/result-file.ts';
import { sFromMs } from '../../../vocabulary/units.ts';
import {
  computeGoodputPerS,
  computeOfferedPerS,
  computeThroughputPerS,
  histogramOf,
} from '../../judge/read-step.ts';

/** A number of a step under the names of Prometheus and OpenTelemetry: base units, words joined by underscores. */
export interface Figure {
  readonly name: string;
  readonly help: string;
  readonly kind: 'gauge' | 'counter';
  /** A UCUM unit, as OpenTelemetry writes them. */
  readonly unit: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A histogram of a step. */
export interface Distribution {
  readonly name: string;
  readonly metric: HistogramMetricId;
  readonly histogram: LatencyHistogram;
}

/** A step with the labels that tell it from others, and when it ended. */
export interface StepFigures {
  readonly labels: Readonly<Record<string, string>>;
  readonly windowFromUnixMs: number;
  readonly windowToUnixMs: number;
  readonly figures: readonly Figure[];
  readonly distributions: readonly Distribution[];
}

/** `timeToFirstTokenMs` as `busyhour_time_to_first_token_seconds`. */
export const secondsNameOf = (metric: HistogramMetricId): string =>
  `busyhour_${metric.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_seconds`;

const labelsOf = (result: ResultFile, step: ResultStep): Record<string, string> => ({
  run: result.runId,
  scenario: String(result.scenario.name ?? 'unknown'),
  target: result.target.name,
  simulated: String(result.target.simulated),
  step: step.name,
  ...(step.variant === undefined ? {} : { variant: step.variant }),
});

type Row = readonly [name: string, unit: string, help: string, value: (step: ResultStep) => number];

const GAUGES: readonly Row[] = [
  ['busyhour_window_seconds', 's', 'measured window', (step) => sFromMs(step.windowMs)],
  ['busyhour_offered_requests_per_second', '{request}/s', 'offered requests ÷ window', computeOfferedPerS],
  ['busyhour_throughput_requests_per_second', '{request}/s', 'completed ÷ window', computeThroughputPerS],
  [
    'busyhour_goodput_requests_per_second',
    '{request}/s',
    'completed within every objective ÷ window',
    computeGoodputPerS,
  ],
  [
    'busyhour_output_tokens_per_second',
    '{token}/s',
    'output tokens of completed requests ÷ window',
    (step) => step.tokens.output / sFromMs(step.windowMs),
  ],
  [
    'busyhour_in_flight_requests',
    '{request}',
    'time average of requests in flight',
    (step) => step.inFlight.mean,
  ],
  ['busyhour_in_flight_requests_max', '{request}', 'largest number in flight', (step) => step.inFlight.max],
];

function gaugesOf(step: ResultStep, labels: Figure['labels']): Figure[] {
  return GAUGES.map(([name, unit, help, read]) => ({
    name,
    unit,
    help,
    kind: 'gauge',
    labels,
    value: read(step),
  }));
}

function countersOf(step: ResultStep, labels: Figure['labels']): Figure[] {
  const { completed, failed, timedOut, dropped, byReason } = step.counts;
  const { input, cachedInput, output } = step.tokens;
  const counter =
    (name: string, unit: string, help: string) => (label: string, values: Record<string, number>) =>
      Object.entries(values).map(
        ([key, value]): Figure => ({
          name,
          unit,
          help,
          kind: 'counter',
          labels: { ...labels, [label]: key },
          value,
        }),
      );
  return [
    ...counter(
      'busyhour_requests_total',
      '{request}',
      'requests of the window, by outcome',
    )('outcome', {
      completed,
      failed,
      'timed-out': timedOut,
      dropped,
    }),
    ...counter(
      'busyhour_unsuccessful_requests_total',
      '{request}',
      'requests that did not complete, by reason',
    )('reason', byReason),
    ...counter(
      'busyhour_tokens_total',
      '{token}',
      'tokens of completed requests, by kind',
    )('kind', {
      input,
      'cached-input': cachedInput,
      output,
    }),
  ];
}

/** Every figure and histogram of a result, step by step. */
export function readFigures(result: ResultFile): StepFigures[] {
  return result.steps.map((step) => {
    const labels = labelsOf(result, step);
    const windowFromUnixMs = result.startedAtUnixMs + step.startedAtMs + step.warmUpMs;
    return {
      labels,
      windowFromUnixMs,
      windowToUnixMs: windowFromUnixMs + step.windowMs,
      figures: [...gaugesOf(step, labels), ...countersOf(step, labels)],
      distributions: HISTOGRAM_METRIC_IDS.flatMap((metric) => {
        const histogram = histogramOf(step, metric);
        return histogram === undefined ? [] : [{ name: secondsNameOf(metric), metric, histogram }];
      }),
    };
  });
}

/** Upper bounds of buckets in seconds: 1, 2.5 and 5 of every power of ten from 100 µs to 500 s. */
export const BUCKET_BOUNDS_S: readonly number[] = [-4, -3, -2, -1, 0, 1, 2].flatMap((power) =>
  [1, 2.5, 5].map((step) => Number(`${step}e${power}`)),
);
