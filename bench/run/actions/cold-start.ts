import { type ChildProcess, spawn } from 'node:child_process';
import { request } from 'undici';
import type { ColdStartAction } from '../../../scenarios/actions.ts';
import type { Scenario } from '../../../scenarios/scenario.ts';
import { systemClock } from '../../../vocabulary/clock.ts';
import { createDriver } from '../../drive/drivers.ts';

/** How long a process took from its start to its first answer. */
export type ColdStartOutcome =
  | { readonly kind: 'answered'; readonly readyMs: number; readonly firstAnswerMs: number }
  | { readonly kind: 'failed'; readonly detail: string };

export interface ColdStart {
  readonly pid: number | undefined;
  readonly outcome: Promise<ColdStartOutcome>;
  /** SIGTERM, then SIGKILL after five seconds. Idempotent. */
  stop(): Promise<void>;
}

const POLL_MS = 20;
const STOP_GRACE_MS = 5_000;
const ASK_TIMEOUT_MS = 2_000;

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function isUp(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const limits = AbortSignal.any([signal, AbortSignal.timeout(ASK_TIMEOUT_MS)]);
    const response = await request(url, { signal: limits });
    await response.body.dump();
    return response.statusCode < 500;
  } catch {
    return false; // Not yet; the caller asks again until its limit.
  }
}

/** Asks the work's own kind of question until one is answered. */
async function askOnce(scenario: Scenario, url: string, signal: AbortSignal): Promise<boolean> {
  const driver = createDriver(scenario.protocol, { url, timeouts: scenario.timeouts, maxConnections: 1 });
  try {
    const exchange = await driver.send(
      {
        interactionId: `cold-start-${Date.now()}`,
        messages: [{ role: 'user', content: 'hello' }],
        maxOutputTokens: 1,
        exactOutputTokens: false,
        keepText: false,
      },
      signal,
    );
    return exchange.outcome.state === 'completed';
  } finally {
    await driver.close();
  }
}

interface Watch {
  readonly child: ChildProcess;
  readonly action: ColdStartAction;
  readonly scenario: Scenario;
  readonly signal: AbortSignal;
  readonly spawnFault: () => string | undefined;
}

/** Repeats a question until it is answered yes; the reason where it never is. */
async function until(watch: Watch, ask: () => Promise<boolean>): Promise<string | undefined> {
  for (;;) {
    const fault = watch.spawnFault();
    if (fault !== undefined) return fault;
    if (watch.signal.aborted) return `no answer within ${watch.action.timeoutMs} ms`;
    if (hasEnded(watch.child))
      return `the process ended with ${watch.child.exitCode ?? watch.child.signalCode}`;
    if (await ask()) return undefined;
    await systemClock.sleepUntil(performance.now() + POLL_MS);
  }
}

async function watchStart(watch: Watch): Promise<ColdStartOutcome> {
  const { action, scenario, signal } = watch;
  const startedAtMs = performance.now();
  const notUp = await until(watch, () => isUp(`${action.url}/ready`, signal));
  if (notUp !== undefined) return { kind: 'failed', detail: notUp };
  const readyMs = performance.now() - startedAtMs;
  const mute = await until(watch, () => askOnce(scenario, action.url, signal));
  if (mute !== undefined) return { kind: 'failed', detail: mute };
  return { kind: 'answered', readyMs, firstAnswerMs: performance.now() - startedAtMs };
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const fuse = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await ended;
  clearTimeout(fuse);
}

/** Starts a process, without a shell, and times it to its first answer. Its owner stops it. */
export function startCold(action: ColdStartAction, scenario: Scenario, signal: AbortSignal): ColdStart {
  const [program = '', ...args] = action.command;
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore'] });
  let fault: string | undefined;
  child.once('error', (error) => {
    fault = `it could not be started: ${error.message}`;
  });
  const limits = AbortSignal.any([signal, AbortSignal.timeout(action.timeoutMs)]);
  return {
    pid: child.pid,
    outcome: watchStart({ child, action, scenario, signal: limits, spawnFault: () => fault }),
    stop: () => stopChild(child),
  };
}
