import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

const ENTRY = join(import.meta.dirname, '../../bin/busyhour.js');
const READY_TIMEOUT_MS = 25_000;

/** `busyhour serve` as a process of its own, ready. */
export interface ServeProcess {
  readonly url: string;
  readonly pid: number;
  readonly ready: Readonly<Record<string, unknown>>;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Code or signal of its end. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
}

/** Starts `busyhour serve ARGS` and waits for its ready line; it is killed when the test ends, if it still runs. */
export async function startServe(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ServeProcess> {
  const child = spawn(process.execPath, [ENTRY, 'serve', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text.stdout += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text.stderr += part;
  });
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  const untilMs = performance.now() + READY_TIMEOUT_MS;
  while (!text.stdout.includes('\n')) {
    if (child.exitCode !== null || performance.now() > untilMs) throw new Error(`not ready: ${text.stderr}`);
    await sleep(20);
  }
  const ready = JSON.parse(text.stdout.slice(0, text.stdout.indexOf('\n'))) as Record<string, unknown>;
  return {
    url: String(ready.url),
    pid: child.pid ?? 0,
    ready,
    stderr: () => text.stderr,
    kill: (signal) => child.kill(signal),
    exited,
  };
}
