import type { Pacer } from '../drive/pacing.ts';
import type { PlannedInteraction } from '../workload/schedule.ts';

export interface FeedOptions {
  /** In order of arrival; drawn as far as needed, so that a long step holds no more than is near. */
  readonly interactions: Iterable<PlannedInteraction>;
  readonly pacer: Pick<Pacer, 'at'>;
  /** Instants of the interactions count from here, on performance.now(). */
  readonly stepStartedAtMs: number;
  readonly start: (interaction: PlannedInteraction) => void;
}

/**
 * What is drawn in one go: a span of time, or so many interactions where that is less, so that drawing never holds up a
 * send for long.
 */
const SLICE_MS = 20;
const SLICE_INTERACTIONS = 8;
/** Short: what is drawn and waits is copied by every collection of young garbage. */
const LEAD_MS = 10;

/**
 * The same interactions, with all that arrived before the step drawn now: of long conversations that may be an hour's,
 * and drawing it after the step's clock began would make its first sends late.
 */
export function drawUnderWay(interactions: Iterable<PlannedInteraction>): Iterable<PlannedInteraction> {
  const iterator = interactions[Symbol.iterator]();
  const underWay: PlannedInteraction[] = [];
  let next = iterator.next();
  for (; next.done !== true && next.value.arrivalAtMs < 0; next = iterator.next()) underWay.push(next.value);
  return (function* () {
    yield* underWay;
    for (; next.done !== true; next = iterator.next()) yield next.value;
  })();
}

/** Starts interactions a little before they arrive, slice by slice. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #interactions: Iterator<PlannedInteraction>;
  #next: PlannedInteraction | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#interactions = options.interactions[Symbol.iterator]();
    this.#next = this.#draw();
    this.feedUntil(options.stepStartedAtMs + LEAD_MS);
    this.#armNext();
  }

  #draw(): PlannedInteraction | undefined {
    const drawn = this.#interactions.next();
    return drawn.done === true ? undefined : drawn.value;
  }

  /** Starts everything that arrives before `atMs`: what is due counts, even if the generator never came to it. */
  feedUntil(atMs: number): void {
    this.#feed(atMs, Number.POSITIVE_INFINITY);
  }

  #feed(atMs: number, maxInteractions: number): void {
    const { stepStartedAtMs, start } = this.#options;
    for (let fed = 0; this.#next !== undefined; fed++) {
      if (fed === maxInteractions || stepStartedAtMs + this.#next.arrivalAtMs >= atMs) break;
      start(this.#next);
      this.#next = this.#draw();
    }
  }

  /** By the schedule's time, not the clock's: a generator that is late draws no faster than it sends. */
  #armNext(): void {
    if (this.#next === undefined) return;
    const { stepStartedAtMs, pacer } = this.#options;
    const fromMs = stepStartedAtMs + this.#next.arrivalAtMs;
    pacer.at(fromMs - LEAD_MS, () => {
      this.#feed(fromMs + SLICE_MS, SLICE_INTERACTIONS);
      this.#armNext();
    });
  }
}
