import type { Clock } from '../../vocabulary/clock.ts';

const SLICES = 10;
const EMPTY = { index: -SLICES, requests: 0, failures: 0 };

interface Slice {
  index: number;
  requests: number;
  failures: number;
}

/** Requests and failures of a sliding window, in ten slices that are forgotten one by one. */
export class FailureWindow {
  readonly #clock: Clock;
  readonly #sliceMs: number;
  readonly #slices: Slice[];

  constructor(windowMs: number, clock: Clock) {
    this.#clock = clock;
    this.#sliceMs = windowMs / SLICES;
    this.#slices = Array.from({ length: SLICES }, () => ({ ...EMPTY }));
  }

  add(hasFailed: boolean): void {
    const index = this.#index();
    const slice = this.#slices[index % SLICES];
    if (slice === undefined) return;
    if (slice.index !== index) Object.assign(slice, { index, requests: 0, failures: 0 });
    slice.requests++;
    if (hasFailed) slice.failures++;
  }

  read(): { readonly requests: number; readonly failures: number } {
    const oldest = this.#index() - SLICES;
    let requests = 0;
    let failures = 0;
    for (const slice of this.#slices) {
      if (slice.index <= oldest) continue;
      requests += slice.requests;
      failures += slice.failures;
    }
    return { requests, failures };
  }

  clear(): void {
    for (const slice of this.#slices) Object.assign(slice, EMPTY);
  }

  #index(): number {
    return Math.floor(this.#clock.nowMs() / this.#sliceMs);
  }
}
