import { WINDOW_SLICES } from './periods.ts';

const KEPT_SLICES = WINDOW_SLICES + 1;

/** Sum of what was added in the current slice of time and the 60 before it. Slices are numbered from any origin. */
export class SliceWindow {
  readonly #perSlice = new Float64Array(KEPT_SLICES);
  #current = 0;
  #sum = 0;

  get sum(): number {
    return this.#sum;
  }

  /** The slice of now; time that goes back is taken as standing still. */
  advance(slice: number): number {
    const from = Math.max(this.#current + 1, slice - WINDOW_SLICES);
    for (let passing = from; passing <= slice; passing++) {
      const place = passing % KEPT_SLICES;
      this.#sum -= this.#perSlice[place] ?? 0;
      this.#perSlice[place] = 0;
    }
    this.#current = Math.max(this.#current, slice);
    return this.#current;
  }

  /** Adds to a slice that the window still holds; what lies before it has left already. */
  add(slice: number, amount: number): void {
    if (slice < this.#current - WINDOW_SLICES) return;
    const place = slice % KEPT_SLICES;
    this.#perSlice[place] = (this.#perSlice[place] ?? 0) + amount;
    this.#sum += amount;
  }

  /** The first slice in which the sum will be at most `target` when nothing is added. */
  sliceWithin(target: number): number {
    let sum = this.#sum;
    for (let slice = this.#current - WINDOW_SLICES; slice <= this.#current; slice++) {
      if (sum <= target) return slice + WINDOW_SLICES;
      // Slices before the origin were never filled.
      sum -= slice < 0 ? 0 : (this.#perSlice[slice % KEPT_SLICES] ?? 0);
    }
    return this.#current + KEPT_SLICES;
  }
}
