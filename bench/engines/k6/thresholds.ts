import type { Protocol } from '../../../scenarios/scenario.ts';
import type { HistogramMetricId } from '../../../vocabulary/metrics.ts';
import type { Slo } from '../../../vocabulary/slo.ts';
import { partsOf } from './body/protocol-parts.ts';
import type { K6Step } from './plan.ts';

export interface K6Thresholds {
  readonly thresholds: Readonly<Record<string, readonly string[]>>;
  /** Spans of tokens that an objective asks for, with the trend that keeps each. */
  readonly tokenTrends: readonly (readonly [span: HistogramMetricId, trend: string])[];
  /** Objectives that k6 cannot judge, each with the reason. */
  readonly notes: readonly string[];
}

type Trends = { readonly [K in HistogramMetricId]?: string };

/** Where the script keeps a metric of ours. */
const TRENDS: Trends = {
  latencyMs: 'busyhour_latency_ms',
  wireLatencyMs: 'busyhour_wire_latency_ms',
};

/** What it keeps besides where it sees tokens, one span per answer. */
const TOKEN_TRENDS: Trends = {
  timeToFirstTokenMs: 'busyhour_time_to_first_token_ms',
  wireTimeToFirstTokenMs: 'busyhour_wire_time_to_first_token_ms',
  timePerOutputTokenMs: 'busyhour_time_per_output_token_ms',
};

/** What counts from the send where nobody knows when the turn was due. */
const FROM_SEND: { readonly [K in HistogramMetricId]?: HistogramMetricId } = {
  latencyMs: 'wireLatencyMs',
  timeToFirstTokenMs: 'wireTimeToFirstTokenMs',
};

interface Judged {
  readonly metric: string;
  readonly expression: string;
  readonly span?: HistogramMetricId;
}

function thresholdFrom(slo: Slo, step: K6Step, trends: Trends): Judged | undefined {
  const tag = `{scenario:${step.id}}`;
  if (slo.kind === 'error-ratio')
    return { metric: `busyhour_failed${tag}`, expression: `rate<=${slo.limitRatio}` };
  const span = (step.knowsSchedule ? undefined : FROM_SEND[slo.metric]) ?? slo.metric;
  const trend = trends[span];
  return trend === undefined
    ? undefined
    : { metric: `${trend}${tag}`, expression: `p(${slo.percentile})<=${slo.limitMs}`, span };
}

const judgements = (slos: readonly Slo[], steps: readonly K6Step[], trends: Trends) =>
  steps.flatMap((step) => slos.map((slo) => ({ slo, judged: thresholdFrom(slo, step, trends) })));

const whyNot = (timesTokens: boolean): string =>
  timesTokens ? 'the script keeps one span per answer; busyhour k6 import has it' : 'k6 does not time tokens';

/** Objectives as k6 thresholds, per step; k6 judges the whole step, warm-up included, by its interpolated percentiles. */
export function thresholdsFrom(
  slos: readonly Slo[],
  steps: readonly K6Step[],
  protocol: Protocol,
): K6Thresholds {
  const { timesTokens } = partsOf(protocol);
  const trends: Trends = timesTokens ? { ...TRENDS, ...TOKEN_TRENDS } : TRENDS;
  const thresholds: Record<string, string[]> = {};
  const kept = new Map<HistogramMetricId, string>();
  const unjudged = new Set<string>();
  for (const { slo, judged } of judgements(slos, steps, trends)) {
    if (judged === undefined) {
      if (slo.kind === 'latency') unjudged.add(slo.metric);
      continue;
    }
    const { metric, expression, span } = judged;
    thresholds[metric] = [...(thresholds[metric] ?? []), expression];
    const trend = span === undefined ? undefined : TOKEN_TRENDS[span];
    if (span !== undefined && trend !== undefined) kept.set(span, trend);
  }
  return {
    thresholds,
    tokenTrends: [...kept],
    notes: [...unjudged].map((metric) => `no threshold for ${metric}: ${whyNot(timesTokens)}`),
  };
}
