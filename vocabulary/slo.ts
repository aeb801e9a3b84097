import { z } from 'zod';
import { classifyProportion } from './binomial.ts';
import type { LatencyHistogram } from './histogram.ts';
import { HISTOGRAM_METRIC_IDS, type HistogramMetricId, METRICS } from './metrics.ts';
import type { OutcomeCounts } from './outcomes.ts';
import { PERCENT, percentFromRatio, ratioFromPercent } from './units.ts';

/** A target: a percentile of a latency metric below a limit, or the share of requests that do not complete. */
export const sloSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('latency'),
    metric: z.enum(HISTOGRAM_METRIC_IDS as [HistogramMetricId, ...HistogramMetricId[]]),
    percentile: z.number().gt(0).lt(100),
    limitMs: z.number().positive(),
  }),
  z.strictObject({ kind: z.literal('error-ratio'), limitRatio: z.number().min(0).max(1) }),
]);

export type Slo = z.infer<typeof sloSchema>;

export type SloVerdict =
  | { readonly kind: 'met'; readonly slo: Slo; readonly exceedRatio: number; readonly samples: number }
  | { readonly kind: 'missed'; readonly slo: Slo; readonly exceedRatio: number; readonly samples: number }
  | {
      readonly kind: 'not-enough-evidence';
      readonly slo: Slo;
      readonly exceedRatio: number | undefined;
      readonly samples: number;
    };

const SIGNIFICANT_DIGITS = 10;

/** The decimal fraction that arithmetic on doubles just misses: 100 × 0.07 is 7.000000000000001, 1 − 0.9 below 0.1. */
const asWritten = (value: number): number => Number(value.toPrecision(SIGNIFICANT_DIGITS));

/** `p95 turn latency ≤ 2000 ms`, for tables and messages. */
export function formatSlo(slo: Slo): string {
  return slo.kind === 'latency'
    ? `p${slo.percentile} ${METRICS[slo.metric].label} ≤ ${slo.limitMs} ms`
    : `errors ≤ ${asWritten(percentFromRatio(slo.limitRatio))} %`;
}

export interface SloEvidence {
  readonly counts: OutcomeCounts;
  readonly histogramOf: (metric: HistogramMetricId) => LatencyHistogram | undefined;
}

/** Share of requests that may lie past the limit: of p90 exactly a tenth, so that 10 of 100 are within. */
export const allowedRatioOf = (slo: Slo): number =>
  slo.kind === 'latency' ? asWritten(ratioFromPercent(PERCENT - slo.percentile)) : slo.limitRatio;

interface Exceedance {
  readonly exceeding: number;
  readonly samples: number;
  readonly allowedRatio: number;
}

/** For latency, timed-out and dropped requests exceed any limit; failed ones are judged by the error-ratio objective. */
function exceedanceOf(slo: Slo, evidence: SloEvidence): Exceedance {
  const { counts } = evidence;
  if (slo.kind === 'error-ratio') {
    return {
      exceeding: counts.offered - counts.completed,
      samples: counts.offered,
      allowedRatio: allowedRatioOf(slo),
    };
  }
  const histogram = evidence.histogramOf(slo.metric);
  const unfinished = counts.timedOut + counts.dropped;
  return {
    exceeding: (histogram?.countAbove(slo.limitMs) ?? 0) + unfinished,
    samples: (histogram?.count ?? 0) + unfinished,
    allowedRatio: allowedRatioOf(slo),
  };
}

const CONFIDENCE = 0.95;

/**
 * Verdict at 95 % confidence: the share of requests past the limit is held against the share allowed, with an exact
 * (Clopper–Pearson) interval. Met when its upper end is within, missed when its lower end is beyond.
 */
export function evaluateSlo(slo: Slo, evidence: SloEvidence): SloVerdict {
  const { exceeding, samples, allowedRatio } = exceedanceOf(slo, evidence);
  if (samples === 0) return { kind: 'not-enough-evidence', slo, exceedRatio: undefined, samples };
  const exceedRatio = exceeding / samples;
  const place = classifyProportion(exceeding, samples, allowedRatio, CONFIDENCE);
  if (place === 'within') return { kind: 'met', slo, exceedRatio, samples };
  if (place === 'beyond') return { kind: 'missed', slo, exceedRatio, samples };
  return { kind: 'not-enough-evidence', slo, exceedRatio, samples };
}
