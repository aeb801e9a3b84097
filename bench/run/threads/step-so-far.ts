import type { ResultStep } from '../../../vocabulary/result-file.ts';
import type { GeneratorThread } from './generator-thread.ts';

/** What a running step holds is asked for no more often than it costs the generators this share of their time. */
const MAX_COST_RATIO = 0.02;

/** What the threads have measured of the running step, for checkpoints: that of the time before, as asking takes a while. */
export class StepSoFar {
  readonly #threads: readonly GeneratorThread[];
  readonly #name: string;
  readonly #told = new Map<number, ResultStep | undefined>();
  readonly #merge: (told: readonly (ResultStep | undefined)[]) => ResultStep | undefined;
  #latest: ResultStep | undefined;
  #askAgainAtMs = 0;

  constructor(
    name: string,
    threads: readonly GeneratorThread[],
    merge: (told: readonly (ResultStep | undefined)[]) => ResultStep | undefined,
  ) {
    this.#name = name;
    this.#threads = threads;
    this.#merge = merge;
    for (const [index, thread] of threads.entries())
      thread.onSoFar = (step, costMs) => this.#hear(index, step, costMs);
    this.#ask();
  }

  #ask(): void {
    this.#told.clear();
    for (const thread of this.#threads) thread.tell({ kind: 'read' });
  }

  #hear(index: number, step: ResultStep | undefined, costMs: number): void {
    // An answer of the step before may still have been on its way.
    if (step !== undefined && step.name !== this.#name) return;
    this.#told.set(index, step);
    this.#askAgainAtMs = Math.max(this.#askAgainAtMs, performance.now() + costMs / MAX_COST_RATIO);
    if (this.#told.size === this.#threads.length) this.#latest = this.#merge([...this.#told.values()]);
  }

  read(): ResultStep | undefined {
    if (performance.now() >= this.#askAgainAtMs) this.#ask();
    return this.#latest;
  }
}
