import { DIALOG_METRICS } from './dialog-metrics.ts';
import { SOCKET_METRICS, WORKER_METRICS } from './front-metrics.ts';
import type { MetricTable } from './metric-row.ts';
import { GATEWAY_METRICS, LOOP_METRICS, PROVIDER_METRICS } from './metric-table.ts';
import { ADMISSION_METRICS, CHAIN_METRICS, TENANT_METRICS } from './part-metrics.ts';
import { PROCESS_METRIC_ROWS } from './process-metrics.ts';
import { STORE_METRICS } from './store-metrics.ts';

/** Every metric family of a gateway process, in the sections of docs/telemetry.md. */
export const METRIC_SECTIONS: Readonly<Record<string, MetricTable>> = {
  'Requests, answers and turns': GATEWAY_METRICS,
  'Providers and engines': PROVIDER_METRICS,
  'The provider chain': CHAIN_METRICS,
  'Scripts, supervisor and escalation': DIALOG_METRICS,
  Stores: STORE_METRICS,
  Tenants: TENANT_METRICS,
  WebSockets: SOCKET_METRICS,
  Overload: ADMISSION_METRICS,
  'The process': { ...LOOP_METRICS, ...PROCESS_METRIC_ROWS },
};

/** What a gateway of several processes exports beside them. */
export const WORKER_SECTION: MetricTable = WORKER_METRICS;

export const ALL_METRICS: MetricTable = Object.assign({}, ...Object.values(METRIC_SECTIONS));
