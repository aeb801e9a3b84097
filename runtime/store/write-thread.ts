import { Worker } from 'node:worker_threads';
import type { HistoryWrite, WriteOutcome } from './history-writes.ts';
import type { Synchronous } from './sqlite-connection.ts';
import { threadEntry } from './thread-entry.ts';
import { hasFailed, SILENT_WRITE_OBSERVER } from './write-observer.ts';
import type { WriteQueue } from './write-queue.ts';

interface Waiting {
  readonly write: HistoryWrite;
  readonly settle: (outcome: WriteOutcome) => void;
}

/** What one transaction takes; a portion of retention is one of them. */
const MAX_WRITES_PER_COMMIT = 512;
/** Beyond it the disk is not keeping up, and waiting longer helps nobody. */
const MAX_WAITING = 20_000;
/** A disk that takes longer has failed. */
const COMMIT_TIMEOUT_MS = 15_000;

/**
 * The least time between two commits. A message to a thread and its answer cost more than the row, so rows of a busy
 * moment share them; a row of a quiet one does not wait.
 */
const GATHER_MS = 2;

/**
 * What these threads make dies with the next message: a young generation of this size collects it as well as the 128 MiB to
 * which V8 would let it grow. Other options of the process, such as --eval, are not meant for them.
 */
const THREAD_OPTIONS = { execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: 4 } };

export interface WriteThreadOptions {
  readonly path: string;
  readonly auditSecret: string;
  readonly synchronous: Synchronous;
}

/**
 * Group commit on a thread of its own: all writes that wait when a commit ends share the next. When the thread dies,
 * its writes fail and the next one starts another.
 */
export class WriteThread implements WriteQueue {
  observer = SILENT_WRITE_OBSERVER;
  readonly #options: WriteThreadOptions;
  readonly #checkpointer: Worker;
  #worker: Worker | undefined;
  #waiting: Waiting[] = [];
  #committing: Waiting[] = [];
  #fuse: NodeJS.Timeout | undefined;
  #gathering: NodeJS.Timeout | undefined;
  #committedAtMs = Number.NEGATIVE_INFINITY;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(options: WriteThreadOptions) {
    this.#options = options;
    this.#checkpointer = startCheckpointer(options);
    this.#start();
  }

  /** Writes that were asked for and not yet answered. */
  get backlog(): number {
    return this.#waiting.length + this.#committing.length;
  }

  write(write: HistoryWrite): Promise<WriteOutcome> {
    if (this.#closing !== undefined) return Promise.resolve(failure('the history is closed'));
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.resolve(failure(`more than ${MAX_WAITING} writes wait`));
    }
    return new Promise((resolve) => {
      this.#waiting.push({ write, settle: resolve });
      if (this.#committing.length === 0) this.#commitSoon();
    });
  }

  #commitSoon(): void {
    if (this.#gathering !== undefined) return;
    const dueMs = this.#committedAtMs + GATHER_MS - performance.now();
    if (dueMs <= 0) this.#commit();
    else this.#gathering = setTimeout(() => this.#commit(), dueMs);
  }

  async ping(): Promise<void> {
    if (this.#closing !== undefined) throw new Error('the history is closed');
  }

  #start(): Worker {
    const worker = new Worker(threadEntry('sqlite-worker'), { workerData: this.#options, ...THREAD_OPTIONS });
    // An idle thread does not keep the process alive; one that writes does.
    worker.unref();
    worker.on('message', (outcomes: readonly WriteOutcome[]) => this.#committed(outcomes));
    worker.on('error', (error) => this.#lost(worker, error instanceof Error ? error.message : String(error)));
    worker.on('exit', () => this.#lost(worker, 'the writing thread ended'));
    this.#worker = worker;
    return worker;
  }

  #commit(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#committedAtMs = performance.now();
    const worker = this.#worker ?? this.#start();
    this.#committing =
      this.#waiting.length <= MAX_WRITES_PER_COMMIT
        ? this.#waiting
        : this.#waiting.slice(0, MAX_WRITES_PER_COMMIT);
    this.#waiting = this.#waiting.slice(this.#committing.length);
    worker.ref();
    this.#fuse = setTimeout(() => {
      this.#lost(worker, `no commit within ${COMMIT_TIMEOUT_MS} ms`);
      void worker.terminate();
    }, COMMIT_TIMEOUT_MS);
    worker.postMessage(this.#committing.map(({ write }) => write));
  }

  #committed(outcomes: readonly WriteOutcome[]): void {
    clearTimeout(this.#fuse);
    const done = this.#committing;
    this.#committing = [];
    this.#report(done.length, hasFailed(outcomes));
    // The next commit runs while those who wait for this one go on.
    if (this.#waiting.length > 0) this.#commitSoon();
    else this.#worker?.unref();
    for (const [index, { settle }] of done.entries()) settle(outcomes[index] ?? failure('no outcome'));
    if (this.backlog === 0) this.#onIdle?.();
  }

  #report(writes: number, failed: boolean): void {
    if (writes === 0) return;
    const spanMs = performance.now() - this.#committedAtMs;
    this.observer.committed({ writes, spanMs, hasFailed: failed });
  }

  #lost(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    clearTimeout(this.#fuse);
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#worker = undefined;
    this.#report(this.#committing.length, true);
    const lost = [...this.#committing, ...this.#waiting];
    this.#committing = [];
    this.#waiting = [];
    for (const { settle } of lost) settle(failure(reason));
    this.#onIdle?.();
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    if (this.backlog > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await endWorker(this.#checkpointer);
    if (this.#worker !== undefined) await endWorker(this.#worker);
  }
}

function startCheckpointer({ path }: WriteThreadOptions): Worker {
  const worker = new Worker(threadEntry('sqlite-checkpointer'), { workerData: { path }, ...THREAD_OPTIONS });
  worker.unref();
  // Without it the writer bounds the log itself, at a pause now and then.
  worker.on('error', () => undefined);
  return worker;
}

/** Lets it close its database; one that has ended already has nothing left to say. */
async function endWorker(worker: Worker): Promise<void> {
  if (worker.threadId === -1) return;
  worker.ref();
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.postMessage('close');
  await ended;
}

const failure = (message: string): WriteOutcome => ({ kind: 'failed', message });
