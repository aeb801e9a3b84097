import { type ChildProcess, spawn } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BusyhourError, createFailure, failed, ok, type Result } from '../vocabulary/errors.ts';
import { PACKAGE_ROOT } from './version.ts';

/** A busyhour process that this one started and owns. */
export interface OwnedProcess {
  readonly name: string;
  readonly pid: number;
  /** The fields of its ready line: `url` or `address`, and `metricsUrl`. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** SIGTERM, then SIGKILL after graceMs. Resolves when the process is gone, with how it went. Idempotent. */
  stop(graceMs?: number): Promise<'ended' | 'killed'>;
}

export interface ProcessSpec {
  readonly name: string;
  /** Arguments after `busyhour`. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly readyTimeoutMs: number;
  /** Added to this process's own: a measured engine must not take the generator's turn on a shared processor. */
  readonly niceness?: number;
}

const STOP_GRACE_MS = 5_000;
const LOG_LINES_KEPT = 12;

/** The command's own file, for starting another one of it. */
export const ENTRY = join(PACKAGE_ROOT, 'bin/busyhour.js');

function waitForExit(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

async function stopChild(child: ChildProcess, graceMs: number): Promise<'ended' | 'killed'> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await waitForExit(child);
    clearTimeout(timer);
  }
  return child.signalCode === 'SIGKILL' ? 'killed' : 'ended';
}

function keepTail(child: ChildProcess): string[] {
  const tail: string[] = [];
  if (child.stderr === null) return tail;
  createInterface({ input: child.stderr }).on('line', (line) => {
    tail.push(line);
    if (tail.length > LOG_LINES_KEPT) tail.shift();
  });
  return tail;
}

function parseReadyLine(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    return value.event === 'ready' ? value : undefined;
  } catch {
    return undefined; // An ordinary log line that happens to begin with a brace.
  }
}

function waitForReady(
  child: ChildProcess,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Record<string, unknown> | string> {
  return new Promise((resolve) => {
    const finish = (outcome: Record<string, unknown> | string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    const onAbort = (): void => finish('interrupted');
    const timer = setTimeout(() => finish(`not ready within ${timeoutMs} ms`), timeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    child.once('error', (error) => finish(`could not be started: ${error.message}`));
    child.once('exit', (code, killedBy) =>
      finish(`exited with ${killedBy ?? `code ${code}`} before it was ready`),
    );
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const ready = parseReadyLine(line);
        if (ready !== undefined) finish(ready);
      });
    }
  });
}

/**
 * Starts `busyhour ARGS` as a process of its own and waits for its ready line.
 * The child ends itself when this process goes away, however it goes: its standard input closes.
 */
export async function startProcess(spec: ProcessSpec, signal: AbortSignal): Promise<Result<OwnedProcess>> {
  const child = spawn(process.execPath, [ENTRY, ...spec.args, '--exit-with-parent'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...spec.env },
    detached: true, // Its own process group: a terminal's Ctrl-C reaches us alone, and we stop it in order.
  });
  if (spec.niceness !== undefined && child.pid !== undefined)
    setPriority(child.pid, getPriority() + spec.niceness);
  const tail = keepTail(child);
  const outcome = await waitForReady(child, spec.readyTimeoutMs, signal);
  if (typeof outcome === 'string') {
    await stopChild(child, STOP_GRACE_MS);
    if (signal.aborted)
      return { kind: 'failed', failure: createFailure('INTERRUPTED', `stopped while ${spec.name} started`) };
    const log = tail.length === 0 ? '' : `\n${tail.map((line) => `    ${line}`).join('\n')}`;
    return failed('PROCESS_FAILED', `${spec.name} ${outcome}${log}`);
  }
  return ok({
    name: spec.name,
    pid: child.pid ?? 0,
    ready: outcome,
    stop: (graceMs = STOP_GRACE_MS) => stopChild(child, graceMs),
  });
}

/** Aborts when standard input ends: the parent is gone. For children started by startProcess. */
export function signalWithParent(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const parentGone = (): void =>
    controller.abort(new BusyhourError(createFailure('INTERRUPTED', 'the parent process is gone')));
  process.stdin.on('end', parentGone).on('error', parentGone).resume();
  return AbortSignal.any([signal, controller.signal]);
}
