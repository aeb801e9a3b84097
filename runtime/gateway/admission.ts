import { createFault, type Fault, FaultError } from '../llm/fault.ts';

export interface AdmissionOptions {
  /** Work admitted at once. */
  readonly maxInFlight: number;
  readonly onChange: (inFlight: number) => void;
}

/** One admitted piece of work; `release` is idempotent. */
export interface Ticket {
  /** Aborted when the drain runs out of patience, or through `abort`. */
  readonly signal: AbortSignal;
  abort(fault: Fault): void;
  release(): void;
}

/** Counts work in progress, refuses what exceeds the limit, and empties itself on drain. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #running = new Set<AbortController>();
  #draining = false;
  #whenEmpty: (() => void) | undefined;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#running.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Throws FaultError when draining or full. */
  admit(): Ticket {
    if (this.#draining) throw new FaultError(createFault('gateway_draining'));
    if (this.#running.size >= this.#options.maxInFlight)
      throw new FaultError(createFault('gateway_overloaded'));
    const controller = new AbortController();
    this.#running.add(controller);
    this.#options.onChange(this.#running.size);
    return {
      signal: controller.signal,
      abort: (fault) => controller.abort(new FaultError(fault)),
      release: () => this.#release(controller),
    };
  }

  #release(controller: AbortController): void {
    if (!this.#running.delete(controller)) return;
    this.#options.onChange(this.#running.size);
    if (this.#running.size === 0) this.#whenEmpty?.();
  }

  /** Refuses new work, waits up to graceMs for the running, then aborts what is left and waits for it to end. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    if (this.#running.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
    });
    const fuse = setTimeout(() => {
      const reason = new FaultError(createFault('gateway_draining'));
      for (const controller of this.#running) controller.abort(reason);
    }, graceMs);
    await empty;
    clearTimeout(fuse);
  }
}
