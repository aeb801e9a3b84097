import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { createFailure, type Failure, ok, type Result } from '../../../vocabulary/errors.ts';
import type { ResultStep } from '../../../vocabulary/result-file.ts';
import type { FromThread, ThreadSetup, Tick, ToThread } from './messages.ts';
import type { PackedView, PackedViewStart } from './packed-view.ts';

/** The entry point beside this file, whether run from sources or built. */
const THREAD = fileURLToPath(import.meta.url).replace(/generator-thread\.(ts|js)$/, 'thread.$1');

export type Answer = Extract<FromThread, { kind: 'ready' | 'step' }>;

/** One worker. What it answers settles the question that it was asked last. */
export class GeneratorThread {
  readonly #worker: Worker;
  #settle: ((answer: Result<Answer>) => void) | undefined;
  #failure: Failure | undefined;
  /** Told while a step runs. */
  onTick: (tick: Tick, soFar: PackedView) => void = () => {};
  onBegun: (view: PackedViewStart) => void = () => {};
  onSoFar: (step: ResultStep | undefined, costMs: number) => void = () => {};

  constructor(setup: ThreadSetup) {
    this.#worker = new Worker(THREAD, { workerData: setup });
    this.#worker.on('message', (message: FromThread) => this.#hear(message));
    this.#worker.once('error', (error) =>
      this.#fail(createFailure('INTERNAL', `a generator thread failed: ${error}`, { cause: error })),
    );
    this.#worker.once('exit', () =>
      this.#fail(createFailure('INTERNAL', 'a generator thread ended by itself')),
    );
  }

  #hear(message: FromThread): void {
    if (message.kind === 'tick') this.onTick(message.tick, message.soFar);
    else if (message.kind === 'begun') this.onBegun(message.view);
    else if (message.kind === 'so-far') this.onSoFar(message.step, message.costMs);
    else if (message.kind === 'failed') this.#fail(message.failure);
    else this.#settle?.(ok(message));
  }

  #fail(failure: Failure): void {
    this.#failure ??= failure;
    this.#settle?.({ kind: 'failed', failure: this.#failure });
  }

  /** What the thread answers next: that it is ready, or the step that it was told. */
  answer(): Promise<Result<Answer>> {
    if (this.#failure !== undefined) return Promise.resolve({ kind: 'failed', failure: this.#failure });
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
