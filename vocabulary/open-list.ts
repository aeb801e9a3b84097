/** Where something stands in an OpenList: what `add` gave, and what `remove` takes. */
export interface OpenPlace<T> {
  value: T | undefined;
  before: OpenPlace<T> | undefined;
  after: OpenPlace<T> | undefined;
}

/**
 * What is open at present, the oldest first, where things come and go by the thousand a second. A Set would keep what has
 * left: V8 replaces its table every few changes, and each table that was replaced points to the next and to all that was in it.
 * Once one of them is in the old generation, everything that comes later is copied there (docs/decisions/018).
 */
export class OpenList<T extends NonNullable<unknown>> {
  #first: OpenPlace<T> | undefined;
  #last: OpenPlace<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The one that has been here longest. */
  get oldest(): T | undefined {
    return this.#first?.value;
  }

  add(value: T): OpenPlace<T> {
    const place: OpenPlace<T> = { value, before: this.#last, after: undefined };
    if (this.#last === undefined) this.#first = place;
    else this.#last.after = place;
    this.#last = place;
    this.#size++;
    return place;
  }

  /** Whether it was still here. The place must be of this list. */
  remove(place: OpenPlace<T> | undefined): boolean {
    if (place?.value === undefined) return false;
    if (place.before === undefined) this.#first = place.after;
    else place.before.after = place.after;
    if (place.after === undefined) this.#last = place.before;
    else place.after.before = place.before;
    // A place that has left holds nothing, least of all its neighbours.
    place.value = undefined;
    place.before = undefined;
    place.after = undefined;
    this.#size--;
    return true;
  }

  /** All that are here now, the oldest first; a copy, so they may leave while it is walked. */
  values(): T[] {
    const values: T[] = [];
    for (let place = this.#first; place !== undefined; place = place.after) {
      if (place.value !== undefined) values.push(place.value);
    }
    return values;
  }
}
