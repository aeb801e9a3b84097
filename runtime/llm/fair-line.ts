/** Somebody who waits in line. */
export interface Standing {
  readonly tenant: string;
}

/** First come first served within a tenant; tenants take turns, so that one with a burst does not hold up the rest. */
export class FairLine<T extends Standing> {
  /** In the order in which tenants have their turn: a Map keeps insertion order. */
  readonly #byTenant = new Map<string, T[]>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** How many are served before a newcomer of this tenant. */
  aheadOf(tenant: string): number {
    const own = this.#byTenant.get(tenant)?.length ?? 0;
    let ahead = own;
    for (const [other, waiting] of this.#byTenant) {
      if (other !== tenant) ahead += Math.min(waiting.length, own + 1);
    }
    return ahead;
  }

  push(one: T): void {
    const waiting = this.#byTenant.get(one.tenant);
    if (waiting === undefined) this.#byTenant.set(one.tenant, [one]);
    else waiting.push(one);
    this.#length++;
  }

  /** Who is next, left in line. */
  peek(): T | undefined {
    return this.#byTenant.values().next().value?.[0];
  }

  /** Who is next, out of the line; the tenant's following one waits for the others' turns. */
  shift(): T | undefined {
    const turn = this.#byTenant.entries().next().value;
    if (turn === undefined) return undefined;
    const [tenant, waiting] = turn;
    const next = waiting.shift();
    this.#byTenant.delete(tenant);
    if (waiting.length > 0) this.#byTenant.set(tenant, waiting);
    this.#length--;
    return next;
  }

  /** Leaves the line from wherever it stood; false when it was not in it. */
  remove(one: T): boolean {
    const waiting = this.#byTenant.get(one.tenant);
    const index = waiting?.indexOf(one) ?? -1;
    if (waiting === undefined || index < 0) return false;
    waiting.splice(index, 1);
    if (waiting.length === 0) this.#byTenant.delete(one.tenant);
    this.#length--;
    return true;
  }
}
