import type { Pacer } from '../drive/pacing.ts';
import type { PlannedInteraction } from '../workload/schedule.ts';

export interface FeedOptions {
  /** In order of arrival; drawn as far as needed, so that a long step holds no more than is near. */
  readonly interactions: Iterator<PlannedInteraction, void>;
  readonly pacer: Pacer;
  /** Instants of the interactions count from here, on performance.now(). */
  readonly stepStartedAtMs: number;
  readonly start: (interaction: PlannedInteraction) => void;
}

/** Short, so that drawing one slice never holds up a send for long. */
const SLICE_MS = 20;
const LEAD_MS = 250;

/** Starts interactions a little before they arrive, slice by slice. */
export class Feed {
  readonly #options: FeedOptions;
  #next: PlannedInteraction | undefined;
  #sliceToMs: number;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#sliceToMs = options.stepStartedAtMs + LEAD_MS;
    this.#next = this.#draw();
    this.feedUntil(this.#sliceToMs);
    this.#armNext();
  }

  #draw(): PlannedInteraction | undefined {
    const drawn = this.#options.interactions.next();
    return drawn.done === true ? undefined : drawn.value;
  }

  /** Starts everything that arrives before `atMs`: what is due counts, even if the generator never came to it. */
  feedUntil(atMs: number): void {
    const { stepStartedAtMs, start } = this.#options;
    while (this.#next !== undefined && stepStartedAtMs + this.#next.arrivalAtMs < atMs) {
      start(this.#next);
      this.#next = this.#draw();
    }
  }

  #armNext(): void {
    if (this.#next === undefined) return;
    this.#options.pacer.at(this.#sliceToMs - LEAD_MS, () => {
      this.#sliceToMs = Math.max(this.#sliceToMs, performance.now() + LEAD_MS) + SLICE_MS;
      this.feedUntil(this.#sliceToMs);
      this.#armNext();
    });
  }
}
