import type { HistogramMetricId } from '../../../vocabulary/metrics.ts';
import type { Slo } from '../../../vocabulary/slo.ts';
import type { K6Step } from './plan.ts';

export interface K6Thresholds {
  readonly thresholds: Readonly<Record<string, readonly string[]>>;
  /** Objectives that k6 cannot judge, each with the reason. */
  readonly notes: readonly string[];
}

/** Where the script keeps a metric of ours; the others need the instants of tokens. */
const TRENDS: { readonly [K in HistogramMetricId]?: string } = {
  latencyMs: 'busyhour_latency_ms',
  wireLatencyMs: 'busyhour_wire_latency_ms',
};

function thresholdFrom(slo: Slo, step: K6Step): readonly [metric: string, expression: string] | undefined {
  const tag = `{scenario:${step.id}}`;
  if (slo.kind === 'error-ratio') return [`busyhour_failed${tag}`, `rate<=${slo.limitRatio}`];
  // Without a schedule latency can only count from the send.
  const metric = slo.metric === 'latencyMs' && !step.knowsSchedule ? 'wireLatencyMs' : slo.metric;
  const trend = TRENDS[metric];
  return trend === undefined ? undefined : [`${trend}${tag}`, `p(${slo.percentile})<=${slo.limitMs}`];
}

/** Objectives as k6 thresholds, per step; k6 judges the whole step, warm-up included, by its interpolated percentiles. */
export function thresholdsFrom(slos: readonly Slo[], steps: readonly K6Step[]): K6Thresholds {
  const thresholds: Record<string, string[]> = {};
  const unjudged = new Set<string>();
  for (const step of steps) {
    for (const slo of slos) {
      const threshold = thresholdFrom(slo, step);
      if (threshold === undefined) {
        if (slo.kind === 'latency') unjudged.add(slo.metric);
        continue;
      }
      const [metric, expression] = threshold;
      thresholds[metric] = [...(thresholds[metric] ?? []), expression];
    }
  }
  return {
    thresholds,
    notes: [...unjudged].map((metric) => `no threshold for ${metric}: k6 does not time tokens`),
  };
}
