import { performance } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { PROCESS_METRICS, SERVER_GAUGES, SERVER_HISTOGRAMS } from '../../vocabulary/server-metrics.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import type { Engine, EngineLoad, GenerateEvent } from './contract.ts';

/** Seconds, 1 ms to 2 min, each bound about 1.6 times the one before. */
const BUCKETS_S = [
  0.001, 0.0016, 0.0025, 0.004, 0.0063, 0.01, 0.016, 0.025, 0.04, 0.063, 0.1, 0.16, 0.25, 0.4, 0.63, 1, 1.6,
  2.5, 4, 6.3, 10, 16, 25, 40, 63, 120,
];

/** What the server tells its metrics; `registry` is what /metrics prints. */
export interface ServerMetrics {
  readonly registry: Registry;
  /** The terminal event of a request. */
  observe(event: Extract<GenerateEvent, { kind: 'finish' | 'error' }>): void;
  countOutputTokens(tokens: number): void;
}

function addLoadGauges(registry: Registry, engine: Engine): void {
  const readings: Record<string, [string, (load: EngineLoad) => number]> = {
    [SERVER_GAUGES['engine.running']]: ['Requests in the running batch.', (load) => load.runningRequests],
    [SERVER_GAUGES['engine.waiting']]: ['Requests accepted and waiting.', (load) => load.waitingRequests],
    [SERVER_GAUGES['engine.kvTokens']]: ['Tokens with keys and values in use.', (load) => load.kvTokens],
    [SERVER_GAUGES['engine.kvCapacityTokens']]: [
      'Tokens that the KV cache can hold.',
      (load) => load.kvCapacityTokens,
    ],
    busyhour_engine_orphan_output_tokens: [
      'Tokens generated for requests whose client had left.',
      (load) => load.orphanOutputTokens,
    ],
  };
  for (const [name, [help, read]] of Object.entries(readings)) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read(engine.load()));
      },
    });
  }
}

function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  let last = performance.eventLoopUtilization();
  new Gauge({
    name: PROCESS_METRICS.eventLoopUtilisation,
    help: 'Share of time the event loop was busy since the last scrape.',
    registers: [registry],
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    },
  });
}

function addInfo(registry: Registry, engine: Engine): void {
  const { kind, model, device, simulated } = engine.description;
  new Gauge({
    name: 'busyhour_engine_info',
    help: 'Always 1; the labels say which engine this is and whether it is simulated.',
    labelNames: ['kind', 'model', 'device', 'simulated'],
    registers: [registry],
  }).set({ kind, model, device, simulated: String(simulated) }, 1);
}

function createStages(registers: Registry[]): readonly Histogram[] {
  const rows = [
    [SERVER_HISTOGRAMS['engine.queue'], 'Accepted until admitted into the running batch.'],
    [SERVER_HISTOGRAMS['engine.prefill'], 'Admitted until the first output token.'],
    [SERVER_HISTOGRAMS['engine.decode'], 'First until last output token.'],
  ] as const;
  return rows.map(([name, help]) => new Histogram({ name, help, buckets: BUCKETS_S, registers }));
}

/** A registry of its own, so that several servers in one process do not mix. */
export function createServerMetrics(engine: Engine): ServerMetrics {
  const registry = new Registry();
  const registers = [registry];
  const [queue, prefill, decode] = createStages(registers);
  const requests = new Counter({
    name: 'busyhour_engine_requests_total',
    help: 'Requests ended, by how.',
    labelNames: ['outcome'],
    registers,
  });
  const tokens = new Counter({
    name: 'busyhour_engine_output_tokens_total',
    help: 'Output tokens sent to clients.',
    registers,
  });
  addLoadGauges(registry, engine);
  addProcessMetrics(registry);
  addInfo(registry, engine);
  return {
    registry,
    countOutputTokens: (count) => tokens.inc(count),
    observe(event) {
      requests.inc({ outcome: event.kind === 'finish' ? event.reason : event.code.toLowerCase() });
      if (event.kind !== 'finish') return;
      queue?.observe(sFromMs(event.timings.queueWaitMs));
      prefill?.observe(sFromMs(event.timings.prefillMs));
      decode?.observe(sFromMs(event.timings.decodeMs));
    },
  };
}
