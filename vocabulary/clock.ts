/** Time as an argument. `nowMs` is monotonic with sub-millisecond resolution; `unixMs` is the wall clock. */
export interface Clock {
  /** Milliseconds since an arbitrary fixed instant; never goes back. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch. */
  unixMs(): number;
  /** Resolves at or after `atMs` on this clock; rejects with the signal's reason when aborted. */
  sleepUntil(atMs: number, signal?: AbortSignal): Promise<void>;
}

const TIMER_RESOLUTION_MS = 1;

/** The machine's clock. Sleeps are as coarse as the event loop's timers (about 1 ms). */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  unixMs: () => Date.now(),
  sleepUntil(atMs, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const onTimer = (): void => {
        const leftMs = atMs - performance.now();
        // Timers count from when the loop last looked at the clock: after a long turn of it they fire early.
        if (leftMs > TIMER_RESOLUTION_MS) {
          timer = setTimeout(onTimer, leftMs);
          return;
        }
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      let timer = setTimeout(onTimer, Math.max(0, atMs - performance.now()));
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  },
};

interface Sleeper {
  readonly atMs: number;
  readonly order: number;
  readonly wake: () => void;
}

/** A clock that moves only when told; sleepers wake in time order, ties in the order they came. */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  #sleepers: Sleeper[] = [];
  readonly #startUnixMs: number;

  constructor(startUnixMs = 0) {
    this.#startUnixMs = startUnixMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  unixMs(): number {
    return this.#startUnixMs + this.#nowMs;
  }

  sleepUntil(atMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper: Sleeper = { atMs, order: this.#order++, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Moves to `toMs`, waking sleepers on the way and letting their continuations run between wakes. */
  async advanceTo(toMs: number): Promise<void> {
    for (;;) {
      await drainMicrotasks();
      const next = this.#earliest(toMs);
      if (next === undefined) break;
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
    await drainMicrotasks();
  }

  #earliest(toMs: number): Sleeper | undefined {
    return this.#sleepers
      .filter((sleeper) => sleeper.atMs <= toMs)
      .sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
  }
}

const drainMicrotasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
