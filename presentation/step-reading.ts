import { failed, ok, type Result } from '../vocabulary/errors.ts';
import { LatencyHistogram } from '../vocabulary/histogram.ts';
import { HISTOGRAM_METRIC_IDS, type HistogramMetricId } from '../vocabulary/metrics.ts';
import { computeErrorRatio } from '../vocabulary/outcomes.ts';
import { classifyPercentile, type PercentileReading } from '../vocabulary/percentiles.ts';
import type { ResultFile, ResultStep, StepLoad } from '../vocabulary/result-file.ts';
import { evaluateSlo, type Slo, type SloVerdict } from '../vocabulary/slo.ts';
import { sFromMs } from '../vocabulary/units.ts';

/** Verdict over every objective of a step: missed when any is, met when all are. */
export type StepVerdict = SloVerdict['kind'] | 'no-objective';

/** What one step says, computed on reading from its counts and histograms. Rates divide by the measured window. */
export interface StepReading {
  readonly step: ResultStep;
  /** Requests per second that the load asked for; undefined in a closed loop, which asks for none. */
  readonly askedPerS: number | undefined;
  readonly offeredPerS: number;
  readonly throughputPerS: number;
  readonly goodputPerS: number;
  /** Undefined when nothing was offered. */
  readonly errorRatio: number | undefined;
  readonly outputTokensPerS: number;
  readonly histograms: ReadonlyMap<HistogramMetricId, LatencyHistogram>;
  readonly verdicts: readonly SloVerdict[];
  readonly verdict: StepVerdict;
}

/** A result with every step read. */
export interface ResultReading {
  readonly result: ResultFile;
  readonly steps: readonly StepReading[];
}

/** The rate a load asks for, in requests (turns) per second. */
export function askedPerSFromLoad(load: StepLoad): number | undefined {
  switch (load.kind) {
    case 'open':
      return load.turnsPerS;
    case 'trace':
      return load.meanRequestsPerS;
    case 'closed':
      return undefined;
  }
}

function overallVerdict(verdicts: readonly SloVerdict[]): StepVerdict {
  if (verdicts.length === 0) return 'no-objective';
  const kinds = new Set(verdicts.map((verdict) => verdict.kind));
  if (kinds.has('missed')) return 'missed';
  return kinds.has('not-enough-evidence') ? 'not-enough-evidence' : 'met';
}

function decodeHistograms(step: ResultStep): Map<HistogramMetricId, LatencyHistogram> {
  const decoded = new Map<HistogramMetricId, LatencyHistogram>();
  for (const metric of HISTOGRAM_METRIC_IDS) {
    const encoded = step.histograms[metric];
    if (encoded !== undefined) decoded.set(metric, LatencyHistogram.decode(encoded));
  }
  return decoded;
}

function readStep(step: ResultStep, slos: readonly Slo[]): StepReading {
  const histograms = decodeHistograms(step);
  const windowS = sFromMs(step.windowMs);
  const evidence = {
    counts: step.counts,
    histogramOf: (metric: HistogramMetricId) => histograms.get(metric),
  };
  const verdicts = slos.map((slo) => evaluateSlo(slo, evidence));
  return {
    step,
    askedPerS: askedPerSFromLoad(step.load),
    offeredPerS: step.counts.offered / windowS,
    throughputPerS: step.counts.completed / windowS,
    goodputPerS: step.goodRequests / windowS,
    errorRatio: computeErrorRatio(step.counts),
    outputTokensPerS: step.tokens.output / windowS,
    histograms,
    verdicts,
    verdict: overallVerdict(verdicts),
  };
}

/** Every step of a result, decoded once. A histogram that cannot be decoded is INVALID_RESULT_FILE. */
export function readResult(result: ResultFile): Result<ResultReading> {
  const steps: StepReading[] = [];
  for (const [index, step] of result.steps.entries()) {
    try {
      steps.push(readStep(step, result.slos));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const issue = {
        path: `steps[${index}].histograms`,
        expected: 'HdrHistogram V2 compressed base64',
        got: reason,
        fix: 'restore the file, or run the bench again',
      };
      return failed('INVALID_RESULT_FILE', `result ${result.runId} holds a damaged histogram`, {
        issues: [issue],
        cause,
      });
    }
  }
  return ok({ result, steps });
}

/** A percentile of a metric in ms, with whether enough samples stand behind it. */
export function readPercentile(
  reading: StepReading,
  metric: HistogramMetricId,
  percent: number,
): PercentileReading {
  const histogram = reading.histograms.get(metric);
  return classifyPercentile(percent, histogram?.percentileMs(percent), histogram?.count ?? 0);
}

/** The most wanted metric that every step has where anything completed; else the most wanted that one has. */
function bestObserved(
  readings: readonly StepReading[],
  wanted: readonly [HistogramMetricId, ...HistogramMetricId[]],
): HistogramMetricId {
  const answered = readings.filter(({ step }) => step.counts.completed > 0);
  const has = (metric: HistogramMetricId) => (reading: StepReading) =>
    (reading.histograms.get(metric)?.count ?? 0) > 0;
  return (
    wanted.find((metric) => answered.length > 0 && answered.every(has(metric))) ??
    wanted.find((metric) => answered.some(has(metric))) ??
    wanted[0]
  );
}

/** Turn latency; of a tool that keeps no schedule the latency from the actual send, to the last byte or the last token. */
export const latencyMetric = (readings: readonly StepReading[]): HistogramMetricId =>
  bestObserved(readings, ['latencyMs', 'wireLatencyMs', 'wireTimeToLastTokenMs']);

/** Time to first token; of a tool that keeps no schedule the one from the actual send. */
export const firstTokenMetric = (readings: readonly StepReading[]): HistogramMetricId =>
  bestObserved(readings, ['timeToFirstTokenMs', 'wireTimeToFirstTokenMs']);

/** Inter-token latency where chunks carry one token each, else the gap between chunks; undefined without a stream. */
export const streamGapMetric = (readings: readonly StepReading[]): HistogramMetricId | undefined =>
  (['interTokenLatencyMs', 'interChunkGapMs'] as const).find((metric) =>
    readings.some((reading) => (reading.histograms.get(metric)?.count ?? 0) > 0),
  );

const VERDICT_WORDS = {
  met: 'met',
  missed: 'missed',
  'not-enough-evidence': 'not enough evidence',
  'no-objective': 'no objective',
} as const satisfies Record<StepVerdict, string>;

/** A verdict in words. */
export const formatVerdict = (verdict: StepVerdict): string => VERDICT_WORDS[verdict];

/** `12.5 turns/s`, `8 at once`, `40 requests/s (trace × 2)`. */
export function formatLoad(load: StepLoad, formatRate: (perS: number) => string): string {
  switch (load.kind) {
    case 'open':
      return `${formatRate(load.turnsPerS)} turns/s`;
    case 'closed':
      return `${load.concurrency} at once`;
    case 'trace':
      return `${formatRate(load.meanRequestsPerS)} requests/s (trace × ${formatRate(load.speedUp)})`;
  }
}
