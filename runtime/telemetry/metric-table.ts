import { FAULT_CODES } from '../../vocabulary/faults.ts';
import { PROCESS_METRICS, SERVER_GAUGES, SERVER_HISTOGRAMS } from '../../vocabulary/server-metrics.ts';
import { type MetricTable, PROVIDERS, ROUTES, SPAN_BUCKETS_S } from './metric-row.ts';

/** The parts of the time that the gateway itself takes; waiting for a provider is none of them. */
export const OVERHEAD_STAGES = [
  'auth',
  'parse',
  'limits',
  'store',
  'script',
  'supervisor',
  'before_provider',
  'after_provider',
] as const;
export type OverheadStage = (typeof OVERHEAD_STAGES)[number];

const OUTCOMES = ['ok', ...FAULT_CODES];
const LEVELS = ['primary', 'fallback', 'keyword'];
const spans = { type: 'histogram', unit: 'seconds', buckets: SPAN_BUCKETS_S } as const;
const counts = { type: 'counter', unit: 'count' } as const;

/** Of requests, turns and answers. */
export const GATEWAY_METRICS = {
  busyhour_build_info: {
    type: 'gauge',
    unit: 'count',
    help: 'Always 1; the label says which version runs',
    labels: { version: { from: 'the version', atMost: 1 } },
  },
  busyhour_gateway_requests_total: {
    ...counts,
    help: 'Requests by route and outcome (ok or fault code)',
    labels: { route: ROUTES, outcome: OUTCOMES },
  },
  busyhour_gateway_answers_total: {
    ...counts,
    help: 'Answers begun, by how they ended for their client (one whose row cannot be kept is incomplete) and their level of the chain',
    labels: { outcome: ['complete', 'failed_over', 'incomplete'], level: LEVELS },
  },
  busyhour_dialog_turns_total: {
    ...counts,
    help: 'Turns by how they ended; the level of a refused one is the one that refused, or none',
    labels: { result: ['answered', 'replayed', 'refused'], level: [...LEVELS, 'none'] },
  },
  busyhour_gateway_tokens_total: {
    type: 'counter',
    unit: 'tokens',
    help: 'Tokens of finished answers',
    labels: { direction: ['input', 'cached_input', 'output'] },
  },
  busyhour_gateway_orphan_output_tokens_total: {
    type: 'counter',
    unit: 'tokens',
    help: 'Output tokens received for clients that had left',
    labels: {},
  },
  busyhour_gateway_request_seconds: {
    ...spans,
    help: 'From the head of a request to the end of its response',
    labels: { route: ROUTES },
  },
  busyhour_gateway_first_token_seconds: {
    ...spans,
    help: 'Streamed answers: from the head of the request to the first text',
    labels: {},
  },
  busyhour_gateway_inter_token_seconds: {
    ...spans,
    help: 'Streamed answers: gaps between texts, of all answers together',
    labels: {},
  },
  [SERVER_HISTOGRAMS['gateway.overhead']]: {
    ...spans,
    help: 'Time in the gateway outside waiting for a provider',
    labels: {},
  },
  busyhour_gateway_stage_seconds: {
    ...spans,
    help: 'The parts of the gateway overhead',
    labels: { stage: OVERHEAD_STAGES },
  },
  [SERVER_GAUGES['gateway.inFlight']]: {
    type: 'gauge',
    unit: 'count',
    help: 'Completions and turns in progress',
    labels: {},
  },
  busyhour_gateway_in_flight_limit_requests: {
    type: 'gauge',
    unit: 'count',
    help: 'Completions and turns that are admitted at once',
    labels: {},
  },
  busyhour_store_operation_seconds: {
    ...spans,
    help: 'Operations on the stores, by how they ended; conflict is an expected answer of a store',
    labels: {
      store: ['history', 'contexts'],
      access: ['read', 'write'],
      result: ['ok', 'conflict', 'error'],
    },
  },
  busyhour_trace_spans_total: {
    ...counts,
    help: 'Spans by whether their receiver took them',
    labels: { result: ['exported', 'failed'] },
  },
} as const satisfies MetricTable;

/** Of the answers of providers, and of engines as they report themselves. */
export const PROVIDER_METRICS = {
  busyhour_provider_attempts_total: {
    ...counts,
    help: 'Requests to providers by result',
    labels: { provider: PROVIDERS, result: OUTCOMES },
  },
  busyhour_provider_tokens_total: {
    type: 'counter',
    unit: 'tokens',
    help: 'Tokens paid for, of failed attempts, cut streams and lost hedges too; cached input is part of input',
    labels: { provider: PROVIDERS, direction: ['input', 'cached_input', 'output'] },
  },
  busyhour_provider_cost_usd_total: {
    type: 'counter',
    unit: 'USD',
    help: 'Cost of all attempts in US dollars; a provider without a price costs nothing',
    labels: { provider: PROVIDERS },
  },
  [SERVER_HISTOGRAMS['provider.first-token']]: {
    ...spans,
    help: 'From asking a provider to its first token',
    labels: { provider: PROVIDERS },
  },
  [SERVER_HISTOGRAMS['provider.total']]: {
    ...spans,
    help: 'From asking a provider to the end of its answer',
    labels: { provider: PROVIDERS },
  },
  [SERVER_HISTOGRAMS['engine.queue']]: {
    ...spans,
    help: 'Queue wait as the engine reports it',
    labels: {},
  },
  [SERVER_HISTOGRAMS['engine.prefill']]: {
    ...spans,
    help: 'Prefill time as the engine reports it',
    labels: {},
  },
  [SERVER_HISTOGRAMS['engine.decode']]: {
    ...spans,
    help: 'Decode time as the engine reports it',
    labels: {},
  },
  [SERVER_GAUGES['engine.running']]: {
    type: 'gauge',
    unit: 'count',
    help: 'Sequences that the engine is generating',
    labels: {},
  },
  [SERVER_GAUGES['engine.waiting']]: {
    type: 'gauge',
    unit: 'count',
    help: 'Requests in the queue of the engine',
    labels: {},
  },
  [SERVER_GAUGES['engine.kvTokens']]: {
    type: 'gauge',
    unit: 'tokens',
    help: 'Tokens in the KV cache',
    labels: {},
  },
  [SERVER_GAUGES['engine.kvCapacityTokens']]: {
    type: 'gauge',
    unit: 'tokens',
    help: 'Tokens that the KV cache can hold',
    labels: {},
  },
  busyhour_engine_orphan_output_tokens: {
    type: 'gauge',
    unit: 'tokens',
    help: 'Tokens that the engine generated for clients that had left',
    labels: {},
  },
} as const satisfies MetricTable;

/** Of the process, beside those that every Node.js client library exports (runtime/telemetry/process-metrics.ts). */
export const LOOP_METRICS = {
  [PROCESS_METRICS.eventLoopUtilisation]: {
    type: 'gauge',
    unit: 'ratio',
    help: 'Share of time in which the event loop was busy, since the last scrape',
    labels: {},
  },
  busyhour_event_loop_delay_seconds: {
    ...spans,
    help: 'How late a timer of 20 ms came',
    labels: {},
  },
} as const satisfies MetricTable;
