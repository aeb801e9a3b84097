import { type Clock, systemClock } from '../../../vocabulary/clock.ts';

/** How often the loop is looked at. */
const LOOK_MS = 10;
/** A decision is made from so much time and at least so many looks: one long pause is no overload. */
const DECISION_MS = 100;
const MIN_LOOKS = 2;
/** A round may take up new work until it is so many targets late: at all times, and while overloaded. */
const ROUND_TARGETS = { always: 4, overloaded: 0.5 } as const;
/** The overload is over after so many decisions in a row without a refusal. */
const CALM_DECISIONS = 10;

/**
 * Decides which new work is let in, from how late the event loop runs: work that has come in waits there, unseen by any
 * queue of ours. As in CoDel the least delay of an interval counts, so that one long pause is no overload and a standing
 * queue is. While it stands, each round of the loop takes up new work for a bounded time and refuses the rest. That bounds
 * the rounds, and so what each step of the admitted work waits, and leaves to requests all the time that refusing does
 * not take, whatever either of them costs.
 */
export class OverloadControl {
  readonly #targetMs: number;
  #isOverloaded = false;
  #calmDecisions = 0;
  #leastDelayMs = Number.POSITIVE_INFINITY;
  #looks = 0;
  #decidedAtMs: number;
  #dueAtMs: number;
  #admitted = 0;
  #shed = 0;
  #admittedRatio = 1;

  /** `targetMs` 0: everything is let in. `nowMs` as of the clock that later calls read. */
  constructor(targetMs: number, nowMs: number) {
    this.#targetMs = targetMs;
    this.#decidedAtMs = nowMs;
    this.#dueAtMs = nowMs + LOOK_MS;
  }

  /** Share of the new work of the last decision's time that was let in; 1 when there was none. */
  get admittedRatio(): number {
    return this.#admittedRatio;
  }

  /** Whether the loop was found late at every look of the last decision. */
  get isOverloaded(): boolean {
    return this.#isOverloaded;
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

  #decide(leastDelayMs: number): void {
    const isLate = leastDelayMs > this.#targetMs;
    this.#calmDecisions = isLate || this.#shed > 0 ? 0 : this.#calmDecisions + 1;
    if (isLate) this.#isOverloaded = this.#targetMs > 0;
    else if (this.#calmDecisions >= CALM_DECISIONS) this.#isOverloaded = false;
    this.#admittedRatio = this.#shed === 0 ? 1 : this.#admitted / (this.#admitted + this.#shed);
    this.#admitted = 0;
    this.#shed = 0;
  }

  /** Whether the next piece of new work is to be refused. */
  sheds(nowMs: number): boolean {
    const targets = this.#isOverloaded ? ROUND_TARGETS.overloaded : ROUND_TARGETS.always;
    const isShed = this.#targetMs > 0 && nowMs - this.#dueAtMs > targets * this.#targetMs;
    if (isShed) this.#shed++;
    else this.#admitted++;
    return isShed;
  }

  /** Looks at the loop, and tells of each look, until the returned function is called. */
  watch(onLook: () => void, clock: Clock = systemClock): () => void {
    const tick = (): void => {
      this.look(clock.nowMs());
      onLook();
      timer = setTimeout(tick, LOOK_MS).unref();
    };
    let timer = setTimeout(tick, LOOK_MS).unref();
    return () => clearTimeout(timer);
  }
}
