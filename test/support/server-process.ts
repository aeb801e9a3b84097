import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real server of the system's own binaries, on a port of its own, with its data in a temporary folder. */
export interface RealServer {
  readonly url: string;
  readonly port: number;
  /** Of the process that runs now; another one after a restart. */
  readonly pid: number;
  /** Ends it in order and removes its folder. Idempotent. */
  stop(): Promise<void>;
  /** SIGKILL, as a machine that loses power. Its folder stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder; kills it first when it runs. */
  restart(): Promise<void>;
}

export interface ServerProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Run as this user: PostgreSQL refuses the superuser. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly stopSignal: NodeJS.Signals;
  /** Resolves when it answers, rejects while it does not. */
  readonly probe: () => Promise<void>;
}

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 20;
const LOG_CHARS_KEPT = 4_000;

/** First executable of that name in PATH or the given folders. */
export function findBinary(name: string, folders: readonly string[] = []): string | undefined {
  for (const folder of [...folders, ...(process.env.PATH ?? '').split(':')]) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** A port that nothing listens on now, on the loopback address. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/** Servers of this process that still run: a test file that is torn down early leaves none behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** One process that can be started again; its owner stops it. */
export class ServerProcess {
  readonly #options: ServerProcessOptions;
  #child: ChildProcess | undefined;
  #log = '';

  constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves when it answers. One that ends at once is tried again: the former one's port or memory is still held. */
  async start(): Promise<void> {
    const deadlineMs = performance.now() + START_TIMEOUT_MS;
    while (performance.now() < deadlineMs) {
      const child = this.#spawn();
      while (!hasEnded(child) && performance.now() < deadlineMs) {
        if (await this.#answers()) return;
        await sleep(POLL_MS);
      }
      await sleep(POLL_MS);
    }
    await this.end('SIGKILL');
    throw new Error(`${this.#options.command} did not answer within ${START_TIMEOUT_MS} ms:\n${this.#log}`);
  }

  #spawn(): ChildProcess {
    const { command, args, cwd, user } = this.#options;
    const child = spawn(command, args, { cwd, ...user, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (text: Buffer): void => {
      this.#log = `${this.#log}${text}`.slice(-LOG_CHARS_KEPT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => keep(Buffer.from(error.message)));
    child.once('close', () => running.delete(child));
    running.add(child);
    this.#child = child;
    return child;
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#options.probe();
      return true;
    } catch {
      return false; // Not yet; the caller polls with a deadline.
    }
  }

  /** Sends the signal and waits for the end, SIGKILL after 10 s. */
  async end(signal: NodeJS.Signals = this.#options.stopSignal): Promise<void> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    const fuse = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(fuse);
  }
}
