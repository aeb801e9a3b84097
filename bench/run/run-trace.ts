import { resolveScenario, type Scenario, type ScenarioInput } from '../../scenarios/scenario.ts';
import type { Trace, TraceRequest } from '../../scenarios/traces/trace.ts';
import { readTrace, type TraceReadingOptions } from '../../scenarios/traces/trace-formats.ts';
import { summariseTrace } from '../../scenarios/traces/trace-summary.ts';
import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import type { ResultFile, ResultStep } from '../../vocabulary/result-file.ts';
import { msFromS } from '../../vocabulary/units.ts';
import { thin } from '../arrivals/thinning.ts';
import type { PlannedInteraction } from '../workload/schedule.ts';
import { runGuarded } from './checkpoint.ts';
import { Conversation } from './conversation.ts';
import { Feed } from './feed.ts';
import { createResult } from './result.ts';
import { createContext, describeTarget, type RunBenchOptions } from './run-context.ts';
import { keepShard } from './shard.ts';
import { runStep } from './step.ts';
import type { RunContext } from './step-context.ts';
import { resolveTarget } from './target.ts';

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

/** After the last arrival the window stays open this long, so that it lies inside. */
const WINDOW_MARGIN_MS = 1;

/** Each request as an interaction of one turn. */
function* planReplay(requests: readonly TraceRequest[]): Generator<PlannedInteraction, void> {
  for (const [i, { atMs, inputTokens, outputTokens, blocks }] of requests.entries()) {
    const tokens = { inputTokens: Math.max(1, inputTokens), outputTokens: Math.max(1, outputTokens) };
    const turn = { thinkTimeMs: 0, ...tokens, ...(blocks === undefined ? {} : { blocks }) };
    yield {
      id: `trace ${i}`,
      arrivalAtMs: atMs,
      firstTurn: 0,
      firstTurnAtMs: atMs,
      systemPromptTokens: 0,
      turns: [turn],
    };
  }
}

function replay(context: RunContext, requests: readonly TraceRequest[], speedUp: number) {
  const windowMs = (requests.at(-1)?.atMs ?? 0) + WINDOW_MARGIN_MS;
  return runStep(context, {
    label: { name: 'trace' },
    load: { kind: 'trace', meanRequestsPerS: requests.length / (windowMs / msFromS(1)), speedUp },
    warmUpMs: 0,
    windowMs,
    drainMs: context.scenario.drainMs,
    begin: (session, stepStartedAtMs) => {
      const start = (interaction: PlannedInteraction): void => {
        const random = context.random.fork(interaction.id);
        const { workload } = context.scenario;
        new Conversation({ interaction, workload, session, random, stepStartedAtMs }).start();
      };
      const interactions = keepShard(planReplay(requests), context.shard);
      return new Feed({ interactions, pacer: session.pacer, stepStartedAtMs, start });
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
  const resolved = await resolveTarget(options.target, scenario.value);
  if (resolved.kind === 'failed') return resolved;
  const seed = options.seed ?? scenario.value.seed;
  const base = createContext({ ...options, scenario: scenario.value }, resolved.value, seed);
  const context = { ...base, shape: { ...base.shape, basis: `read from the trace ${trace.value.source}` } };
  const startedAtUnixMs = Date.now();
  context.onProgress({ kind: 'target', message: describeTarget(resolved.value) });
  const kept = thin(trace.value.requests, options.keepRatio ?? 1, context.random.fork('thinning'));
  const requests = selectReplay(kept, options);
  const notes = { replay: { speedUp: options.speedUp, requests: requests.length } };
  const summary = summariseTrace(trace.value);
  const resultOf = (steps: readonly ResultStep[]): ResultFile =>
    createResult({
      context,
      outcome: { steps, notes },
      target: resolved.value.target,
      seed,
      startedAtUnixMs,
      command: options.command ?? [],
      trace: summary,
    });
  return ok(
    await runGuarded(context, options, {
      readSoFar: () => resultOf(context.journal?.read() ?? []),
      body: async () => {
        const step = await replay(context, requests, options.speedUp);
        return resultOf(step === undefined ? [] : [step]);
      },
    }),
  );
}
