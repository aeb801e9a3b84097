import type { Clock } from '../../vocabulary/clock.ts';
import { S_PER_MIN } from '../../vocabulary/units.ts';
import { MinuteWindow } from './minute-window.ts';
import type { RateLimitReport } from './rate-limit-headers.ts';
import { TokenBucket } from './token-bucket.ts';

export interface VendorLimitOptions {
  readonly requestsPerMin?: number;
  readonly tokensPerMin?: number;
}

/** Share of a minute's limit that may go at once; the rest comes evenly. */
const BURST_RATIO = 1 / 6;
/** A vendor that names a longer pause is asked again after this: dates and clocks can be wrong. */
const MAX_PAUSE_MS = 300_000;

const bucketOf = (perMin: number | undefined, clock: Clock): TokenBucket | undefined =>
  perMin === undefined
    ? undefined
    : new TokenBucket({ capacity: Math.max(1, perMin * BURST_RATIO), perS: perMin / S_PER_MIN }, clock);

/**
 * Stays within what a vendor allows: requests and tokens per minute from the configuration, corrected by what its
 * headers say is left, and a pause while it has told us to wait.
 */
export class VendorLimits {
  readonly #clock: Clock;
  readonly #requests: TokenBucket | undefined;
  readonly #tokens: TokenBucket | undefined;
  /** What the bucket lets through after a pause would be a sixth more than a minute's limit in its first minute. */
  readonly #minute: MinuteWindow | undefined;
  #pausedUntilMs = 0;

  constructor(options: VendorLimitOptions, clock: Clock) {
    this.#clock = clock;
    this.#requests = bucketOf(options.requestsPerMin, clock);
    this.#tokens = bucketOf(options.tokensPerMin, clock);
    this.#minute =
      options.requestsPerMin === undefined ? undefined : new MinuteWindow(options.requestsPerMin, clock);
  }

  /** Time until a request of so many tokens may go; 0 when now. */
  waitMs(tokens: number): number {
    const pauseMs = Math.max(0, this.#pausedUntilMs - this.#clock.nowMs());
    const requestsMs = Math.max(this.#requests?.waitMs(1) ?? 0, this.#minute?.waitMs() ?? 0);
    return Math.max(pauseMs, requestsMs, this.#tokens?.waitMs(tokens) ?? 0);
  }

  /** One request of so many tokens at most goes now. */
  take(tokens: number): void {
    this.#requests?.add(-1);
    this.#minute?.note();
    this.#tokens?.add(-tokens);
  }

  /** It used so many after all. */
  settle(takenTokens: number, usedTokens: number): void {
    this.#tokens?.add(takenTokens - usedTokens);
  }

  /** What the vendor's headers say. */
  learn(report: RateLimitReport): void {
    if (report.requestsRemaining !== undefined) this.#requests?.lowerTo(report.requestsRemaining);
    if (report.tokensRemaining !== undefined) this.#tokens?.lowerTo(report.tokensRemaining);
    if (report.exhaustedForMs !== undefined) this.pauseFor(report.exhaustedForMs);
  }

  /** The vendor asked to be left alone for so long. */
  pauseFor(spanMs: number): void {
    const untilMs = this.#clock.nowMs() + Math.min(spanMs, MAX_PAUSE_MS);
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs);
  }
}
