import { execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MS_PER_S } from '../../vocabulary/units.ts';

const ROOT = join(import.meta.dirname, '../..');
const KIB_PER_MIB = 1024;
const READY_MS = 20_000;

/** The core of what is measured, and the one that the generator and the stubs share. */
export type Core = 'measured' | 'generator';
const CORE_INDEX: Readonly<Record<Core, string>> = { measured: '0', generator: '1' };

/** Whether processes can be given a core each: util-linux's taskset and two cores. */
export const canPin = ((): boolean => {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return availableParallelism() >= 2;
  } catch {
    return false;
  }
})();

const commandOf = (core: Core, args: readonly string[]): readonly [string, readonly string[]] =>
  canPin ? ['taskset', ['-c', CORE_INDEX[core], process.execPath, ...args]] : [process.execPath, args];

/** A process that this measurement started. */
export interface Started {
  readonly pid: number;
  /** The first line of its standard output that is a JSON object with `event: ready`; empty when it was not awaited. */
  readonly ready: Readonly<Record<string, unknown>>;
  readonly startToReadyMs: number;
  stop(): Promise<void>;
}

interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** True once the process serves; asked on every line of output, and every 50 ms. */
  readonly isReady: (line: string) => boolean | Promise<boolean>;
}

/** Starts `node ARGS` on a core and waits until it serves. */
export async function start(core: Core, args: readonly string[], options: StartOptions): Promise<Started> {
  const [command, commandArgs] = commandOf(core, args);
  const stdio: SpawnOptions['stdio'] = ['pipe', 'pipe', 'ignore'];
  const startedAtMs = performance.now();
  const child = spawn(command, commandArgs, { cwd: ROOT, stdio, env: { ...process.env, ...options.env } });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(fuse);
      clearInterval(poll);
    };
    const fail = (why: string): void => {
      settle();
      reject(new Error(`${args[0]} ${why} before it was ready`));
    };
    const done = (text: string): void => {
      settle();
      resolve(text);
    };
    const fuse = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`took ${READY_MS} ms`);
    }, READY_MS);
    const ask = async (text: string): Promise<void> => {
      if (await options.isReady(text)) done(text);
    };
    const poll = setInterval(() => void ask(''), 50);
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (text) => void ask(text));
    child.once('exit', (code) => fail(`ended with ${code}`));
  });
  return {
    pid: child.pid ?? 0,
    ready: line === '' ? {} : (JSON.parse(line) as Record<string, unknown>),
    startToReadyMs: performance.now() - startedAtMs,
    stop: async () => {
      child.kill('SIGTERM');
      const fuse = setTimeout(() => child.kill('SIGKILL'), 5 * MS_PER_S);
      await exited;
      clearTimeout(fuse);
    },
  };
}

export const isReadyLine = (line: string): boolean => line.startsWith('{"event":"ready"');

/** Runs `node ARGS` to its end on the generator's core and reads the JSON of its last line. */
export function runToEnd<T>(args: readonly string[]): Promise<T> {
  const [command, commandArgs] = commandOf('generator', args);
  const child = spawn(command, commandArgs, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout?.on('data', (piece) => {
    output += String(piece);
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      if (code === 0) resolve(JSON.parse(output.trim().split('\n').at(-1) ?? '') as T);
      else reject(new Error(`${args[0]} ended with ${code}`));
    });
  });
}

/** CPU time that a process has used, all its threads, ms. Linux only. */
export function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  // Fields 14 and 15 of proc(5), counted without the two that were cut off; in clock ticks of 10 ms.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** The most memory that a process has held, MiB. Linux only. */
export function peakRssMiBOf(pid: number): number {
  const kib = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kib) / KIB_PER_MIB);
}
