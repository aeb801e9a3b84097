import { describeMachine } from '../../bench/run/result.ts';
import { planModes } from '../../planner/index.ts';
import { DRAWS } from '../../planner/uncertainty/draws.ts';
import { readCatalogue } from '../../scenarios/catalogue.ts';
import { parseDemand } from '../../scenarios/demand.ts';
import { readAllModes } from '../../scenarios/mode.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import type { PlanFile } from '../../vocabulary/plan-file.ts';
import { createRandom, sampleExponential } from '../../vocabulary/random.ts';
import { RESULT_SCHEMA_VERSION, type ResultFile, type ResultStep } from '../../vocabulary/result-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { MS_PER_S, msFromS, sFromMs, US_PER_MS } from '../../vocabulary/units.ts';

const SLOS: readonly Slo[] = [
  { kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 2000 },
  { kind: 'error-ratio', limitRatio: 0.01 },
];
const WINDOW_MS = msFromS(400);
const RATES_OF_CAPACITY = [0.25, 0.5, 0.7, 0.85, 0.95];
const REPLICATE_RUNS = 3;
const INTERACTIONS_PER_DAY = 60_000;

/** Answers of a queue with one server: exponential with rate μ − λ. */
function latenciesOf(turns: number, sparePerS: number, seed: number): LatencyHistogram {
  const histogram = new LatencyHistogram();
  const random = createRandom(seed);
  for (let turn = 0; turn < turns; turn++) histogram.record(sampleExponential(random, MS_PER_S / sparePerS));
  return histogram;
}

function stepAt(turnsPerS: number, servicePerS: number, seed: number): ResultStep {
  const turns = Math.round(turnsPerS * sFromMs(WINDOW_MS));
  const histogram = latenciesOf(turns, servicePerS - turnsPerS, seed);
  return {
    name: `${turnsPerS}/s`,
    load: { kind: 'open', interactionsPerS: turnsPerS / 5, turnsPerS },
    startedAtMs: 0,
    warmUpMs: 10_000,
    windowMs: WINDOW_MS,
    counts: { offered: turns, completed: turns, failed: 0, timedOut: 0, dropped: 0, byReason: {} },
    goodRequests: turns - histogram.countAbove(2000),
    interactions: { started: 10, completed: 10, abandoned: 0 },
    inFlight: { mean: turnsPerS * sFromMs(histogram.meanMs ?? 0), max: 100 },
    histograms: { latencyMs: histogram.encode() },
    tokens: {
      input: turns * (500 + (seed % 7)),
      cachedInput: 0,
      output: turns * 200,
      requestsWithUsage: turns,
      requestsCounted: 0,
    },
    server: {
      stages: { 'gateway.overhead': { count: 100, sumMs: 200 } },
      gauges: {},
      resources: [{ process: 'gateway', cpuCores: 0.004 * turnsPerS, maxRssBytes: 120_000_000 }],
    },
    generator: {
      cpuCores: 0.2,
      eventLoopUtilisation: 0.1,
      eventLoopDelayP99Ms: 2,
      gcPauseTotalMs: 10,
      maxRssBytes: 100_000_000,
    },
    timeline: [],
  };
}

/** A run as bench writes it, of a target that exists only here. */
function runOf(engine: 'llama' | 'simulated', servicePerS: number, seed: number): ResultFile {
  const simulated = engine === 'simulated';
  return {
    kind: 'busyhour-result',
    schemaVersion: RESULT_SCHEMA_VERSION,
    tool: { name: 'busyhour', version: 'measure' },
    runId: `${engine}-${seed}`,
    startedAtUnixMs: 1_795_000_000_000,
    finishedAtUnixMs: 1_795_000_600_000 + seed,
    state: 'complete',
    command: ['npm', 'run', 'measure', '--', 'planner'],
    seed,
    scenario: { name: 'measure-planner' },
    shape: { meanTurnsPerInteraction: 5, meanThinkTimeMs: 20_000, basis: 'the corrected call-centre guide' },
    target: {
      name: `${engine} target of the speed measurement`,
      protocol: 'dialog',
      engine,
      simulated,
      model: 'none',
      hardware: simulated ? '2 x H100 SXM 80 GB (simulated)' : 'CPU, 1 thread',
      replicas: 1,
      versions: { node: process.version },
    },
    machine: describeMachine(),
    slos: [...SLOS],
    steps: RATES_OF_CAPACITY.map((share, index) =>
      stepAt(share * servicePerS, servicePerS, seed * 10 + index),
    ),
    diagnostics: [],
  };
}

/** Counts that vary thirty times as much as independent ones, so that every queue is simulated. */
const BURSTY_DEMAND = `
kind: busyhour-demand
schemaVersion: 1
name: speed of planning
source: made up
volume: { kind: per-day, interactionsPerDay: ${INTERACTIONS_PER_DAY} }
burstiness: { indexOfDispersion60S: 30 }
`;

const US_PER_S = US_PER_MS * MS_PER_S;
const cpuS = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / US_PER_S;

/** Wall time and processor time: on a machine that does other things the first says little. */
function timed(plan: () => PlanFile): {
  readonly wallS: number;
  readonly cpuS: number;
  readonly plan: PlanFile;
} {
  const [startedAtMs, before] = [performance.now(), process.cpuUsage()];
  const made = plan();
  return {
    wallS: sFromMs(performance.now() - startedAtMs),
    cpuS: cpuS(process.cpuUsage(before)),
    plan: made,
  };
}

/**
 * Seconds from results in memory to the plan of every built-in mode: the first of its process, one more, and one whose
 * waiting has to be simulated.
 */
export async function measurePlanSpeed(): Promise<Record<string, unknown>> {
  const catalogue = unwrap(readCatalogue());
  const modes = unwrap(readAllModes(catalogue));
  const results = Array.from({ length: REPLICATE_RUNS }, (_, index) => [
    runOf('llama', 20, index + 1),
    runOf('simulated', 40, index + 1),
  ]).flat();
  const common = { results, modes, catalogue, slos: SLOS, nowUnixMs: 1_795_000_700_000 };
  const interactionsPerDay = INTERACTIONS_PER_DAY;
  const demand = { path: 'bursty', spec: unwrap(parseDemand(BURSTY_DEMAND, 'bursty')) };
  const first = timed(() => unwrap(planModes({ ...common, interactionsPerDay, seed: 1 })));
  const again = timed(() => unwrap(planModes({ ...common, interactionsPerDay, seed: 2 })));
  const bursty = timed(() => unwrap(planModes({ ...common, demand, seed: 3 })));
  const kinds = first.plan.modes.map(({ kind }) => kind);
  return {
    planAllModesS: first.wallS,
    planAllModesCpuS: first.cpuS,
    planAllModesAgainS: again.wallS,
    planBurstyModesS: bursty.wallS,
    planBurstyModesCpuS: bursty.cpuS,
    plannedModes: kinds.filter((kind) => kind === 'planned').length,
    refusedModes: kinds.filter((kind) => kind === 'refused').length,
    drawsPerMode: DRAWS,
  };
}
