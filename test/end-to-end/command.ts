import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const ROOT = join(import.meta.dirname, '../..');
const ENTRY = join(ROOT, 'bin/busyhour.js');

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
}

export interface Running {
  readonly pid: number;
  readonly finished: Promise<Finished>;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
}

/** Starts `busyhour ARGS` as a user would; it is killed when the test ends, if it still runs. */
export function startCommand(args: readonly string[], options: { readonly cwd?: string } = {}): Running {
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [ENTRY, ...args], {
    cwd: options.cwd ?? ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text.stdout += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text.stderr += part;
  });
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (exitCode) =>
      resolve({ exitCode, ...text, elapsedMs: performance.now() - startedAtMs }),
    );
  });
  return { pid: child.pid ?? 0, finished, stderr: () => text.stderr, kill: (signal) => child.kill(signal) };
}

export const runCommand = (
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<Finished> => startCommand(args, options).finished;

/** An empty folder that goes away with the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Command lines of running processes that carry `marker` (Linux). */
export function processesWith(marker: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').join(' ');
      } catch {
        return []; // It ended while we looked.
      }
    })
    .filter((line) => line.includes(marker));
}

/** Waits until `condition` holds; fails the test after `limitMs`. */
export async function eventually(condition: () => boolean, limitMs: number): Promise<void> {
  const untilMs = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error(`not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
