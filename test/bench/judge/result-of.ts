import { LatencyHistogram } from '../../../vocabulary/histogram.ts';
import { createRandom, sampleNormal } from '../../../vocabulary/random.ts';
import type { ResultFile, ResultStep } from '../../../vocabulary/result-file.ts';

export function encoded(values: readonly number[]) {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram.encode();
}

export interface StepFacts {
  readonly name?: string;
  readonly variant?: string;
  readonly block?: number;
  readonly latenciesMs: readonly number[];
  readonly failed?: number;
  readonly good?: number;
  readonly windowMs?: number;
  readonly load?: ResultStep['load'];
}

/** A step of the given latencies, spread evenly over its seconds. */
export function stepOf(facts: StepFacts): ResultStep {
  const { latenciesMs, failed = 0, windowMs = 10_000, variant, block } = facts;
  const completed = latenciesMs.length;
  const offered = completed + failed;
  const seconds = Math.max(1, Math.ceil(windowMs / 1000));
  const perSecond = Math.ceil(completed / seconds);
  const latency = encoded(latenciesMs);
  return {
    name: facts.name ?? `step ${variant ?? ''} ${block ?? 1}`,
    ...(variant === undefined ? {} : { variant }),
    ...(block === undefined ? {} : { block }),
    load: facts.load ?? { kind: 'closed', concurrency: 1 },
    startedAtMs: 0,
    warmUpMs: 0,
    windowMs,
    counts: { offered, completed, failed, timedOut: 0, dropped: 0, byReason: {} },
    goodRequests: facts.good ?? completed,
    interactions: { started: 0, completed: 0, abandoned: 0 },
    inFlight: { mean: 1, max: 1 },
    histograms: { latencyMs: latency, wireLatencyMs: latency },
    tokens: { input: 0, cachedInput: 0, output: 0, requestsWithUsage: 0, requestsCounted: completed },
    generator: {
      cpuCores: 0.1,
      eventLoopUtilisation: 0.1,
      eventLoopDelayP99Ms: 1,
      gcPauseTotalMs: 0,
      maxRssBytes: 1,
    },
    timeline: Array.from({ length: seconds }, (_, i) => {
      const own = latenciesMs.slice(i * perSecond, (i + 1) * perSecond);
      return {
        atMs: i * 1000,
        offered: own.length,
        completed: own.length,
        unsuccessful: 0,
        maxInFlight: 1,
        latencySumMs: own.reduce((sum, value) => sum + value, 0),
      };
    }),
  };
}

export function resultOf(parts: Partial<ResultFile> & { readonly steps?: ResultStep[] }): ResultFile {
  return {
    kind: 'busyhour-result',
    schemaVersion: 1,
    tool: { name: 'busyhour', version: '0.1.0' },
    runId: 'run-1',
    startedAtUnixMs: 1_000,
    finishedAtUnixMs: 2_000,
    state: 'complete',
    command: ['busyhour', 'bench'],
    seed: 1,
    scenario: { name: 'checkout', protocol: 'http' },
    shape: { meanTurnsPerInteraction: 1, meanThinkTimeMs: 0, basis: 'test' },
    target: {
      name: 'shop',
      protocol: 'http',
      engine: 'remote',
      simulated: false,
      replicas: 1,
      versions: {},
    },
    machine: { cpuModel: 'x', cores: 2, memoryBytes: 8e9, platform: 'linux x64', node: 'v24' },
    slos: [],
    steps: [],
    diagnostics: [],
    ...parts,
  };
}

/** Log-normal latencies with this median; `sigma` is the spread of logarithms. */
export function latenciesOf(
  seed: number,
  options: { count: number; medianMs: number; sigma?: number },
): number[] {
  const random = createRandom(seed);
  const { count, medianMs, sigma = 0.3 } = options;
  return Array.from({ length: count }, () => medianMs * Math.exp(sigma * sampleNormal(random)));
}

/** Interleaved blocks of two variants; disturbances of the machine (`noise`) hit both blocks of a number. */
export function abResult(
  seed: number,
  options: {
    blocks: number;
    ratio: number;
    noise?: number;
    perBlock?: number;
    failEach?: number;
    sigma?: number;
  },
): ResultFile {
  const { blocks, ratio, noise = 0.1, perBlock = 100, failEach = 0, sigma = 0.15 } = options;
  const random = createRandom(seed).fork('noise');
  const steps = Array.from({ length: blocks }, (_, block) => {
    const machine = Math.exp(noise * sampleNormal(random));
    const of = (variant: string, medianMs: number): ResultStep => {
      const own = Math.exp(0.02 * sampleNormal(random));
      const label = seed * 10_000 + block * 2 + (variant === 'a' ? 0 : 1);
      return stepOf({
        variant,
        block,
        latenciesMs: latenciesOf(label, { count: perBlock, medianMs: medianMs * machine * own, sigma }),
        failed: variant === 'b' ? failEach : 0,
        windowMs: 1_000,
      });
    };
    return [of('a', 20), of('b', 20 * ratio)];
  });
  return resultOf({ steps: steps.flat() });
}
