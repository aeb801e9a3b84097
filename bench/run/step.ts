import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import type { ResultStep, StepLoad } from '../../vocabulary/result-file.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import { GeneratorWatch } from '../observe/generator.ts';
import { StepRecorder } from '../observe/recorder.ts';
import { ServerWatch } from '../observe/server-watch.ts';
import { LoadSession } from './load-session.ts';
import type { RunContext } from './step-context.ts';

export interface StepOptions {
  readonly name: string;
  readonly load: StepLoad;
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly drainMs: number;
  /** Puts the load on the session; instants count from `stepStartedAtMs`. */
  readonly begin: (session: LoadSession, stepStartedAtMs: number) => void;
}

/** Time to plan ahead of the first send. */
const LEAD_MS = 20;
const DRAIN_POLL_MS = 20;

/** Resolves at `atMs` of performance.now(), or when the signal aborts. Never rejects. */
export function waitUntil(atMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, atMs - performance.now()));
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Load goes on until every request of the window has ended, for at most the drain time. */
async function drain(session: LoadSession, untilMs: number, signal: AbortSignal): Promise<void> {
  while (session.inWindowOpen > 0 && performance.now() < untilMs && !signal.aborted) {
    await waitUntil(Math.min(untilMs, performance.now() + DRAIN_POLL_MS), signal);
  }
}

function reportFinished(context: RunContext, step: ResultStep): void {
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

function startTicks(context: RunContext, options: StepOptions, session: LoadSession): NodeJS.Timeout {
  const startedAtMs = performance.now();
  return setInterval(() => {
    context.onProgress({
      kind: 'tick',
      name: options.name,
      elapsedMs: performance.now() - startedAtMs,
      spanMs: options.warmUpMs + options.windowMs,
      sent: session.sent,
      inFlight: session.inFlight,
      failed: session.failed,
    });
  }, MS_PER_S);
}

/**
 * Runs one step: warm-up, window, drain. Aborting the context's signal ends it at once; what the window held until
 * then is returned, or undefined when the window had not begun.
 */
export async function runStep(context: RunContext, options: StepOptions): Promise<ResultStep | undefined> {
  const { signal } = context;
  const stepStartedAtMs = performance.now() + LEAD_MS;
  const windowFromMs = stepStartedAtMs + options.warmUpMs;
  const windowToMs = windowFromMs + options.windowMs;
  const recorder = new StepRecorder({
    ...options,
    slos: context.scenario.slos,
    runStartedAtMs: context.startedAtMs,
    windowFromMs,
  });
  const session = new LoadSession(context, recorder);
  const generator = new GeneratorWatch(() => session.pacer.spunMs);
  const server = new ServerWatch(context.metricsUrls);
  const ticks = startTicks(context, options, session);
  context.onProgress({
    kind: 'step-started',
    name: options.name,
    spanMs: options.warmUpMs + options.windowMs,
  });
  try {
    options.begin(session, stepStartedAtMs);
    await waitUntil(windowFromMs, signal);
    if (signal.aborted) return undefined;
    generator.start();
    server.start();
    await waitUntil(windowToMs, signal);
    const stoppedAtMs = signal.aborted ? performance.now() : Number.POSITIVE_INFINITY;
    const generatorUse = generator.stop();
    const [serverUse] = await Promise.all([
      server.stop(),
      drain(session, windowToMs + options.drainMs, signal),
    ]);
    await session.end();
    const surroundings = {
      generator: generatorUse,
      ...(serverUse === undefined ? {} : { server: serverUse }),
    };
    const step = recorder.finish(surroundings, stoppedAtMs);
    reportFinished(context, step);
    return step;
  } finally {
    clearInterval(ticks);
    await session.end();
    await server.close();
  }
}
