import { resolveScenario, type Scenario, type ScenarioInput } from '../../scenarios/scenario.ts';
import type { Trace, TraceRequest } from '../../scenarios/traces/trace.ts';
import { readTrace, type TraceReadingOptions } from '../../scenarios/traces/trace-formats.ts';
import { summariseTrace } from '../../scenarios/traces/trace-summary.ts';
import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import type { ResultFile, ResultStep } from '../../vocabulary/result-file.ts';
import { thin } from '../arrivals/thinning.ts';
import { runGuarded } from './checkpoint.ts';
import { createResult } from './result.ts';
import { createContext, describeTarget, type RunBenchOptions } from './run-context.ts';
import type { RunContext } from './step-context.ts';
import type { TraceStep } from './step-crew.ts';
import { resolveTarget } from './target.ts';
import { replayTraceStep } from './trace-step.ts';
import { gatherCrew } from './with-crew.ts';

export interface TraceReplayOptions extends Omit<RunBenchOptions, 'scenario'> {
  readonly tracePath: string;
  /** How to read the file; its format is recognised by the first line where absent. */
  readonly reading?: TraceReadingOptions;
  /** Each request is replayed with this probability, drawn by the seed; all of them where absent. */
  readonly keepRatio?: number;
  /** 10 replays an hour in six minutes. Above 0. */
  readonly speedUp: number;
  /** Only this many requests from the start of the trace. */
  readonly maxRequests?: number;
  /** Only what falls into this much time of the replay. */
  readonly durationMs?: number;
  /** Objectives, limits and the like; what is not given has a scenario's defaults. */
  readonly settings?: Pick<
    Partial<ScenarioInput>,
    'protocol' | 'slos' | 'timeouts' | 'maxInFlight' | 'drainMs'
  >;
}

/** The part of a trace that a replay sends, its instants divided by the speed-up. */
export function selectReplay(
  requests: readonly TraceRequest[],
  options: Pick<TraceReplayOptions, 'speedUp' | 'maxRequests' | 'durationMs'>,
): TraceRequest[] {
  const { speedUp, maxRequests = Number.POSITIVE_INFINITY, durationMs = Number.POSITIVE_INFINITY } = options;
  return requests
    .slice(0, Math.min(maxRequests, requests.length))
    .map((request) => ({ ...request, atMs: request.atMs / speedUp }))
    .filter(({ atMs }) => atMs < durationMs);
}

const QUANTILE_STEPS = 20;

/** Quantiles in steps of 5 %, so that the scenario record says what the requests looked like. */
function quantilesOf(trace: Trace, value: (request: TraceRequest) => number) {
  const sorted = trace.requests.map(value).sort((a, b) => a - b);
  const values = Array.from(
    { length: QUANTILE_STEPS + 1 },
    (_, i) => sorted[Math.round((i * (sorted.length - 1)) / QUANTILE_STEPS)] ?? 0,
  );
  return {
    distribution: { kind: 'quantiles' as const, values },
    source: `${trace.source}; each request replays its own row`,
  };
}

/** The replay written as a scenario: same fields, so that readers of results need no second form. */
function scenarioFor(trace: Trace, options: TraceReplayOptions): Result<Scenario> {
  const { meanRequestsPerS, spanMs } = summariseTrace(trace);
  return resolveScenario({
    ...options.settings,
    name: 'trace-replay',
    description: `Replay of ${trace.source} at ${options.speedUp} times its speed.`,
    workload: {
      kind: 'requests',
      inputTokens: quantilesOf(trace, ({ inputTokens }) => inputTokens),
      outputTokens: quantilesOf(trace, ({ outputTokens }) => outputTokens),
    },
    load: {
      kind: 'steps',
      steps: [
        { turnsPerS: meanRequestsPerS * options.speedUp, warmUpMs: 0, windowMs: spanMs / options.speedUp },
      ],
    },
  });
}

function checkLimits({ speedUp, maxRequests, durationMs }: TraceReplayOptions): Result<undefined> {
  const limits = { speedUp, maxRequests, durationMs };
  const wrong = Object.entries(limits).filter(([, value]) => value !== undefined && !(value > 0));
  if (wrong.length === 0) return ok(undefined);
  const issues = wrong.map(([path, got]) => ({
    path,
    expected: '> 0',
    got: String(got),
    fix: 'give a larger number',
  }));
  return failed('USAGE', 'the replay cannot be run so', { issues });
}

/** The whole of a replay but its generator threads. */
interface Replay {
  readonly context: RunContext;
  readonly trace: TraceStep;
  readonly resultOf: (steps: readonly ResultStep[]) => ResultFile;
}

async function prepareReplay(
  options: TraceReplayOptions,
  trace: Trace,
  scenario: Scenario,
): Promise<Result<Replay>> {
  const resolved = await resolveTarget(options.target, scenario);
  if (resolved.kind === 'failed') return resolved;
  const seed = options.seed ?? scenario.seed;
  const base = createContext({ ...options, scenario }, resolved.value, seed);
  const context = { ...base, shape: { ...base.shape, basis: `read from the trace ${trace.source}` } };
  const startedAtUnixMs = Date.now();
  context.onProgress({ kind: 'target', message: describeTarget(resolved.value) });
  const { speedUp, command = [] } = options;
  const kept = thin(trace.requests, options.keepRatio ?? 1, context.random.fork('thinning'));
  const requests = selectReplay(kept, options);
  const notes = { replay: { speedUp, requests: requests.length } };
  const summary = summariseTrace(trace);
  const { target } = resolved.value;
  const resultOf = (steps: readonly ResultStep[]): ResultFile => {
    const outcome = { steps, notes };
    return createResult({ context, outcome, target, seed, startedAtUnixMs, command, trace: summary });
  };
  return ok({ context, trace: { requests, speedUp }, resultOf });
}

/**
 * Replays a trace at a chosen speed: each request at its own instant, with a prompt of exactly its input tokens (one
 * word each) and exactly its output tokens asked for. The result carries the whole trace's summary.
 */
export async function runTraceReplay(options: TraceReplayOptions): Promise<Result<ResultFile>> {
  const limits = checkLimits(options);
  if (limits.kind === 'failed') return limits;
  const trace = readTrace(options.tracePath, options.reading);
  if (trace.kind === 'failed') return trace;
  const scenario = scenarioFor(trace.value, options);
  if (scenario.kind === 'failed') return scenario;
  const replay = await prepareReplay(options, trace.value, scenario.value);
  if (replay.kind === 'failed') return replay;
  const { resultOf, trace: selected } = replay.value;
  const crewed = await gatherCrew({ ...options, scenario: scenario.value }, replay.value.context);
  if (crewed.kind === 'failed') {
    await replay.value.context.driver.close();
    return crewed;
  }
  const context = crewed.value;
  try {
    return ok(
      await runGuarded(context, options, {
        readSoFar: () => resultOf(context.journal?.read() ?? []),
        body: async () => {
          const step = await replayTraceStep(context, selected, { name: 'trace' });
          return resultOf(step === undefined ? [] : [step]);
        },
      }),
    );
  } finally {
    await context.crew?.close();
  }
}
