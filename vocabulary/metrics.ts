/** The one definition of every metric. Reports, result files, SLO checks, Prometheus and docs read this table. */
export type MetricUnit =
  | 'ms'
  | 'per-s'
  | 'requests'
  | 'tokens'
  | 'tokens-per-s'
  | 'ratio'
  | 'usd'
  | 'bytes'
  | 'erlangs';
export type MetricAggregate = 'histogram' | 'sum' | 'time-average' | 'maximum' | 'derived';

interface MetricRow {
  readonly label: string;
  readonly unit: MetricUnit;
  readonly better: 'lower' | 'higher' | 'neither';
  readonly aggregate: MetricAggregate;
  readonly formula: string;
}

export const METRICS = {
  latencyMs: {
    label: 'turn latency',
    unit: 'ms',
    better: 'lower',
    aggregate: 'histogram',
    formula: 'last byte − scheduled instant, completed requests',
  },
  wireLatencyMs: {
    label: 'wire latency',
    unit: 'ms',
    better: 'lower',
    aggregate: 'histogram',
    formula: 'last byte − actual send, completed requests',
  },
  timeToFirstTokenMs: {
    label: 'time to first token',
    unit: 'ms',
    better: 'lower',
    aggregate: 'histogram',
    formula: 'first content chunk − scheduled instant, completed streaming requests',
  },
  wireTimeToFirstTokenMs: {
    label: 'wire time to first token',
    unit: 'ms',
    better: 'lower',
    aggregate: 'histogram',
    formula: 'first content chunk − actual send, completed streaming requests',
  },
  timePerOutputTokenMs: {
    label: 'time per output token',
    unit: 'ms',
    better: 'lower',
    aggregate: 'histogram',
    formula:
      '(last content chunk − first content chunk) ÷ (output tokens − 1), requests with at least 2 output tokens',
  },
  interTokenLatencyMs: {
    label: 'inter-token latency',
    unit: 'ms',
    better: 'lower',
    aggregate: 'histogram',
    formula: 'pooled gaps between content chunks of requests whose chunks carry one token each',
  },
  interChunkGapMs: {
    label: 'inter-chunk gap',
    unit: 'ms',
    better: 'lower',
    aggregate: 'histogram',
    formula: 'pooled gaps between content chunks of all completed streaming requests',
  },
  wireTimeToLastTokenMs: {
    label: 'wire time to last token',
    unit: 'ms',
    better: 'lower',
    aggregate: 'histogram',
    formula: 'last content chunk − actual send, completed streaming requests',
  },
  wireTimePerTokenByTokenMs: {
    label: 'wire time per token, by token',
    unit: 'ms',
    better: 'lower',
    aggregate: 'histogram',
    formula:
      '(last content chunk − actual send) ÷ output tokens, each request counted once per output token (TPOT of GuideLLM)',
  },
  timePerOutputTokenByGapMs: {
    label: 'time per output token, by gap',
    unit: 'ms',
    better: 'lower',
    aggregate: 'histogram',
    formula:
      '(last content chunk − first content chunk) ÷ (output tokens − 1), each request counted output tokens − 1 times (ITL of GuideLLM)',
  },
  scheduleSlipMs: {
    label: 'schedule slip',
    unit: 'ms',
    better: 'lower',
    aggregate: 'histogram',
    formula: 'actual send − scheduled instant, requests sent',
  },
  queueWaitMs: {
    label: 'server queue wait',
    unit: 'ms',
    better: 'lower',
    aggregate: 'histogram',
    formula: 'waiting time before admission as the server reports it',
  },
  offeredPerS: {
    label: 'offered rate',
    unit: 'per-s',
    better: 'neither',
    aggregate: 'derived',
    formula: 'offered requests ÷ window',
  },
  throughputPerS: {
    label: 'throughput',
    unit: 'per-s',
    better: 'higher',
    aggregate: 'derived',
    formula: 'completed requests ÷ window',
  },
  goodputPerS: {
    label: 'goodput',
    unit: 'per-s',
    better: 'higher',
    aggregate: 'derived',
    formula: 'completed requests within every latency objective ÷ window',
  },
  capacityTurnsPerS: {
    label: 'capacity',
    unit: 'per-s',
    better: 'higher',
    aggregate: 'derived',
    formula:
      'largest offered rate of turns at which every objective is met, below every rate at which one is not',
  },
  errorRatio: {
    label: 'error ratio',
    unit: 'ratio',
    better: 'lower',
    aggregate: 'derived',
    formula: '(failed + timed-out + dropped) ÷ offered',
  },
  inFlightRequests: {
    label: 'requests in flight',
    unit: 'requests',
    better: 'neither',
    aggregate: 'time-average',
    formula: '∫ requests sent and not ended dt ÷ window',
  },
  outputTokensPerS: {
    label: 'output tokens/s',
    unit: 'tokens-per-s',
    better: 'higher',
    aggregate: 'derived',
    formula: 'output tokens of completed requests ÷ window',
  },
  inputTokens: {
    label: 'input tokens',
    unit: 'tokens',
    better: 'neither',
    aggregate: 'sum',
    formula: 'prompt tokens, server usage',
  },
  cachedInputTokens: {
    label: 'cached input tokens',
    unit: 'tokens',
    better: 'neither',
    aggregate: 'sum',
    formula: 'prompt tokens served from a prefix cache, server usage',
  },
  outputTokens: {
    label: 'output tokens',
    unit: 'tokens',
    better: 'neither',
    aggregate: 'sum',
    formula: 'completion tokens, server usage, else chunks counted',
  },
} as const satisfies Record<string, MetricRow>;

export type MetricId = keyof typeof METRICS;
export const METRIC_IDS = Object.keys(METRICS) as readonly MetricId[];

type HistogramRow<K extends MetricId> = (typeof METRICS)[K]['aggregate'] extends 'histogram' ? K : never;
export type HistogramMetricId = { [K in MetricId]: HistogramRow<K> }[MetricId];
export const HISTOGRAM_METRIC_IDS = METRIC_IDS.filter(
  (id): id is HistogramMetricId => METRICS[id].aggregate === 'histogram',
);
