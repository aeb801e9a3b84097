import { LatencyHistogram } from '../../../vocabulary/histogram.ts';
import type { HistogramMetricId } from '../../../vocabulary/metrics.ts';
import {
  countOutcome,
  emptyOutcomeCounts,
  type OutcomeCounts,
  reasonOf,
} from '../../../vocabulary/outcomes.ts';
import type { ResultStep } from '../../../vocabulary/result-file.ts';
import type { Slo } from '../../../vocabulary/slo.ts';
import { MS_PER_S } from '../../../vocabulary/units.ts';
import { InFlightLog } from '../../observe/in-flight.ts';
import { isWithinObjectives } from '../../observe/request-metrics.ts';
import type { ImportedRequest, ImportedStep, ImportedTotals } from './imported-run.ts';

function countRequests(requests: readonly ImportedRequest[]): OutcomeCounts {
  const counts = emptyOutcomeCounts();
  for (const { outcome, reason } of requests) {
    countOutcome(counts, outcome);
    const ours = reasonOf(outcome);
    if (reason === undefined || ours === undefined) continue;
    const left = (counts.byReason[ours] ?? 0) - 1;
    if (left > 0) counts.byReason[ours] = left;
    else delete counts.byReason[ours];
    counts.byReason[reason] = (counts.byReason[reason] ?? 0) + 1;
  }
  return counts;
}

function recordSpans(requests: readonly ImportedRequest[]): ResultStep['histograms'] {
  const histograms = new Map<HistogramMetricId, LatencyHistogram>();
  const record = (metric: HistogramMetricId, spanMs: number, times: number): void => {
    const histogram = histograms.get(metric) ?? new LatencyHistogram();
    histogram.recordTimes(Math.max(0, spanMs), times);
    histograms.set(metric, histogram);
  };
  for (const { spans, weighed = [], outcome } of requests) {
    if (outcome.state !== 'completed') continue;
    for (const [metric, values] of Object.entries(spans))
      for (const spanMs of values) record(metric as HistogramMetricId, spanMs, 1);
    for (const { metric, spanMs, times } of weighed) if (times > 0) record(metric, spanMs, times);
  }
  return Object.fromEntries([...histograms].map(([metric, histogram]) => [metric, histogram.encode()]));
}

interface Sent {
  readonly sentAtMs: number;
  readonly endedAtMs: number;
  readonly isCompleted: boolean;
}

const sentOf = (requests: readonly ImportedRequest[]): Sent[] =>
  requests.flatMap(({ sentAtMs, endedAtMs, outcome }) =>
    sentAtMs === undefined || endedAtMs === undefined
      ? []
      : [{ sentAtMs, endedAtMs, isCompleted: outcome.state === 'completed' }],
  );

/** Seconds by the instant of the send, since no schedule is known; empty when the tool keeps no instants. */
function timelineOf(sent: readonly Sent[], windowMs: number, startedAtMs: number) {
  const fromMs = sent.reduce((least, { sentAtMs }) => Math.min(least, sentAtMs), Number.POSITIVE_INFINITY);
  const log = new InFlightLog(fromMs, MS_PER_S);
  const seconds = Array.from({ length: Math.ceil(windowMs / MS_PER_S) }, () => ({
    offered: 0,
    completed: 0,
  }));
  for (const { sentAtMs, endedAtMs, isCompleted } of sent) {
    log.add(sentAtMs, endedAtMs);
    const second = seconds[Math.min(seconds.length - 1, Math.floor((sentAtMs - fromMs) / MS_PER_S))];
    if (second === undefined) continue;
    second.offered++;
    if (isCompleted) second.completed++;
  }
  const { maxima, mean } = log.read(fromMs + windowMs);
  const timeline = seconds.map(({ offered, completed }, i) => ({
    atMs: startedAtMs + i * MS_PER_S,
    offered,
    completed,
    unsuccessful: offered - completed,
    maxInFlight: maxima[i] ?? 0,
  }));
  return { timeline, inFlight: { mean, max: maxima.reduce((max, each) => Math.max(max, each), 0) } };
}

const tokensOf = (requests: readonly ImportedRequest[]): ResultStep['tokens'] => {
  const completed = requests.filter(({ outcome }) => outcome.state === 'completed');
  const sum = (of: (request: ImportedRequest) => number | undefined): number =>
    completed.reduce((total, request) => total + Math.round(of(request) ?? 0), 0);
  return {
    input: sum(({ inputTokens }) => inputTokens),
    cachedInput: sum(({ cachedInputTokens }) => cachedInputTokens),
    output: sum(({ outputTokens }) => outputTokens),
    requestsWithUsage: 0,
    requestsCounted: completed.length,
  };
};

/** Little's law for tools that keep no instants: completed × mean latency ÷ window. */
function inFlightByLittle(requests: readonly ImportedRequest[], windowMs: number): ResultStep['inFlight'] {
  const spans = requests.flatMap(({ spans: of }) => of.wireLatencyMs ?? of.wireTimeToLastTokenMs ?? []);
  const mean = spans.reduce((sum, ms) => sum + ms, 0) / windowMs;
  return { mean, max: Math.ceil(mean) };
}

/** What was measured. No tool read here says how its generator fared, so that stays absent. */
type Content = Omit<ResultStep, 'name' | 'load' | 'startedAtMs' | 'warmUpMs' | 'windowMs' | 'generator'>;

function fromRequests(
  step: ImportedStep,
  requests: readonly ImportedRequest[],
  slos: readonly Slo[],
  atMs: number,
): Content {
  const sent = sentOf(requests);
  const seen =
    sent.length < requests.length || sent.length === 0
      ? { timeline: [], inFlight: inFlightByLittle(requests, step.windowMs) }
      : timelineOf(sent, step.windowMs, atMs);
  const completed = requests.filter(({ outcome }) => outcome.state === 'completed');
  return {
    counts: countRequests(requests),
    goodRequests: completed.filter(({ spans }) => isWithinObjectives(spans, slos)).length,
    interactions: {
      started: requests.length,
      completed: completed.length,
      abandoned: requests.length - completed.length,
    },
    histograms: recordSpans(requests),
    tokens: tokensOf(requests),
    ...seen,
  };
}

function fromTotals(totals: ImportedTotals): Content {
  const { completed, failed, meanInFlight, maxInFlight, summaries } = totals;
  return {
    counts: {
      offered: completed + failed,
      completed,
      failed,
      timedOut: 0,
      dropped: 0,
      byReason: failed === 0 ? {} : { 'failed:unreported': failed },
    },
    goodRequests: completed,
    interactions: { started: completed + failed, completed, abandoned: failed },
    inFlight: { mean: meanInFlight, max: maxInFlight },
    histograms: {},
    tokens: {
      input: totals.inputTokens,
      cachedInput: totals.cachedInputTokens ?? 0,
      output: totals.outputTokens,
      requestsWithUsage: 0,
      requestsCounted: completed,
    },
    timeline: [],
    summaries,
  };
}

/** A step of a result from what another tool recorded. Good requests are those within the objectives given. */
export function buildStep(step: ImportedStep, slos: readonly Slo[], runStartedAtUnixMs: number): ResultStep {
  const { name, load, windowMs, content } = step;
  const startedAtMs = Math.max(0, (step.startedAtUnixMs ?? runStartedAtUnixMs) - runStartedAtUnixMs);
  const measured =
    content.kind === 'requests'
      ? fromRequests(step, content.requests, slos, startedAtMs)
      : fromTotals(content.totals);
  return { name, load, startedAtMs, warmUpMs: 0, windowMs, ...measured };
}
