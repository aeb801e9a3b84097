import autocannon from 'autocannon';
import type { Scenario } from '../../../scenarios/scenario.ts';
import type { ResultStep } from '../../../vocabulary/result-file.ts';
import { MS_PER_S, sFromMs } from '../../../vocabulary/units.ts';
import { GeneratorWatch } from '../../observe/generator.ts';
import { StepRecorder } from '../../observe/recorder.ts';
import type { ProgressListener } from '../../run/progress.ts';
import { waitUntil } from '../../run/step.ts';
import { ConnectionTracker, ExchangeLog } from './exchange-log.ts';
import type { AutocannonRequests } from './requests.ts';

export interface AutocannonStep {
  readonly name: string;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

export interface AutocannonRun {
  readonly scenario: Scenario;
  readonly asked: AutocannonRequests;
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
  readonly runStartedAtMs: number;
}

/** How often the library looks whether it was told to stop. */
const STOP_CHECK_MS = 20;
/** A server that went away is asked anew at once: without a limit its refusals would fill the memory. */
const MAX_ERRORS = 20_000;
const DRAIN_POLL_MS = 10;
/** The library refuses a shorter limit. */
export const MIN_TIMEOUT_S = 1;
/** The library ends by itself only when we failed to end it. */
const SPARE_MS = 60_000;

interface Cannon {
  readonly log: ExchangeLog;
  readonly trackers: readonly ConnectionTracker[];
  readonly instance: autocannon.Instance;
  readonly finished: Promise<void>;
}

/** The library's own types leave out the events of a client that tell of its requests. */
interface ClientEvents {
  on(event: 'request' | 'timeout', listener: () => void): void;
  on(event: 'connError', listener: (error: unknown) => void): void;
  on(event: 'response', listener: (status: number) => void): void;
}

function follow(client: ClientEvents, log: ExchangeLog): ConnectionTracker {
  const tracker = new ConnectionTracker(log);
  client.on('request', () => tracker.onRequest());
  client.on('response', (status) => tracker.onResponse(status));
  client.on('connError', (error) => tracker.onError(error));
  client.on('timeout', () => tracker.onTimeout());
  return tracker;
}

function startCannon(run: AutocannonRun, step: AutocannonStep): Cannon {
  const { timeouts, drainMs } = run.scenario;
  const log = new ExchangeLog();
  const trackers: ConnectionTracker[] = [];
  const options: autocannon.Options = {
    ...run.asked,
    connections: step.connections,
    pipelining: 1,
    timeout: Math.max(MIN_TIMEOUT_S, sFromMs(timeouts.totalMs)),
    duration: sFromMs(step.warmUpMs + step.windowMs + drainMs + SPARE_MS),
    sampleInt: STOP_CHECK_MS,
    bailout: MAX_ERRORS,
    // No rate is asked of it, so its correction for coordinated omission, which invents samples, stays off.
    setupClient: (client) => {
      trackers.push(follow(client as unknown as ClientEvents, log));
    },
  };
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  const instance = autocannon(options, (error) => (error ? reject(error) : resolve()));
  return { log, trackers, instance, finished };
}

async function drain(cannon: Cannon, windowToMs: number, run: AutocannonRun): Promise<void> {
  const untilMs = windowToMs + run.scenario.drainMs;
  const isOpen = ({ openSinceMs }: ConnectionTracker): boolean =>
    openSinceMs !== undefined && openSinceMs < windowToMs;
  while (cannon.trackers.some(isOpen) && performance.now() < untilMs && !run.signal.aborted) {
    await waitUntil(performance.now() + DRAIN_POLL_MS, run.signal);
  }
}

async function stopCannon(cannon: Cannon): Promise<void> {
  for (const tracker of cannon.trackers) tracker.end();
  cannon.instance.stop();
  await cannon.finished;
}

function startTicks(run: AutocannonRun, step: AutocannonStep, cannon: Cannon): NodeJS.Timeout {
  const startedAtMs = performance.now();
  return setInterval(() => {
    run.onProgress({
      kind: 'tick',
      name: step.name,
      elapsedMs: performance.now() - startedAtMs,
      spanMs: step.warmUpMs + step.windowMs,
      sent: cannon.log.length,
      inFlight: cannon.trackers.filter(({ openSinceMs }) => openSinceMs !== undefined).length,
      failed: cannon.log.failed,
    });
  }, MS_PER_S);
}

/** A closed loop that sends at once has no schedule to be late for: no slip is better than a row of zeros. */
function withoutSlip(step: ResultStep): ResultStep {
  const { scheduleSlipMs: _none, ...histograms } = step.histograms;
  return { ...step, histograms };
}

/** One step: a number of connections that each ask again at once, through warm-up, window and drain. */
export async function runAutocannonStep(
  run: AutocannonRun,
  step: AutocannonStep,
): Promise<ResultStep | undefined> {
  const { name, connections, warmUpMs, windowMs } = step;
  run.onProgress({ kind: 'step-started', name, spanMs: warmUpMs + windowMs });
  const windowFromMs = performance.now() + warmUpMs;
  const windowToMs = windowFromMs + windowMs;
  const generator = new GeneratorWatch(() => 0);
  const cannon = startCannon(run, step);
  const ticks = startTicks(run, step, cannon);
  try {
    // The library ends early when it saw too many errors; the rest of the window then stays empty.
    const wait = (atMs: number) => Promise.race([waitUntil(atMs, run.signal), cannon.finished]);
    await wait(windowFromMs);
    if (run.signal.aborted) return undefined;
    generator.start();
    await wait(windowToMs);
    const stoppedAtMs = run.signal.aborted ? performance.now() : Number.POSITIVE_INFINITY;
    const use = generator.stop();
    await drain(cannon, windowToMs, run);
    await stopCannon(cannon);
    const recorder = new StepRecorder({
      name,
      load: { kind: 'closed', concurrency: connections },
      slos: run.scenario.slos,
      runStartedAtMs: run.runStartedAtMs,
      windowFromMs,
      warmUpMs,
      windowMs,
    });
    cannon.log.replayInto(recorder);
    return withoutSlip(recorder.finish({ generator: use }, stoppedAtMs));
  } finally {
    clearInterval(ticks);
    await stopCannon(cannon);
  }
}
