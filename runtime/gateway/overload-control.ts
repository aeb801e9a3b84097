import { type Clock, systemClock } from '../../vocabulary/clock.ts';

const TICK_MS = 10;
/** A decision is made from so much time and at least so many looks at the loop: one long pause is no overload. */
const DECISION_MS = 200;
const MIN_LOOKS = 2;
/** However overloaded, so much is let in: else nothing would show that the overload has passed. */
const MIN_ADMITTED_RATIO = 0.05;
/** The strongest cut of one decision, and the step back up when the delay is within its target. */
const MAX_CUT = 0.5;
const STEP_UP_FACTOR = 1.25;

/**
 * Decides which share of new work is let in, from how late the event loop runs: work that has come in waits there,
 * unseen by any queue of ours. As in CoDel the least delay of an interval counts, so that one long pause is no overload
 * and a standing queue is; the share falls in proportion to the excess and rises in small steps.
 */
export class OverloadControl {
  readonly #targetMs: number;
  #ratio = 1;
  #credit = 1;
  #leastDelayMs = Number.POSITIVE_INFINITY;
  #looks = 0;
  #sinceMs = 0;

  /** `targetMs` 0: everything is let in. */
  constructor(targetMs: number) {
    this.#targetMs = targetMs;
  }

  /** Share of new work that is let in now. */
  get admittedRatio(): number {
    return this.#ratio;
  }

  /** One look at the loop, this much later than it was due. */
  observe(delayMs: number): void {
    this.#leastDelayMs = Math.min(this.#leastDelayMs, delayMs);
    this.#sinceMs += TICK_MS + delayMs;
    if (++this.#looks < MIN_LOOKS || this.#sinceMs < DECISION_MS) return;
    this.#decide(this.#leastDelayMs);
    this.#leastDelayMs = Number.POSITIVE_INFINITY;
    this.#looks = 0;
    this.#sinceMs = 0;
  }

  #decide(delayMs: number): void {
    if (this.#targetMs === 0) return;
    this.#ratio =
      delayMs > this.#targetMs
        ? Math.max(MIN_ADMITTED_RATIO, this.#ratio * Math.max(MAX_CUT, this.#targetMs / delayMs))
        : Math.min(1, this.#ratio * STEP_UP_FACTOR);
  }

  /** Whether the next piece of new work is to be refused; spreads the refusals evenly. */
  sheds(): boolean {
    if (this.#ratio === 1) return false;
    this.#credit += this.#ratio;
    if (this.#credit < 1) return true;
    this.#credit -= 1;
    return false;
  }

  /** Looks at the loop until the returned function is called. */
  watch(clock: Clock = systemClock): () => void {
    let dueAtMs = clock.nowMs() + TICK_MS;
    const tick = (): void => {
      const nowMs = clock.nowMs();
      this.observe(Math.max(0, nowMs - dueAtMs));
      dueAtMs = nowMs + TICK_MS;
      timer = setTimeout(tick, TICK_MS).unref();
    };
    let timer = setTimeout(tick, TICK_MS).unref();
    return () => clearTimeout(timer);
  }
}
