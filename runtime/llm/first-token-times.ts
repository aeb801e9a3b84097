import { computePercentile, sortSamples } from '../../vocabulary/percentiles.ts';

/** Recent first-token times that are remembered, the fewest that a percentile is taken of, and how often anew. */
const REMEMBERED = 200;
const FEWEST = 20;
const RENEW_EVERY = 20;

/** The 95th percentile of the latest first-token times of a provider. */
export class FirstTokenTimes {
  readonly #samplesMs: number[] = [];
  #count = 0;
  #p95Ms: number | undefined;

  /** Undefined until enough first tokens came. */
  get p95Ms(): number | undefined {
    return this.#p95Ms;
  }

  add(firstTokenMs: number): void {
    this.#samplesMs[this.#count % REMEMBERED] = firstTokenMs;
    this.#count++;
    if (this.#count >= FEWEST && this.#count % RENEW_EVERY === 0) {
      this.#p95Ms = computePercentile(sortSamples(this.#samplesMs), 95);
    }
  }
}
