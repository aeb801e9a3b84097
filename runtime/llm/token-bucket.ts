import type { Clock } from '../../vocabulary/clock.ts';
import { msFromS, sFromMs } from '../../vocabulary/units.ts';

/** Sums of many small fills are not exact. */
const ROUNDING = 1e-6;

/** Fills at a constant rate up to its capacity. What is taken by right may leave it in debt, which the rate pays off. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #perS: number;
  #level: number;
  #filledAtMs: number;

  constructor(
    options: { readonly capacity: number; readonly perS: number; readonly initial?: number },
    clock: Clock,
  ) {
    this.#clock = clock;
    this.#capacity = options.capacity;
    this.#perS = options.perS;
    this.#level = options.initial ?? options.capacity;
    this.#filledAtMs = clock.nowMs();
  }

  /** What is in it now; negative while in debt. */
  get level(): number {
    const nowMs = this.#clock.nowMs();
    const filled = this.#level + sFromMs(nowMs - this.#filledAtMs) * this.#perS;
    this.#level = Math.min(this.#capacity, filled);
    this.#filledAtMs = nowMs;
    return this.#level;
  }

  /** Time until `amount` can be taken; 0 when now. More than the bucket holds waits for a full one. */
  waitMs(amount: number): number {
    const missing = Math.min(amount, this.#capacity) - this.level;
    if (missing <= ROUNDING) return 0;
    return this.#perS === 0 ? Number.POSITIVE_INFINITY : msFromS(missing / this.#perS);
  }

  /** Takes what is there or nothing. */
  tryTake(amount: number): boolean {
    if (this.level < amount - ROUNDING) return false;
    this.#level -= amount;
    return true;
  }

  /** Adds, or takes by right when negative. */
  add(amount: number): void {
    this.#level = Math.min(this.#capacity, this.level + amount);
  }

  /** Somebody who knows better says that no more is left than this. */
  lowerTo(amount: number): void {
    this.#level = Math.min(this.level, amount);
  }
}
