import { createFault, FaultError } from './fault.ts';

/** Limits of one attempt at one provider. */
export interface AttemptTimeouts {
  readonly firstTokenMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

/** Aborts an attempt that takes too long to its first token, between tokens, or in all; and when the parent aborts. */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #timeouts: AttemptTimeouts;
  readonly #parent: AbortSignal;
  readonly #total: NodeJS.Timeout;
  #progress: NodeJS.Timeout;
  #sawToken = false;

  constructor(timeouts: AttemptTimeouts, parent: AbortSignal) {
    this.#timeouts = timeouts;
    this.#parent = parent;
    this.#total = this.#fuse(timeouts.totalMs, 'the whole answer');
    this.#progress = this.#fuse(timeouts.firstTokenMs, 'the first token');
    if (parent.aborted) this.#onParentAbort();
    else parent.addEventListener('abort', this.#onParentAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** A token came: from the first on, the idle limit applies. */
  touch(): void {
    if (this.#sawToken) {
      this.#progress.refresh();
      return;
    }
    this.#sawToken = true;
    clearTimeout(this.#progress);
    this.#progress = this.#fuse(this.#timeouts.idleMs, 'the next token');
  }

  /** Stops the timers and aborts whatever is left of the attempt. */
  end(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#progress);
    this.#parent.removeEventListener('abort', this.#onParentAbort);
    this.#controller.abort();
  }

  readonly #onParentAbort = (): void => this.#controller.abort(this.#parent.reason);

  #fuse(limitMs: number, what: string): NodeJS.Timeout {
    return setTimeout(() => {
      const message = `The provider took longer than ${limitMs} ms for ${what}.`;
      this.#controller.abort(new FaultError(createFault('provider_timeout', message)));
    }, limitMs);
  }
}
