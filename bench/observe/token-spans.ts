import type { HistogramMetricId } from '../../vocabulary/metrics.ts';
import type { Exchange } from '../drive/driver.ts';

/** A span that is counted `times` times, because another tool weighs requests by their tokens. */
export interface TokenSpan {
  readonly metric: HistogramMetricId;
  readonly spanMs: number;
  readonly times: number;
}

/**
 * What vLLM, GuideLLM and AIPerf need beside our own spans to be recomputed (docs/reports.md): their requests end with
 * the last content chunk, and GuideLLM weighs its per-request means by tokens. Empty without a stream.
 */
export function computeTokenSpans({ chunksAtMs, sentAtMs, usage }: Exchange): readonly TokenSpan[] {
  const [firstAtMs] = chunksAtMs;
  const lastAtMs = chunksAtMs.at(-1);
  if (firstAtMs === undefined || lastAtMs === undefined) return [];
  const outputTokens = usage?.outputTokens ?? chunksAtMs.length;
  const wireMs = Math.max(0, lastAtMs - sentAtMs);
  const spans: TokenSpan[] = [{ metric: 'wireTimeToLastTokenMs', spanMs: wireMs, times: 1 }];
  if (outputTokens < 1) return spans;
  spans.push({ metric: 'wireTimePerTokenByTokenMs', spanMs: wireMs / outputTokens, times: outputTokens });
  if (outputTokens < 2) return spans;
  const gapMs = Math.max(0, lastAtMs - firstAtMs) / (outputTokens - 1);
  spans.push({ metric: 'timePerOutputTokenByGapMs', spanMs: gapMs, times: outputTokens - 1 });
  return spans;
}
