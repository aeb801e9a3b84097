import { SERVER_GAUGES, SERVER_HISTOGRAMS } from '../../vocabulary/server-metrics.ts';

/** A stage or gauge of a result, and the Prometheus name that it is read from. */
export type MetricSource = readonly [key: string, metric: string];

/**
 * Histograms in seconds that other inference servers export, by what they mean here. Sources: vLLM's documentation of
 * production metrics, text-generation-inference's metrics page, SGLang's production metrics page.
 */
const FOREIGN_STAGES: readonly MetricSource[] = [
  ['engine.queue', 'vllm:request_queue_time_seconds'],
  ['engine.prefill', 'vllm:request_prefill_time_seconds'],
  ['engine.decode', 'vllm:request_decode_time_seconds'],
  ['engine.first-token', 'vllm:time_to_first_token_seconds'],
  ['engine.total', 'vllm:e2e_request_latency_seconds'],
  ['engine.queue', 'tgi_request_queue_duration'],
  ['engine.inference', 'tgi_request_inference_duration'],
  ['engine.total', 'tgi_request_duration'],
  ['engine.queue', 'sglang:queue_time_seconds'],
  ['engine.first-token', 'sglang:time_to_first_token_seconds'],
  ['engine.total', 'sglang:e2e_request_latency_seconds'],
];

/** The same for gauges. `engine.kvUsageRatio` is the share of the key-value cache in use, 0 to 1. */
const FOREIGN_GAUGES: readonly MetricSource[] = [
  ['engine.running', 'vllm:num_requests_running'],
  ['engine.waiting', 'vllm:num_requests_waiting'],
  ['engine.kvUsageRatio', 'vllm:kv_cache_usage_perc'],
  ['engine.kvUsageRatio', 'vllm:gpu_cache_usage_perc'],
  ['engine.running', 'tgi_batch_current_size'],
  ['engine.waiting', 'tgi_queue_size'],
  ['engine.running', 'sglang:num_running_reqs'],
  ['engine.waiting', 'sglang:num_queue_reqs'],
  ['engine.kvTokens', 'sglang:num_used_tokens'],
  ['engine.kvCapacityTokens', 'sglang:max_total_num_tokens'],
  ['engine.kvUsageRatio', 'sglang:token_usage'],
];

/** Every histogram that is read, this project's own first. */
export const STAGE_SOURCES: readonly MetricSource[] = [
  ...Object.entries(SERVER_HISTOGRAMS),
  ...FOREIGN_STAGES,
];

/** Every gauge that is read, this project's own first. */
export const GAUGE_SOURCES: readonly MetricSource[] = [...Object.entries(SERVER_GAUGES), ...FOREIGN_GAUGES];
