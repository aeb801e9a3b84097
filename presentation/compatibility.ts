import type { LatencyHistogram } from '../vocabulary/histogram.ts';
import type { HistogramMetricId } from '../vocabulary/metrics.ts';
import { classifyPercentile, type PercentileReading } from '../vocabulary/percentiles.ts';
import type { StepReading } from './step-reading.ts';

/** Tools whose definitions a run is also read in, in the order of the columns. */
export const FOREIGN_TOOLS = ['vLLM', 'GuideLLM', 'AIPerf'] as const;
/** One of FOREIGN_TOOLS. */
export type ForeignTool = (typeof FOREIGN_TOOLS)[number];

/** Names that several tools print and mean different things by, with our own metric of that name. */
export const SHARED_NAMES = {
  TTFT: 'timeToFirstTokenMs',
  TPOT: 'timePerOutputTokenMs',
  ITL: 'interTokenLatencyMs',
  'inter-chunk latency': 'interChunkGapMs',
  'request latency': 'latencyMs',
} as const satisfies Record<string, HistogramMetricId>;
/** A figure that several tools print under one name. */
export type SharedName = keyof typeof SHARED_NAMES;

/** How another tool defines one of the names, and where it says so. */
export interface ForeignDefinition {
  readonly tool: ForeignTool;
  readonly name: SharedName;
  readonly metric: HistogramMetricId;
  /** `linear` interpolates between neighbouring ranks at (n − 1) × p as numpy does; `nearest` gives observed values. */
  readonly rank: 'linear' | 'nearest';
  /** Whose count certifies a percentile where the metric counts tokens: requests are independent, their tokens are not. */
  readonly samplesOf?: HistogramMetricId;
  readonly definition: string;
  readonly source: string;
}

const VLLM =
  'vllm bench serve, vllm/benchmarks/lib/endpoint_request_func.py and calculate_metrics in vllm/benchmarks/serve.py (2026)';
const GUIDELLM =
  'guidellm/schemas/request_stats.py, guidellm/benchmark/schemas/metrics.py and guidellm/schemas/statistics.py (2026)';
const AIPERF = 'docs.nvidia.com/aiperf, metrics reference, and aiperf/metrics/types/*_metric.py (2026)';

const fromSend = { metric: 'wireTimeToFirstTokenMs', definition: 'first chunk with content − send' } as const;
const toLastChunk = {
  metric: 'wireTimeToLastTokenMs',
  definition: 'last chunk with content − send',
} as const;
const vllm = { tool: 'vLLM', rank: 'linear', source: VLLM } as const;
const guidellm = { tool: 'GuideLLM', rank: 'nearest', source: GUIDELLM } as const;
const aiperf = { tool: 'AIPerf', rank: 'linear', source: AIPERF } as const;

/** Every definition that is given, with the formula that a test recomputes from raw instants. */
export const FOREIGN_DEFINITIONS: readonly ForeignDefinition[] = [
  { ...vllm, name: 'TTFT', ...fromSend },
  { ...guidellm, name: 'TTFT', ...fromSend },
  { ...aiperf, name: 'TTFT', ...fromSend },
  {
    ...vllm,
    name: 'TPOT',
    metric: 'timePerOutputTokenMs',
    definition: '(last chunk − first chunk) ÷ (output tokens − 1), one value per request',
  },
  {
    ...guidellm,
    name: 'TPOT',
    metric: 'wireTimePerTokenByTokenMs',
    samplesOf: 'wireTimeToLastTokenMs',
    definition:
      '(last chunk − send) ÷ output tokens, so with the first token; requests weighted by output tokens',
  },
  {
    ...vllm,
    name: 'ITL',
    metric: 'interChunkGapMs',
    definition: 'gaps between chunks of all requests pooled, however many tokens a chunk carries',
  },
  {
    ...guidellm,
    name: 'ITL',
    metric: 'timePerOutputTokenByGapMs',
    samplesOf: 'timePerOutputTokenMs',
    definition: '(last chunk − first chunk) ÷ (output tokens − 1); requests weighted by output tokens − 1',
  },
  {
    ...aiperf,
    name: 'ITL',
    metric: 'timePerOutputTokenMs',
    definition: '(request latency − TTFT) ÷ (output tokens − 1), one value per request',
  },
  {
    ...aiperf,
    name: 'inter-chunk latency',
    metric: 'interChunkGapMs',
    definition: 'gaps between chunks of all requests pooled',
  },
  { ...vllm, name: 'request latency', ...toLastChunk },
  {
    ...guidellm,
    name: 'request latency',
    metric: 'wireLatencyMs',
    definition: 'end of the response − send; GuideLLM prints it in seconds',
  },
  { ...aiperf, name: 'request latency', ...toLastChunk },
];

/** The value at a rank, 1 the smallest; half a rank below names it whatever way the product is rounded. */
const valueAtRank = (histogram: LatencyHistogram, rank: number): number | undefined =>
  histogram.percentileMs((100 * (rank - 0.5)) / histogram.count);

/**
 * Percentile by linear interpolation at (n − 1) × p, numpy's default (R. J. Hyndman & Y. Fan, The American Statistician
 * 50(4), 1996, type 7), to the histogram's resolution. Undefined when empty.
 */
export function computeLinearPercentile(histogram: LatencyHistogram, percent: number): number | undefined {
  if (histogram.count === 0) return undefined;
  const at = ((histogram.count - 1) * percent) / 100;
  const below = Math.floor(at);
  const low = valueAtRank(histogram, below + 1);
  const high = valueAtRank(histogram, Math.min(histogram.count, below + 2));
  return low === undefined || high === undefined ? undefined : low + (high - low) * (at - below);
}

/** A percentile by another tool's definition, withheld by our rule where too few requests stand behind it. */
export function readForeignPercentile(
  { histograms }: StepReading,
  { metric, rank, samplesOf = metric }: ForeignDefinition,
  percent: number,
): PercentileReading {
  const histogram = histograms.get(metric);
  const value =
    rank === 'linear' && histogram !== undefined
      ? computeLinearPercentile(histogram, percent)
      : histogram?.percentileMs(percent);
  return classifyPercentile(percent, value, histograms.get(samplesOf)?.count ?? 0);
}

/** The mean by another tool's definition in ms; undefined where nothing was observed. */
export const readForeignMeanMs = (
  { histograms }: StepReading,
  { metric }: ForeignDefinition,
): number | undefined => histograms.get(metric)?.meanMs;
