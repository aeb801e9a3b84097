import type { Clock } from '../../vocabulary/clock.ts';
import type { FaultCode } from '../../vocabulary/faults.ts';
import type { Random } from '../../vocabulary/random.ts';
import { FailureWindow } from './failure-window.ts';

export const BREAKER_STATES = ['closed', 'half-open', 'open'] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

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
  /** Share of failures within the window that opens it, once the window holds minRequests. */
  readonly failureRatio: number;
  readonly windowMs: number;
  readonly minRequests: number;
  /** How long it stays open at first; doubled each time that a probe fails, up to maxOpenMs. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** Requests let through at once while half open; as many answers in a row close it. */
  readonly probes: number;
}

export const DEFAULT_BREAKER: BreakerOptions = {
  maxFailures: 5,
  failureRatio: 0.5,
  windowMs: 10_000,
  minRequests: 20,
  openMs: 5000,
  maxOpenMs: 60_000,
  probes: 1,
};

/** Many gateways must not come back at the same instant: an open time is drawn from this share of it upwards. */
const MIN_OPEN_RATIO = 0.8;

/** Permission for one request; it must be handed back with exactly one `record`. */
export interface BreakerEntry {
  /** Changes with every change of state: a request from before says nothing of the state after. */
  readonly epoch: number;
  readonly isProbe: boolean;
}

/** Keeps requests away from a provider that fails, and finds out with a few probes when it is back. */
export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #options: BreakerOptions;
  readonly #window: FailureWindow;
  #epoch = 0;
  #failuresInARow = 0;
  #timesOpened = 0;
  #openUntilMs: number | undefined;
  #probesRunning = 0;
  #probesAnswered = 0;

  constructor(options: BreakerOptions, clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
    this.#window = new FailureWindow(options.windowMs, clock);
  }

  get state(): BreakerState {
    if (this.#openUntilMs === undefined) return 'closed';
    return this.#clock.nowMs() < this.#openUntilMs ? 'open' : 'half-open';
  }

  /** Time until a probe is allowed; 0 when one is. */
  get waitMs(): number {
    return this.#openUntilMs === undefined ? 0 : Math.max(0, this.#openUntilMs - this.#clock.nowMs());
  }

  /** Whether `tryEnter` would give an entry now. */
  get mayEnter(): boolean {
    const { state } = this;
    if (state === 'half-open') return this.#probesRunning + this.#probesAnswered < this.#options.probes;
    return state === 'closed';
  }

  /** Asks for permission. */
  tryEnter(): BreakerEntry | undefined {
    if (!this.mayEnter) return undefined;
    const isProbe = this.#openUntilMs !== undefined;
    if (isProbe) this.#probesRunning++;
    return { epoch: this.#epoch, isProbe };
  }

  /** How the permitted request ended: `undefined` for an answer, else the fault. */
  record(entry: BreakerEntry, fault: FaultCode | undefined): void {
    if (entry.epoch !== this.#epoch) return;
    const hasFailed = fault !== undefined && COUNTED.has(fault);
    if (entry.isProbe) {
      this.#recordProbe(fault === undefined, hasFailed);
      return;
    }
    if (fault !== undefined && !hasFailed) return;
    this.#window.add(hasFailed);
    this.#failuresInARow = hasFailed ? this.#failuresInARow + 1 : 0;
    if (hasFailed && this.#isTooMuch()) this.#open();
  }

  /** A probe that ended without an answer and without a failure says nothing: the next one may try. */
  #recordProbe(wasAnswered: boolean, hasFailed: boolean): void {
    this.#probesRunning--;
    if (hasFailed) this.#open();
    else if (wasAnswered && ++this.#probesAnswered >= this.#options.probes) this.#close();
  }

  #isTooMuch(): boolean {
    const { maxFailures, failureRatio, minRequests } = this.#options;
    if (this.#failuresInARow >= maxFailures) return true;
    const { requests, failures } = this.#window.read();
    return requests >= minRequests && failures >= failureRatio * requests;
  }

  #open(): void {
    const { openMs, maxOpenMs } = this.#options;
    const spanMs = Math.min(maxOpenMs, openMs * 2 ** this.#timesOpened);
    const drawn = MIN_OPEN_RATIO + (1 - MIN_OPEN_RATIO) * this.#random.next();
    this.#timesOpened++;
    this.#openUntilMs = this.#clock.nowMs() + spanMs * drawn;
    this.#begin();
  }

  #close(): void {
    this.#timesOpened = 0;
    this.#openUntilMs = undefined;
    this.#begin();
  }

  #begin(): void {
    this.#epoch++;
    this.#failuresInARow = 0;
    this.#probesRunning = 0;
    this.#probesAnswered = 0;
    this.#window.clear();
  }
}
