/**
 * Prometheus names that both the runtime (which exports them) and the bench (which scrapes them) know.
 * Base seconds, as Prometheus asks. `stage` keys are those of a result file's `server.stages`.
 */
export const SERVER_HISTOGRAMS = {
  'gateway.overhead': 'busyhour_gateway_overhead_seconds',
  'provider.first-token': 'busyhour_provider_first_token_seconds',
  'provider.total': 'busyhour_provider_request_seconds',
  'engine.queue': 'busyhour_engine_queue_wait_seconds',
  'engine.prefill': 'busyhour_engine_prefill_seconds',
  'engine.decode': 'busyhour_engine_decode_seconds',
} as const;

export const SERVER_GAUGES = {
  'gateway.inFlight': 'busyhour_gateway_in_flight_requests',
  'engine.running': 'busyhour_engine_running_requests',
  'engine.waiting': 'busyhour_engine_waiting_requests',
  'engine.kvTokens': 'busyhour_engine_kv_tokens',
  'engine.kvCapacityTokens': 'busyhour_engine_kv_capacity_tokens',
} as const;

/** Process metrics, by the names that every Prometheus client uses. */
export const PROCESS_METRICS = {
  cpuSeconds: 'process_cpu_seconds_total',
  residentBytes: 'process_resident_memory_bytes',
  eventLoopUtilisation: 'busyhour_event_loop_utilisation_ratio',
} as const;

export type ServerStage = keyof typeof SERVER_HISTOGRAMS;
export type ServerGauge = keyof typeof SERVER_GAUGES;
