import { FAULT_CODES } from '../../vocabulary/faults.ts';
import { RESUME_RESULTS, SOCKET_ENDS } from '../gateway/socket/socket-observer.ts';
import type { MetricTable } from './metric-row.ts';

const counts = { type: 'counter', unit: 'count' } as const;

/** Of WebSockets (runtime/telemetry/socket-metrics.ts). */
export const SOCKET_METRICS = {
  busyhour_sockets: { type: 'gauge', unit: 'count', help: 'WebSockets open', labels: {} },
  busyhour_sockets_ended_total: {
    ...counts,
    help: 'WebSockets ended, by who or what ended them',
    labels: { reason: SOCKET_ENDS },
  },
  busyhour_socket_refusals_total: {
    ...counts,
    help: 'Upgrades to WebSocket refused',
    labels: { reason: FAULT_CODES },
  },
  busyhour_socket_resumes_total: {
    ...counts,
    help: 'Clients that came back, by whether what they missed was still kept',
    labels: { result: RESUME_RESULTS },
  },
  busyhour_socket_turns_abandoned_total: {
    ...counts,
    help: 'Turns cancelled because no socket came back for them',
    labels: {},
  },
} as const satisfies MetricTable;

/** Of a gateway that runs as several processes, and only of one (runtime/operations/worker-pool.ts). */
export const WORKER_METRICS = {
  busyhour_worker_hangs_total: {
    ...counts,
    help: 'Workers killed because they no longer answered',
    labels: {},
  },
  busyhour_worker_restarts_total: {
    ...counts,
    help: 'Workers started again after they died',
    labels: {},
  },
  busyhour_workers_ready: {
    type: 'gauge',
    unit: 'count',
    help: 'Worker processes that answer requests',
    labels: {},
  },
} as const satisfies MetricTable;
