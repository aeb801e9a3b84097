import type { HistogramMetricId } from '../../vocabulary/metrics.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import type { Exchange } from '../drive/driver.ts';

/** Spans of one request in ms, by the definitions of vocabulary/metrics.ts. A pooled metric has several. */
export type RequestSpans = { readonly [K in HistogramMetricId]?: readonly number[] };

function gapsOf(instants: readonly number[]): number[] {
  return instants.slice(1).map((atMs, i) => atMs - (instants[i] ?? atMs));
}

function streamSpans(exchange: Exchange, scheduledAtMs: number): RequestSpans {
  const { chunksAtMs, usage } = exchange;
  const [firstAtMs] = chunksAtMs;
  const lastAtMs = chunksAtMs.at(-1);
  if (firstAtMs === undefined || lastAtMs === undefined) return {};
  const gapsMs = gapsOf(chunksAtMs);
  const outputTokens = usage?.outputTokens ?? chunksAtMs.length;
  const isOneTokenPerChunk = usage?.outputTokens === chunksAtMs.length;
  return {
    timeToFirstTokenMs: [firstAtMs - scheduledAtMs],
    wireTimeToFirstTokenMs: [firstAtMs - exchange.sentAtMs],
    interChunkGapMs: gapsMs,
    ...(outputTokens >= 2 ? { timePerOutputTokenMs: [(lastAtMs - firstAtMs) / (outputTokens - 1)] } : {}),
    ...(isOneTokenPerChunk ? { interTokenLatencyMs: gapsMs } : {}),
  };
}

/** All spans of a completed request. Schedule slip is not among them: it exists for every request sent. */
export function computeRequestSpans(exchange: Exchange, scheduledAtMs: number): RequestSpans {
  return {
    latencyMs: [exchange.endedAtMs - scheduledAtMs],
    wireLatencyMs: [exchange.endedAtMs - exchange.sentAtMs],
    ...(exchange.queueWaitMs === undefined ? {} : { queueWaitMs: [exchange.queueWaitMs] }),
    ...streamSpans(exchange, scheduledAtMs),
  };
}

/** Whether every span of a completed request is within every latency objective that speaks of it. */
export const isWithinObjectives = (spans: RequestSpans, slos: readonly Slo[]): boolean =>
  slos.every(
    (slo) => slo.kind !== 'latency' || (spans[slo.metric] ?? []).every((spanMs) => spanMs <= slo.limitMs),
  );
