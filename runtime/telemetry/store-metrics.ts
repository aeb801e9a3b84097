import type { Registry } from 'prom-client';
import { sFromMs } from '../../vocabulary/units.ts';
import type { StoreLoad, WriteObserver } from '../store/write-observer.ts';
import { BoundedGauge, BoundedHistogram } from './bounded-metrics.ts';
import { type MetricTable, SPAN_BUCKETS_S } from './metric-row.ts';

const POOL_STATES = ['used', 'idle'] as const;

/** Of the history as it writes (docs/stores.md). */
export const STORE_METRICS = {
  busyhour_store_commit_seconds: {
    type: 'histogram',
    unit: 'seconds',
    buckets: SPAN_BUCKETS_S,
    help: 'Transactions of the history; error when any of their writes was not done',
    labels: { result: ['ok', 'error'] },
  },
  busyhour_store_commit_writes: {
    type: 'histogram',
    unit: 'count',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    help: 'Writes that share a transaction of the history',
    labels: {},
  },
  busyhour_store_backlog_writes: {
    type: 'gauge',
    unit: 'count',
    help: 'Writes of the history that were asked for and not yet answered',
    labels: {},
  },
  busyhour_store_pool_connections: {
    type: 'gauge',
    unit: 'count',
    help: 'Connections to PostgreSQL; absent with an embedded history',
    labels: { state: POOL_STATES },
  },
  busyhour_store_pool_waiting_requests: {
    type: 'gauge',
    unit: 'count',
    help: 'Work that waits for a connection to PostgreSQL; 0 with an embedded history',
    labels: {},
  },
} as const satisfies MetricTable;

type Commit = Parameters<WriteObserver['committed']>[0];

/** Keeps the figures of the writing side of a history. */
export class StoreMetrics implements WriteObserver {
  readonly #spans: BoundedHistogram;
  readonly #sizes: BoundedHistogram;

  constructor(registry: Registry, load: () => StoreLoad) {
    const histogram = (name: keyof typeof STORE_METRICS) =>
      new BoundedHistogram(name, STORE_METRICS[name], registry);
    this.#spans = histogram('busyhour_store_commit_seconds');
    this.#sizes = histogram('busyhour_store_commit_writes');
    const gauge = (name: keyof typeof STORE_METRICS, collect: (gauge: BoundedGauge) => void) =>
      new BoundedGauge(name, STORE_METRICS[name], registry, collect);
    gauge('busyhour_store_backlog_writes', (own) => own.set({}, load().backlog));
    gauge('busyhour_store_pool_connections', (own) => {
      const { pool } = load();
      if (pool !== undefined) for (const state of POOL_STATES) own.set({ state }, pool[state]);
    });
    gauge('busyhour_store_pool_waiting_requests', (own) => own.set({}, load().pool?.waiting ?? 0));
  }

  committed({ writes, spanMs, hasFailed }: Commit): void {
    this.#spans.observe({ result: hasFailed ? 'error' : 'ok' }, sFromMs(spanMs));
    this.#sizes.observe({}, writes);
  }
}
