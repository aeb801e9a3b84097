import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { ROOT } from './command.ts';

const ENTRY = join(ROOT, 'bin/busyhour.js');
const READY_MS = 20_000;

/** A gateway process on a fixed port, to be killed and started again as an orchestrator would. */
export interface Replica {
  readonly url: string;
  readonly stderr: () => string;
  start(): Promise<void>;
  /** SIGKILL: no handler runs. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and the exit code that follows. */
  terminate(): Promise<number | null>;
}

export interface ReplicaOptions {
  readonly folder: string;
  readonly name: string;
  readonly port: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

function untilReady(child: ChildProcess, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fuse = setTimeout(() => reject(new Error(`${name} was not ready`)), READY_MS);
    const done = (error?: Error): void => {
      clearTimeout(fuse);
      if (error === undefined) resolve();
      else reject(error);
    };
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.includes('"event":"ready"')) done();
      });
    child.once('exit', (code) => done(new Error(`${name} ended with ${code} before it was ready`)));
  });
}

const isGone = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Writes the configuration; the process is started by `start` and killed when the test ends. */
export function createReplica({ folder, name, port, config, env }: ReplicaOptions): Replica {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, stringify({ port, logLevel: 'warn', ...config }));
  let child: ChildProcess | undefined;
  let log = '';
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const running = child;
    if (running === undefined || isGone(running)) return running?.exitCode ?? null;
    const exited = new Promise<number | null>((resolve) => running.once('exit', resolve));
    running.kill(signal);
    return exited;
  };
  onTestFinished(async () => {
    await end('SIGKILL');
  });
  return {
    url: `http://127.0.0.1:${port}`,
    stderr: () => log,
    start: async () => {
      child = spawn(process.execPath, [ENTRY, 'serve', '--config', file], {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...env },
      });
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        log = (log + text).slice(-8000);
      });
      await untilReady(child, name);
    },
    kill: async () => {
      await end('SIGKILL');
    },
    terminate: () => end('SIGTERM'),
  };
}
