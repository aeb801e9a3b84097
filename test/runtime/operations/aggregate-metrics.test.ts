import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { aggregateMetrics, countsOf } from '../../../runtime/operations/aggregate-metrics.ts';
import type { Metrics } from '../../../runtime/operations/worker-messages.ts';

async function registryOf(work: { requests: number; waitsS: readonly number[]; utilisation: number }) {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({ name: 'requests_total', help: 'h', labelNames: ['route'], registers });
  const waits = new Histogram({ name: 'wait_seconds', help: 'h', buckets: [0.1, 1], registers });
  const share = new Gauge({ name: 'busyhour_event_loop_utilisation_ratio', help: 'h', registers });
  const inFlight = new Gauge({ name: 'in_flight', help: 'h', registers });
  const engine = new Gauge({ name: 'busyhour_engine_kv_tokens', help: 'h', registers });
  requests.inc({ route: 'a' }, work.requests);
  for (const waitS of work.waitsS) waits.observe(waitS);
  share.set(work.utilisation);
  inFlight.set(work.requests);
  engine.set(500);
  return (await registry.getMetricsAsJSON()) as Metrics;
}

it('adds counts and buckets, averages shares, and takes once what every process tells of the engine', async () => {
  const text = await aggregateMetrics([
    await registryOf({ requests: 3, waitsS: [0.05, 0.5], utilisation: 0.2 }),
    await registryOf({ requests: 4, waitsS: [0.05, 5], utilisation: 0.6 }),
  ]);
  const lines = text.split('\n');
  expect(lines).toContain('requests_total{route="a"} 7');
  expect(lines).toContain('wait_seconds_bucket{le="0.1"} 2');
  expect(lines).toContain('wait_seconds_bucket{le="1"} 3');
  expect(lines).toContain('wait_seconds_bucket{le="+Inf"} 4');
  expect(lines).toContain('wait_seconds_count 4');
  expect(lines).toContain('wait_seconds_sum 5.6');
  expect(lines).toContain('in_flight 7');
  expect(lines).toContain('busyhour_engine_kv_tokens 500');
  expect(lines.find((line) => line.startsWith('busyhour_event_loop'))).toMatch(/ 0\.4$/);
});

it('keeps of processes that ended their counts, and not their gauges', async () => {
  const ended = await countsOf([
    await registryOf({ requests: 3, waitsS: [0.05], utilisation: 0.2 }),
    await registryOf({ requests: 5, waitsS: [], utilisation: 0.2 }),
  ]);
  const alive = await registryOf({ requests: 1, waitsS: [0.05], utilisation: 0.2 });
  const lines = (await aggregateMetrics([alive, ended])).split('\n');
  expect(lines).toContain('requests_total{route="a"} 9');
  expect(lines).toContain('wait_seconds_count 2');
  expect(lines).toContain('in_flight 1');
});
