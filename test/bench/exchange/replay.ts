import type { Exchange } from '../../../bench/drive/driver.ts';
import { StepRecorder } from '../../../bench/observe/recorder.ts';
import type { DropReason } from '../../../vocabulary/outcomes.ts';
import type { ResultFile, ResultStep } from '../../../vocabulary/result-file.ts';

/** What became of one scheduled request, as a generator saw it. */
export type Recorded =
  | { readonly scheduledAtMs: number; readonly exchange: Exchange }
  | { readonly scheduledAtMs: number; readonly dropped: DropReason };

export interface ReplayOptions {
  readonly interactionsPerS: number;
  readonly turnsPerS: number;
  readonly windowMs: number;
  /** On the clock of the recorded instants. */
  readonly windowFromMs: number;
  readonly isShard: boolean;
  readonly name?: string;
}

const GENERATOR = {
  cpuCores: 0.25,
  eventLoopUtilisation: 0.5,
  eventLoopDelayP99Ms: 1,
  gcPauseTotalMs: 2,
  maxRssBytes: 1_000,
};

/** Puts recorded outcomes through the recorder of the bench, as if they happened again. */
export function replayStep(requests: readonly Recorded[], options: ReplayOptions): ResultStep {
  const { interactionsPerS, turnsPerS, windowMs, windowFromMs, isShard, name = 'step 1' } = options;
  const recorder = new StepRecorder({
    name,
    load: { kind: 'open', interactionsPerS, turnsPerS },
    slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 60 }],
    runStartedAtMs: windowFromMs - 250,
    windowFromMs,
    warmUpMs: 200,
    windowMs,
    keepsInFlight: isShard,
  });
  for (const request of requests) {
    if ('dropped' in request) recorder.recordDrop(request.scheduledAtMs, request.dropped);
    else recorder.recordExchange(request.scheduledAtMs, request.exchange);
    recorder.recordInteraction('started', request.scheduledAtMs);
  }
  return recorder.finish({ generator: GENERATOR });
}

export interface ResultOptions {
  readonly shard?: { readonly index: number; readonly count: number };
  readonly state?: ResultFile['state'];
}

/** A result file around steps; all clocks are fixed. */
export function resultWith(
  steps: readonly ResultStep[],
  { shard, state = 'complete' }: ResultOptions = {},
): ResultFile {
  return {
    kind: 'busyhour-result',
    schemaVersion: 1,
    tool: { name: 'busyhour', version: '0.1.0' },
    runId: shard === undefined ? 'whole' : `shard-${shard.index}`,
    startedAtUnixMs: 1_760_000_000_000,
    finishedAtUnixMs: 1_760_000_010_000,
    state,
    command: [
      'busyhour',
      'bench',
      'x',
      ...(shard === undefined ? [] : ['--shard', `${shard.index + 1}/${shard.count}`]),
    ],
    seed: 1,
    scenario: { name: 'x', load: { kind: 'steps', steps: [{ turnsPerS: 40 }] } },
    shape: { meanTurnsPerInteraction: 1, meanThinkTimeMs: 0, basis: 'constant' },
    target: {
      name: 'truth',
      protocol: 'openai-chat',
      url: 'http://127.0.0.1:1',
      engine: 'unknown',
      simulated: false,
      replicas: 1,
      versions: {},
    },
    machine: { cpuModel: 'any', cores: 2, memoryBytes: 1, platform: 'linux x64', node: 'v24.0.0' },
    slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 60 }],
    steps: [...steps],
    ...(shard === undefined ? {} : { shard: { ...shard, startAtUnixMs: 1_760_000_000_000 } }),
    diagnostics: [],
  };
}

/** The same value whatever order keys were written in. */
export function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, canonical(each)]),
  );
}

/** As text, without what two runs never share: identities, clocks, the generators' own use, and shard fields. */
export function comparable(result: ResultFile): string {
  const {
    runId: _id,
    startedAtUnixMs: _from,
    finishedAtUnixMs: _to,
    shard: _s,
    mergedShards: _m,
    ...rest
  } = result;
  const steps = rest.steps.map(({ generator: _generator, ...step }) => step);
  return JSON.stringify(canonical({ ...rest, steps }));
}
