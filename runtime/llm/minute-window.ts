import type { Clock } from '../../vocabulary/clock.ts';
import { MS_PER_S, S_PER_MIN } from '../../vocabulary/units.ts';

/** A second counts until its last instant is a minute old, so that no minute, wherever it begins, holds more. */
const KEPT_S = S_PER_MIN + 1;

/** Counts what happened in the last minute, by seconds, and knows when there is room for one more. */
export class MinuteWindow {
  readonly #clock: Clock;
  readonly #maxPerMin: number;
  readonly #perSecond = new Uint32Array(KEPT_S);
  #secondNow: number;
  #total = 0;

  constructor(maxPerMin: number, clock: Clock) {
    this.#clock = clock;
    this.#maxPerMin = maxPerMin;
    this.#secondNow = Math.floor(clock.nowMs() / MS_PER_S);
  }

  /** Time until one more is within the limit; 0 when now. */
  waitMs(): number {
    this.#advance();
    if (this.#total < this.#maxPerMin) return 0;
    let [left, second] = [this.#total, this.#secondNow - KEPT_S];
    while (left >= this.#maxPerMin) {
      second += 1;
      left -= this.#perSecond[second % KEPT_S] ?? 0;
    }
    return (second + KEPT_S) * MS_PER_S - this.#clock.nowMs();
  }

  /** One more, now. */
  note(): void {
    this.#advance();
    const index = this.#secondNow % KEPT_S;
    this.#perSecond[index] = (this.#perSecond[index] ?? 0) + 1;
    this.#total += 1;
  }

  /** Forgets the seconds that are over. */
  #advance(): void {
    const now = Math.floor(this.#clock.nowMs() / MS_PER_S);
    for (let passed = Math.min(now - this.#secondNow, KEPT_S); passed > 0; passed--) {
      const index = (now - passed + 1) % KEPT_S;
      this.#total -= this.#perSecond[index] ?? 0;
      this.#perSecond[index] = 0;
    }
    this.#secondNow = now;
  }
}
