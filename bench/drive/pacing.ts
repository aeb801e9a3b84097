/** A piece of work due at an instant of `performance.now()`. */
export interface Due {
  readonly atMs: number;
  /** Set by the pacer: ties run in the order they came. */
  order: number;
  run(): void;
}

const isBefore = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** Binary min-heap by instant, ties in the order they came. */
class DueHeap {
  #items: Due[] = [];

  get first(): Due | undefined {
    return this.#items[0];
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: Due): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = items[parentAt] ?? item;
      if (!isBefore(item, parent)) break;
      items[at] = parent;
      at = parentAt;
    }
    items[at] = item;
  }

  pop(): Due | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top !== undefined && last !== undefined && items.length > 0) this.#sink(last);
    return top;
  }

  /** Empties the heap; what it held, in no order. */
  clear(): readonly Due[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  #sink(item: Due): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      const child = this.#smallerChild(at);
      const below = items[child];
      if (below === undefined || !isBefore(below, item)) break;
      items[at] = below;
      at = child;
    }
    items[at] = item;
  }

  #smallerChild(at: number): number {
    const left = 2 * at + 1;
    const [a, b] = [this.#items[left], this.#items[left + 1]];
    return a !== undefined && b !== undefined && isBefore(b, a) ? left + 1 : left;
  }
}

/** Timers of the event loop come up to this much late, so the rest is spun away. */
export const SPIN_MS = 1.6;
/** Late work is caught up in parts, so that answers are read, and their instants taken, in between. */
const MAX_RUNS_PER_TURN = 64;
/** A spin turn of the loop longer than this did other work and does not count as waiting. */
const IDLE_TURN_MS = 0.05;

/**
 * Runs work at exact instants: a timer up to shortly before, then turns of `setImmediate`, which let sockets be read
 * in between. What is late stays late: instants are never moved. The time spent spinning is known, because it is
 * neither the generator's work nor a sign that it is busy.
 */
export class Pacer {
  readonly #heap = new DueHeap();
  #order = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #armedForMs = Number.POSITIVE_INFINITY;
  #lastTurnAtMs = 0;
  #spunMs = 0;
  #isStopped = false;
  readonly #spinMs: number;

  /** `spinMs` 0 leaves all waiting to timers: about a millisecond late, at next to no CPU. */
  constructor(spinMs: number = SPIN_MS) {
    this.#spinMs = spinMs;
  }

  /** Milliseconds spent waiting by spinning so far. */
  get spunMs(): number {
    return this.#spunMs;
  }

  /** Work not yet due. */
  get pending(): number {
    return this.#heap.size;
  }

  /** Runs `run` at `atMs` of performance.now(), or at the next turn of the loop when that has passed. */
  at(atMs: number, run: () => void): void {
    this.add({ atMs, order: 0, run });
  }

  /** The same of an object that is at hand anyway: at many thousand a second a closure each is worth saving. */
  add(due: Due): void {
    if (this.#isStopped) return;
    due.order = this.#order++;
    this.#heap.push(due);
    if (due.atMs < this.#armedForMs) this.#arm();
  }

  /** Forgets all pending work, and returns it, in no order. Idempotent: the second time nothing is left. */
  stop(): readonly Due[] {
    this.#isStopped = true;
    this.#disarm();
    return this.#heap.clear();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#armedForMs = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    this.#disarm();
    const next = this.#heap.first;
    if (next === undefined || this.#isStopped) return;
    this.#armedForMs = next.atMs;
    const nowMs = performance.now();
    const waitMs = next.atMs - nowMs - this.#spinMs;
    const sleepMs = this.#spinMs > 0 ? Math.floor(waitMs) : Math.ceil(waitMs);
    if (sleepMs >= 1) this.#timer = setTimeout(this.#spinFrom, sleepMs);
    else this.#spinFrom();
  }

  readonly #spinFrom = (): void => {
    this.#lastTurnAtMs = performance.now();
    this.#immediate = setImmediate(this.#turn);
  };

  readonly #turn = (): void => {
    const nowMs = performance.now();
    const turnMs = nowMs - this.#lastTurnAtMs;
    if (turnMs < IDLE_TURN_MS) this.#spunMs += turnMs;
    if (this.#armedForMs > nowMs) {
      this.#lastTurnAtMs = nowMs;
      this.#immediate = setImmediate(this.#turn);
      return;
    }
    this.#runDue();
  };

  #runDue(): void {
    // Work that is added while this runs must not arm the pacer for itself.
    this.#armedForMs = Number.NEGATIVE_INFINITY;
    for (let runs = 0; runs < MAX_RUNS_PER_TURN; runs++) {
      const next = this.#heap.first;
      if (next === undefined || next.atMs > performance.now()) break;
      this.#heap.pop();
      next.run();
      if (this.#isStopped) return;
    }
    this.#arm();
  }
}
