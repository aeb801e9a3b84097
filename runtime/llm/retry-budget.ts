import type { Clock } from '../../vocabulary/clock.ts';
import { TokenBucket } from './token-bucket.ts';

export interface RetryBudgetOptions {
  /** Extra attempts allowed per request of recent traffic. */
  readonly ratio: number;
  /** Extra attempts allowed per second whatever the traffic, so that a quiet gateway retries too. */
  readonly minPerS: number;
}

/** Seconds of the minimum, and requests of a share, that can be saved up. */
const SAVED_S = 10;
const SAVED_REQUESTS = 100;

/**
 * One budget for every extra attempt of the gateway: each request pays in its share, each retry, hedge and fail-over
 * takes one out. Retries and hedges need a whole one; a fail-over is made in any case (nobody else can answer) but
 * empties the bucket, so that an outage of one provider does not also retry the next.
 */
export class RetryBudget {
  readonly #bucket: TokenBucket;
  readonly #ratio: number;

  constructor({ ratio, minPerS }: RetryBudgetOptions, clock: Clock) {
    this.#ratio = ratio;
    const capacity = Math.max(1, minPerS * SAVED_S, ratio * SAVED_REQUESTS);
    this.#bucket = new TokenBucket(
      { capacity, perS: minPerS, initial: Math.min(capacity, minPerS * SAVED_S) },
      clock,
    );
  }

  /** Extra attempts that could be made now. */
  get left(): number {
    return Math.max(0, this.#bucket.level);
  }

  requestArrived(): void {
    this.#bucket.add(this.#ratio);
  }

  tryTake(): boolean {
    return this.#bucket.tryTake(1);
  }

  /** For what is done in any case. Never into debt. */
  takeWhatIsThere(): void {
    this.#bucket.add(-Math.min(1, this.left));
  }
}
