import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { collectDefaultMetrics, type Registry } from 'prom-client';
import { PROCESS_METRICS } from '../../vocabulary/server-metrics.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import { BoundedGauge, BoundedHistogram } from './bounded-metrics.ts';
import type { LabelValues, MetricRow, MetricTable } from './metric-row.ts';
import { LOOP_METRICS } from './metric-table.ts';

/** Gauges that end in _total, which is for counters; each is the sum of one without the suffix. */
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
];

const row = (
  type: MetricRow['type'],
  unit: MetricRow['unit'],
  help: string,
  labels: Readonly<Record<string, LabelValues>> = {},
): MetricRow => ({ type, unit, help, labels });

const HEAP_SPACES: LabelValues = { from: 'the heap spaces of V8', atMost: 16 };
const KINDS: LabelValues = { from: 'the kinds of Node.js', atMost: 32 };

/** What prom-client exports of every Node.js process, with the names and words that it gives. */
export const PROCESS_METRIC_ROWS: MetricTable = {
  process_cpu_user_seconds_total: row('counter', 'seconds', 'Total user CPU time spent in seconds.'),
  process_cpu_system_seconds_total: row('counter', 'seconds', 'Total system CPU time spent in seconds.'),
  process_cpu_seconds_total: row('counter', 'seconds', 'Total user and system CPU time spent in seconds.'),
  process_start_time_seconds: row(
    'gauge',
    'seconds',
    'Start time of the process since unix epoch in seconds.',
  ),
  process_resident_memory_bytes: row('gauge', 'bytes', 'Resident memory size in bytes.'),
  process_virtual_memory_bytes: row('gauge', 'bytes', 'Virtual memory size in bytes.'),
  process_heap_bytes: row('gauge', 'bytes', 'Process heap size in bytes.'),
  process_open_fds: row('gauge', 'count', 'Number of open file descriptors.'),
  process_max_fds: row('gauge', 'count', 'Maximum number of open file descriptors.'),
  nodejs_eventloop_lag_seconds: row('gauge', 'seconds', 'Lag of event loop in seconds.'),
  nodejs_eventloop_lag_min_seconds: row('gauge', 'seconds', 'The minimum recorded event loop delay.'),
  nodejs_eventloop_lag_max_seconds: row('gauge', 'seconds', 'The maximum recorded event loop delay.'),
  nodejs_eventloop_lag_mean_seconds: row('gauge', 'seconds', 'The mean of the recorded event loop delays.'),
  nodejs_eventloop_lag_stddev_seconds: row(
    'gauge',
    'seconds',
    'The standard deviation of the recorded event loop delays.',
  ),
  nodejs_eventloop_lag_p50_seconds: row(
    'gauge',
    'seconds',
    'The 50th percentile of the recorded event loop delays.',
  ),
  nodejs_eventloop_lag_p90_seconds: row(
    'gauge',
    'seconds',
    'The 90th percentile of the recorded event loop delays.',
  ),
  nodejs_eventloop_lag_p99_seconds: row(
    'gauge',
    'seconds',
    'The 99th percentile of the recorded event loop delays.',
  ),
  nodejs_active_resources: row(
    'gauge',
    'count',
    'Number of active resources that are currently keeping the event loop alive, grouped by async resource type.',
    { type: KINDS },
  ),
  nodejs_active_handles: row(
    'gauge',
    'count',
    'Number of active libuv handles grouped by handle type. Every handle type is C++ class name.',
    { type: KINDS },
  ),
  nodejs_active_requests: row(
    'gauge',
    'count',
    'Number of active libuv requests grouped by request type. Every request type is C++ class name.',
    { type: KINDS },
  ),
  nodejs_heap_size_total_bytes: row('gauge', 'bytes', 'Process heap size from Node.js in bytes.'),
  nodejs_heap_size_used_bytes: row('gauge', 'bytes', 'Process heap size used from Node.js in bytes.'),
  nodejs_external_memory_bytes: row('gauge', 'bytes', 'Node.js external memory size in bytes.'),
  nodejs_heap_space_size_total_bytes: row(
    'gauge',
    'bytes',
    'Process heap space size total from Node.js in bytes.',
    {
      space: HEAP_SPACES,
    },
  ),
  nodejs_heap_space_size_used_bytes: row(
    'gauge',
    'bytes',
    'Process heap space size used from Node.js in bytes.',
    {
      space: HEAP_SPACES,
    },
  ),
  nodejs_heap_space_size_available_bytes: row(
    'gauge',
    'bytes',
    'Process heap space size available from Node.js in bytes.',
    { space: HEAP_SPACES },
  ),
  nodejs_version_info: row('gauge', 'count', 'Node.js version info.', {
    version: { from: 'the version', atMost: 1 },
    major: { from: 'the version', atMost: 1 },
    minor: { from: 'the version', atMost: 1 },
    patch: { from: 'the version', atMost: 1 },
  }),
  nodejs_gc_duration_seconds: row(
    'histogram',
    'seconds',
    'Garbage collection duration by kind, one of major, minor, incremental or weakcb.',
    { kind: ['major', 'minor', 'incremental', 'weakcb', 'unknown'] },
  ),
};

const LOOP_TICK_MS = 20;

/** Lateness of a timer: what every callback of the process waited for at least once. */
function watchDelay(registry: Registry): NodeJS.Timeout {
  const name = 'busyhour_event_loop_delay_seconds';
  const delays = new BoundedHistogram(name, LOOP_METRICS[name], registry);
  let dueAtMs = performance.now() + LOOP_TICK_MS;
  return setInterval(() => {
    const nowMs = performance.now();
    delays.observe({}, sFromMs(Math.max(0, nowMs - dueAtMs)));
    dueAtMs = nowMs + LOOP_TICK_MS;
  }, LOOP_TICK_MS).unref();
}

/** Exports the process; the returned function stops what measures by the clock. */
export function watchProcess(registry: Registry): () => void {
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  let before: EventLoopUtilization = performance.eventLoopUtilization();
  const name = PROCESS_METRICS.eventLoopUtilisation;
  new BoundedGauge(name, LOOP_METRICS[name], registry, (gauge) => {
    const now = performance.eventLoopUtilization();
    gauge.set({}, performance.eventLoopUtilization(now, before).utilization);
    before = now;
  });
  const timer = watchDelay(registry);
  return () => clearInterval(timer);
}
