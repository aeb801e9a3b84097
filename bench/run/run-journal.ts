import type { ResultStep } from '../../vocabulary/result-file.ts';

/** What a run has measured so far: the steps that are over, and the one that runs. */
export class RunJournal {
  readonly #finished: ResultStep[] = [];
  #readCurrent: (() => ResultStep | undefined) | undefined;

  /** A step has begun; `read` gives what its window holds so far, undefined before it has begun. */
  begin(read: () => ResultStep | undefined): void {
    this.#readCurrent = read;
  }

  /** The step that began last is over; undefined when nothing of it is kept. */
  end(step: ResultStep | undefined): void {
    this.#readCurrent = undefined;
    if (step !== undefined) this.#finished.push(step);
  }

  /** All of it, the running step cut off at this instant. */
  read(): ResultStep[] {
    const current = this.#readCurrent?.();
    return current === undefined ? [...this.#finished] : [...this.#finished, current];
  }
}
