import { OpenList, type OpenPlace } from '../../vocabulary/open-list.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import { createFault, type Fault, FaultError } from '../llm/fault.ts';

export interface AdmissionOptions {
  /** Work admitted at once. */
  readonly maxInFlight: number;
  /** Work that may wait for a place; none when absent. */
  readonly maxWaiting?: number;
  readonly maxWaitMs?: number;
  readonly onChange: (inFlight: number) => void;
  /** Work was refused for want of a place. */
  readonly onFull?: () => void;
  /** How long each that had to wait did, whether or not it got its place. */
  readonly onWaited?: (waitedMs: number) => void;
}

/** One admitted piece of work; `release` is idempotent. */
export interface Ticket {
  /** Aborted when the drain runs out of patience, or through `abort`. */
  readonly signal: AbortSignal;
  abort(fault: Fault): void;
  release(): void;
}

interface Waiter {
  readonly sinceMs: number;
  admit(ticket: Ticket): void;
  refuse(fault: Fault): void;
}

/** Releases over which the pace of work is taken, for the time to come back. */
const PACE_WINDOW = 64;
const MAX_RETRY_AFTER_MS = 30_000;

/** Counts work in progress, lets a bounded number wait for a short time, refuses the rest, and empties itself on drain. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #running = new OpenList<AbortController>();
  /** The newest last, and served first: under overload the oldest are those whose callers have waited in vain. */
  readonly #waiting: Waiter[] = [];
  #draining = false;
  /** One per drain in progress: an administrator may ask for one before the process is told to end. */
  readonly #whenEmpty: (() => void)[] = [];
  #releases = 0;
  #paceSinceMs = performance.now();
  #msPerRelease = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Whether neither a place nor a place to wait is free. */
  get isFull(): boolean {
    const { maxInFlight, maxWaiting = 0 } = this.#options;
    return this.#running.size >= maxInFlight && this.#waiting.length >= maxWaiting;
  }

  /** Throws FaultError when draining or full. */
  admit(): Ticket {
    if (this.#draining) throw new FaultError(createFault('gateway_draining'));
    if (this.#running.size >= this.#options.maxInFlight) throw new FaultError(this.#full());
    return this.#begin();
  }

  /** As `admit`, but when full waits its turn for up to maxWaitMs, unless too many do. Rejects with FaultError. */
  enter(): Ticket | Promise<Ticket> {
    const { maxInFlight, maxWaiting = 0 } = this.#options;
    const isFull = this.#running.size >= maxInFlight;
    if (this.#draining || !isFull || this.#waiting.length >= maxWaiting) return this.admit();
    return this.#wait();
  }

  #wait(): Promise<Ticket> {
    const { maxWaitMs = 0, onWaited } = this.#options;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(fuse);
        this.#waiting.splice(this.#waiting.lastIndexOf(waiter), 1);
        onWaited?.(performance.now() - waiter.sinceMs);
      };
      const waiter: Waiter = {
        sinceMs: performance.now(),
        admit: (ticket) => {
          end();
          resolve(ticket);
        },
        refuse: (fault) => {
          end();
          reject(new FaultError(fault));
        },
      };
      const fuse = setTimeout(() => waiter.refuse(this.#full()), maxWaitMs);
      this.#waiting.push(waiter);
    });
  }

  #begin(): Ticket {
    const controller = new AbortController();
    const place = this.#running.add(controller);
    this.#options.onChange(this.#running.size);
    return {
      signal: controller.signal,
      abort: (fault) => controller.abort(new FaultError(fault)),
      release: () => this.#release(place),
    };
  }

  #release(place: OpenPlace<AbortController>): void {
    if (!this.#running.remove(place)) return;
    this.#notePace();
    if (this.#waiting.length > 0) {
      this.#waiting.at(-1)?.admit(this.#begin());
      return;
    }
    this.#options.onChange(this.#running.size);
    if (this.#running.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  #notePace(): void {
    if (++this.#releases < PACE_WINDOW) return;
    const nowMs = performance.now();
    this.#msPerRelease = (nowMs - this.#paceSinceMs) / this.#releases;
    this.#releases = 0;
    this.#paceSinceMs = nowMs;
  }

  #full(): Fault {
    this.#options.onFull?.();
    return this.overloaded();
  }

  /** The refusal of new work, with the time in which what is in progress and waits will have been done at its pace. */
  overloaded(): Fault {
    const workMs = this.#msPerRelease * (this.#running.size + this.#waiting.length);
    const retryAfterMs = Math.min(MAX_RETRY_AFTER_MS, Math.max(MS_PER_S, workMs));
    return createFault('gateway_overloaded', undefined, { retryAfterMs });
  }

  /**
   * Refuses new work, waits up to graceMs for the running, then aborts what is left and waits for it to end. Of several
   * drains the shortest patience counts, and each ends when the last work has.
   */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    for (const waiter of [...this.#waiting]) waiter.refuse(createFault('gateway_draining'));
    if (this.#running.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty.push(resolve);
    });
    const fuse = setTimeout(() => {
      const reason = new FaultError(createFault('gateway_draining'));
      for (const controller of this.#running.values()) controller.abort(reason);
    }, graceMs);
    await empty;
    clearTimeout(fuse);
  }
}
