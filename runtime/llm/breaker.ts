import type { Clock } from '../../vocabulary/clock.ts';
import type { FaultCode } from '../../vocabulary/faults.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';

/** Faults that say a provider is broken. A full queue or a rate limit is an answer, not an outage. */
const COUNTED: ReadonlySet<FaultCode> = new Set([
  'provider_unreachable',
  'provider_timeout',
  'provider_error',
  'provider_incomplete',
]);

export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly maxFailures: number;
  /** How long it stays open before one request may try. */
  readonly openMs: number;
}

/** Keeps requests away from a provider that failed several times in a row; one trial request closes it again. */
export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #options: BreakerOptions;
  #failures = 0;
  #openUntilMs: number | undefined;
  #trialRunning = false;

  constructor(options: BreakerOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  get state(): BreakerState {
    if (this.#openUntilMs === undefined) return 'closed';
    return this.#clock.nowMs() < this.#openUntilMs ? 'open' : 'half-open';
  }

  /** Time until a trial is allowed; 0 when one is. */
  get waitMs(): number {
    return this.#openUntilMs === undefined ? 0 : Math.max(0, this.#openUntilMs - this.#clock.nowMs());
  }

  /** Asks for permission; a true answer must be followed by exactly one `record`. */
  tryEnter(): boolean {
    if (this.state === 'closed') return true;
    if (this.state === 'open' || this.#trialRunning) return false;
    this.#trialRunning = true;
    return true;
  }

  /** How the permitted request ended: `undefined` for an answer, else the fault. */
  record(fault: FaultCode | undefined): void {
    this.#trialRunning = false;
    if (fault === undefined) {
      this.#failures = 0;
      this.#openUntilMs = undefined;
      return;
    }
    if (!COUNTED.has(fault)) return;
    this.#failures++;
    if (this.#failures >= this.#options.maxFailures || this.#openUntilMs !== undefined) {
      this.#openUntilMs = this.#clock.nowMs() + this.#options.openMs;
    }
  }
}
