import { createFault, FaultError } from './fault.ts';

/** Limits of one attempt at one provider. */
export interface AttemptTimeouts {
  readonly firstTokenMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

/** Made once: without a reason of ours every attempt would pay for an exception with its stack. */
const OVER = new FaultError(createFault('caller_disconnected'));

/** Aborts an attempt that takes too long to its first token, between tokens, or in all; and when the parent aborts. */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #timeouts: AttemptTimeouts;
  readonly #parent: AbortSignal;
  readonly #total: NodeJS.Timeout;
  #progress: NodeJS.Timeout;
  #sawToken = false;
  #held = false;

  constructor(timeouts: AttemptTimeouts, parent: AbortSignal) {
    this.#timeouts = timeouts;
    this.#parent = parent;
    this.#total = setTimeout(() => this.#onTotal(), timeouts.totalMs);
    this.#progress = this.#fuse(timeouts.firstTokenMs, 'the first token');
    if (parent.aborted) this.#onParentAbort();
    else parent.addEventListener('abort', this.#onParentAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** A token came: from the first on, the idle limit applies. `resume`, which follows each, winds the timer up again. */
  touch(): void {
    if (this.#sawToken) return;
    this.#sawToken = true;
    clearTimeout(this.#progress);
    this.#progress = this.#fuse(this.#timeouts.idleMs, 'the next token');
  }

  /** The reader is at it: until `resume`, waiting is not the provider's. */
  hold(): void {
    this.#held = true;
  }

  resume(): void {
    this.#held = false;
    this.#progress.refresh();
  }

  /** Stops the timers and aborts whatever is left of the attempt. */
  end(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#progress);
    this.#parent.removeEventListener('abort', this.#onParentAbort);
    this.#controller.abort(OVER);
  }

  readonly #onParentAbort = (): void => this.#controller.abort(this.#parent.reason);

  /** A reader so slow that it used up the time itself is not a provider's failure. */
  #onTotal(): void {
    const { totalMs } = this.#timeouts;
    if (!this.#held) this.#expire(totalMs, 'the whole answer');
    else {
      const message = `The client took longer than ${totalMs} ms to read the answer.`;
      this.#controller.abort(new FaultError(createFault('caller_disconnected', message)));
    }
  }

  #expire(limitMs: number, what: string): void {
    const message = `The provider took longer than ${limitMs} ms for ${what}.`;
    this.#controller.abort(new FaultError(createFault('provider_timeout', message)));
  }

  #fuse(limitMs: number, what: string): NodeJS.Timeout {
    return setTimeout(() => {
      if (!this.#held) this.#expire(limitMs, what);
    }, limitMs);
  }
}
