import { type Clock, systemClock } from '../../vocabulary/clock.ts';

/** How often the loop is looked at. */
const LOOK_MS = 10;
/** A decision is made from so much time and at least so many looks: one long pause is no overload. */
const DECISION_MS = 200;
const MIN_LOOKS = 2;
/** However overloaded, so much is let in: else nothing would show that the overload has passed. */
const MIN_ADMITTED_RATIO = 0.05;
/** The strongest and the weakest cut of one decision. */
const CUT = { most: 0.9, least: 0.98 } as const;
/** Each decision in a row that finds no overload raises the share by so much more than the one before. */
const STEP_UP_RATIO = 0.01;
/** A round of the loop that has lasted so many targets takes up no new work. */
const ROUND_TARGETS = 4;

/**
 * Decides which share of new work is let in, from how late the event loop runs: work that has come in waits there,
 * unseen by any queue of ours. As in CoDel the least delay of an interval counts, so that one long pause is no overload
 * and a standing queue is. The share falls in proportion to the excess and rises ever faster while none is found; and a
 * round of the loop that has lasted too long refuses what is left of it at once, or the next would be longer still.
 */
export class OverloadControl {
  readonly #targetMs: number;
  #ratio = 1;
  #credit = 0;
  #leastDelayMs = Number.POSITIVE_INFINITY;
  #looks = 0;
  #quietDecisions = 0;
  #decidedAtMs: number;
  #dueAtMs: number;

  /** `targetMs` 0: everything is let in. `nowMs` as of the clock that later calls read. */
  constructor(targetMs: number, nowMs: number) {
    this.#targetMs = targetMs;
    this.#decidedAtMs = nowMs;
    this.#dueAtMs = nowMs + LOOK_MS;
  }

  /** Share of new work that is let in now. */
  get admittedRatio(): number {
    return this.#ratio;
  }

  /** One look at the loop; the next is due LOOK_MS later. */
  look(nowMs: number): void {
    this.#leastDelayMs = Math.min(this.#leastDelayMs, Math.max(0, nowMs - this.#dueAtMs));
    this.#dueAtMs = nowMs + LOOK_MS;
    if (++this.#looks < MIN_LOOKS || nowMs - this.#decidedAtMs < DECISION_MS) return;
    this.#decide(this.#leastDelayMs);
    this.#leastDelayMs = Number.POSITIVE_INFINITY;
    this.#looks = 0;
    this.#decidedAtMs = nowMs;
  }

  #decide(delayMs: number): void {
    if (this.#targetMs === 0) return;
    if (delayMs > this.#targetMs) {
      this.#quietDecisions = 0;
      const cut = Math.min(CUT.least, Math.max(CUT.most, this.#targetMs / delayMs));
      this.#ratio = Math.max(MIN_ADMITTED_RATIO, this.#ratio * cut);
      return;
    }
    this.#ratio = Math.min(1, this.#ratio * (1 + STEP_UP_RATIO * ++this.#quietDecisions));
  }

  /** Whether the next piece of new work is to be refused; spreads the refusals of a share evenly. */
  sheds(nowMs: number): boolean {
    if (this.#targetMs === 0) return false;
    if (nowMs - this.#dueAtMs > ROUND_TARGETS * this.#targetMs) return true;
    if (this.#ratio === 1) return false;
    this.#credit += this.#ratio;
    if (this.#credit < 1) return true;
    this.#credit -= 1;
    return false;
  }

  /** Looks at the loop until the returned function is called. */
  watch(clock: Clock = systemClock): () => void {
    const tick = (): void => {
      this.look(clock.nowMs());
      timer = setTimeout(tick, LOOK_MS).unref();
    };
    let timer = setTimeout(tick, LOOK_MS).unref();
    return () => clearTimeout(timer);
  }
}
