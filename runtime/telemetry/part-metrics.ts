import { FAULT_CODES } from '../../vocabulary/faults.ts';
import { BREAKER_STATES } from '../llm/breaker.ts';
import { EXTRA_CAUSES, QUEUE_RESULTS } from '../llm/llm-observer.ts';
import { LEDGER_OPERATIONS } from '../tenants/ledger.ts';
import { SHED_CAUSES } from './admission-metrics.ts';
import { type LabelValues, type MetricTable, PROVIDERS } from './metric-row.ts';

const TENANTS: LabelValues = { from: 'the configured tenants', atMost: 10_000 };
const DIRECTIONS = ['input', 'cached_input', 'output'];
const counts = { type: 'counter', unit: 'count' } as const;
const gauge = { type: 'gauge', unit: 'count' } as const;

/** Of the provider chain (runtime/telemetry/llm-metrics.ts). */
export const CHAIN_METRICS = {
  busyhour_provider_extra_attempts_total: {
    ...counts,
    help: 'Attempts beyond the first of their request by cause, made or denied by the budget',
    labels: { provider: PROVIDERS, cause: EXTRA_CAUSES, result: ['made', 'denied'] },
  },
  busyhour_provider_hedges_total: {
    ...counts,
    help: 'Hedged attempts by which of the two answered',
    labels: { provider: PROVIDERS, winner: ['hedge', 'original'] },
  },
  busyhour_provider_queue_wait_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'Wait for a place at a provider, by how it ended',
    labels: { provider: PROVIDERS, result: QUEUE_RESULTS },
  },
  busyhour_provider_queue_depth_requests: {
    ...gauge,
    help: 'Requests that wait for a place at a provider',
    labels: { provider: PROVIDERS },
  },
  busyhour_provider_running_requests: {
    ...gauge,
    help: 'Attempts in progress at a provider',
    labels: { provider: PROVIDERS },
  },
  busyhour_provider_breaker_state: {
    ...gauge,
    help: '1 for the state that the breaker of a provider is in',
    labels: { provider: PROVIDERS, state: BREAKER_STATES },
  },
  busyhour_provider_orphan_output_tokens_total: {
    type: 'counter',
    unit: 'tokens',
    help: 'Output tokens that a provider generated for nobody',
    labels: { provider: PROVIDERS },
  },
  busyhour_retry_budget_remaining_attempts: {
    ...gauge,
    help: 'Extra attempts that the budget of the gateway holds',
    labels: {},
  },
  busyhour_cache_lookups_total: {
    ...counts,
    help: 'Looks into the answer cache by result',
    labels: { result: ['hit', 'miss'] },
  },
  busyhour_cache_hit_ratio: {
    type: 'gauge',
    unit: 'ratio',
    help: 'Share of looks into the answer cache that found one, since the start',
    labels: {},
  },
  busyhour_cache_entries: { ...gauge, help: 'Answers in the cache', labels: {} },
  busyhour_cache_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes that the answers in the cache take, about',
    labels: {},
  },
} as const satisfies MetricTable;

/** Of tenants and their ledger (runtime/telemetry/tenant-metrics.ts). */
export const TENANT_METRICS = {
  busyhour_tenant_requests_total: {
    ...counts,
    help: 'Completions and turns let in, by tenant',
    labels: { tenant: TENANTS },
  },
  busyhour_tenant_refusals_total: {
    ...counts,
    help: 'Completions and turns refused by a limit',
    labels: { tenant: TENANTS, reason: FAULT_CODES },
  },
  busyhour_tenant_tokens_total: {
    type: 'counter',
    unit: 'tokens',
    help: 'Tokens paid for, failed attempts included',
    labels: { tenant: TENANTS, direction: DIRECTIONS },
  },
  busyhour_tenant_cost_usd_total: {
    type: 'counter',
    unit: 'USD',
    help: 'US dollars spent at providers',
    labels: { tenant: TENANTS },
  },
  busyhour_tenant_budget_usd: {
    type: 'gauge',
    unit: 'USD',
    help: 'Daily budget; absent for a tenant without one',
    labels: { tenant: TENANTS },
  },
  busyhour_tenant_budget_left_usd: {
    type: 'gauge',
    unit: 'USD',
    help: 'Daily budget less what is spent and reserved, as of the last request of the tenant here',
    labels: { tenant: TENANTS },
  },
  busyhour_ledger_failures_total: {
    ...counts,
    help: 'Failures of the store of limits and budgets',
    labels: { operation: LEDGER_OPERATIONS },
  },
  busyhour_ledger_pending_settlements: {
    ...gauge,
    help: 'Settlements that wait for the store to come back',
    labels: {},
  },
  busyhour_ledger_state_lost_total: {
    ...counts,
    help: 'Times that the store of limits and budgets was found to have forgotten a tenant or a request',
    labels: {},
  },
  busyhour_tenants_reloads_total: {
    ...counts,
    help: 'Changes of the tenants file',
    labels: { result: ['ok', 'refused'] },
  },
} as const satisfies MetricTable;

/** Of admission and shedding (runtime/telemetry/admission-metrics.ts). */
export const ADMISSION_METRICS = {
  busyhour_admission_shed_total: {
    ...counts,
    help: 'New work refused for overload',
    labels: { cause: SHED_CAUSES },
  },
  busyhour_admission_wait_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'Wait of work that found the gateway full, whether or not it got a place',
    labels: {},
  },
  busyhour_admission_waiting_requests: { ...gauge, help: 'Work that waits for a place', labels: {} },
  busyhour_admission_admitted_ratio: {
    type: 'gauge',
    unit: 'ratio',
    help: 'Share of new work let in',
    labels: {},
  },
} as const satisfies MetricTable;
