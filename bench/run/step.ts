import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import type { ResultStep, StepLoad } from '../../vocabulary/result-file.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import { GeneratorWatch } from '../observe/generator.ts';
import { StepRecorder } from '../observe/recorder.ts';
import { ServerWatch } from '../observe/server-watch.ts';
import { LoadSession } from './load-session.ts';
import type { RunContext } from './step-context.ts';
import { markOf, type StepLabel } from './step-label.ts';
import { waitUntil } from './wait-until.ts';

export { waitUntil } from './wait-until.ts';

import { createStepView, type StepView } from './step-view.ts';

/** What draws a step's load piece by piece. */
export interface LoadFeed {
  /** Everything that falls due before this instant is put on the session now. */
  feedUntil(atMs: number): void;
}

export interface StepOptions {
  readonly label: StepLabel;
  readonly load: StepLoad;
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly drainMs: number;
  /** Puts the load on the session, all of it or the first part; instants count from `stepStartedAtMs`. */
  readonly begin: (session: LoadSession, stepStartedAtMs: number) => LoadFeed | undefined;
}

/** Time to plan ahead of the first send. */
const LEAD_MS = 20;
const DRAIN_POLL_MS = 20;

/** Load goes on until every request of the window has ended, for at most the drain time. */
async function drain(session: LoadSession, untilMs: number, signal: AbortSignal): Promise<void> {
  while (session.inWindowOpen > 0 && performance.now() < untilMs && !signal.aborted) {
    await waitUntil(Math.min(untilMs, performance.now() + DRAIN_POLL_MS), signal);
  }
}

/** Everything that a step in progress owns. */
interface StepInProgress {
  readonly context: RunContext;
  readonly options: StepOptions;
  readonly recorder: StepRecorder;
  readonly session: LoadSession;
  readonly generator: GeneratorWatch;
  readonly server: ServerWatch;
  readonly stepStartedAtMs: number;
  readonly windowFromMs: number;
  readonly windowToMs: number;
}

function prepareStep(context: RunContext, options: StepOptions): StepInProgress {
  const { label, load, warmUpMs, windowMs } = options;
  const stepStartedAtMs = performance.now() + LEAD_MS;
  const windowFromMs = stepStartedAtMs + warmUpMs;
  const recorder = new StepRecorder({
    name: label.name,
    ...markOf(label),
    load,
    warmUpMs,
    windowMs,
    slos: context.scenario.slos,
    runStartedAtMs: context.startedAtMs,
    windowFromMs,
    keepsInFlight: context.shard !== undefined,
  });
  const session = new LoadSession(context, recorder);
  return {
    context,
    options,
    recorder,
    session,
    generator: new GeneratorWatch(() => session.pacer.spunMs),
    server: new ServerWatch(context.metricsUrls),
    stepStartedAtMs,
    windowFromMs,
    windowToMs: windowFromMs + windowMs,
  };
}

/** Tells what came of a step. */
export function reportFinished(context: Pick<RunContext, 'onProgress'>, step: ResultStep): void {
  const encoded = step.histograms.latencyMs;
  const latency = encoded === undefined ? undefined : LatencyHistogram.decode(encoded);
  context.onProgress({
    kind: 'step-finished',
    name: step.name,
    offered: step.counts.offered,
    completed: step.counts.completed,
    p50Ms: latency?.percentileMs(50),
    p95Ms: latency?.percentileMs(95),
  });
}

/** Once a second: tells how it goes, and lets go of what is known for good. */
function startTicks({ context, options, session, recorder }: StepInProgress): NodeJS.Timeout {
  const startedAtMs = performance.now();
  return setInterval(() => {
    recorder.foldUntil(session.settledUntilMs);
    context.onProgress({
      kind: 'tick',
      name: options.label.name,
      elapsedMs: performance.now() - startedAtMs,
      spanMs: options.warmUpMs + options.windowMs,
      sent: session.sent,
      inFlight: session.inFlight,
      failed: session.failed,
    });
  }, MS_PER_S);
}

/** The step as far as it has come, for a run that may be cut off; undefined in the warm-up. */
function readSoFar({ recorder, generator, windowFromMs }: StepInProgress): ResultStep | undefined {
  const nowMs = performance.now();
  return nowMs <= windowFromMs ? undefined : recorder.finish({ generator: generator.read() }, nowMs);
}

const viewOf = ({ options, recorder, session, ...step }: StepInProgress): StepView =>
  createStepView(
    {
      load: options.load,
      startedAtMs: step.stepStartedAtMs,
      windowFromMs: step.windowFromMs,
      windowToMs: step.windowToMs,
    },
    recorder,
    session,
  );

/** Warm-up, window, drain; undefined when it was stopped before the window. */
async function play(step: StepInProgress): Promise<ResultStep | undefined> {
  const { context, options, recorder, session, generator, server } = step;
  const { signal } = context;
  const feed = options.begin(session, step.stepStartedAtMs);
  await waitUntil(step.windowFromMs, signal);
  if (signal.aborted) return undefined;
  generator.start();
  server.start();
  await waitUntil(step.windowToMs, signal);
  const stoppedAtMs = signal.aborted ? performance.now() : Number.POSITIVE_INFINITY;
  const generatorUse = generator.stop();
  // A generator that is behind has not come to draw all of the window: its arrivals are waited for like the others.
  feed?.feedUntil(Math.min(step.windowToMs, performance.now()));
  const [serverUse] = await Promise.all([
    server.stop(),
    drain(session, step.windowToMs + options.drainMs, signal),
  ]);
  // What is due and was never sent is counted as too late.
  feed?.feedUntil(performance.now());
  await session.end();
  return recorder.finish(
    { generator: generatorUse, ...(serverUse === undefined ? {} : { server: serverUse }) },
    stoppedAtMs,
  );
}

/**
 * Runs one step: warm-up, window, drain. Aborting the context's signal ends it at once; what the window held until
 * then is returned, or undefined when the window had not begun.
 */
export async function runStep(context: RunContext, options: StepOptions): Promise<ResultStep | undefined> {
  const step = prepareStep(context, options);
  const ticks = startTicks(step);
  context.onProgress({
    kind: 'step-started',
    name: options.label.name,
    spanMs: options.warmUpMs + options.windowMs,
    view: viewOf(step),
  });
  context.journal?.begin(() => readSoFar(step));
  let played: ResultStep | undefined;
  try {
    played = await play(step);
    if (played !== undefined) reportFinished(context, played);
    return played;
  } finally {
    context.journal?.end(played);
    clearInterval(ticks);
    step.generator.close();
    await step.session.end();
    await step.server.close();
  }
}
