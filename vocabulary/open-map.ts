interface Slot<V> {
  value: V | undefined;
}

/**
 * What is open at present, by key, where things come and go by the thousand a second. Like a Map; but a Map's replaced tables
 * keep what has left (see OpenList), and these keep the key and an emptied slot of it.
 */
export class OpenMap<K extends string | number, V extends object> {
  readonly #slots = new Map<K, Slot<V>>();

  get size(): number {
    return this.#slots.size;
  }

  get(key: K): V | undefined {
    return this.#slots.get(key)?.value;
  }

  has(key: K): boolean {
    return this.#slots.has(key);
  }

  set(key: K, value: V): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) this.#slots.set(key, { value });
    else slot.value = value;
  }

  /** What was there. */
  delete(key: K): V | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    this.#slots.delete(key);
    const { value } = slot;
    slot.value = undefined;
    return value;
  }

  clear(): void {
    for (const slot of this.#slots.values()) slot.value = undefined;
    this.#slots.clear();
  }

  /** All that are here now, in the order in which their keys came; a copy. */
  values(): V[] {
    return this.entries().map(([, value]) => value);
  }

  entries(): [K, V][] {
    const entries: [K, V][] = [];
    for (const [key, { value }] of this.#slots) if (value !== undefined) entries.push([key, value]);
    return entries;
  }
}
