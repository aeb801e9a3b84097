import { type Clock, systemClock } from '../../vocabulary/clock.ts';
import type { ContextStore, DialogContext } from './context-store.ts';

interface Entry {
  readonly context: DialogContext;
  readonly expiresAtMs: number;
}

export interface MemoryContextStoreOptions {
  /** Beyond it, the entry written or read longest ago goes first. */
  readonly maxContexts: number;
  readonly clock?: Clock;
}

/** How many of the oldest entries each write looks at for expired ones: keeps sweeping free of timers and pauses. */
const SWEPT_PER_WRITE = 2;

/** Contexts in this process's memory. */
export class MemoryContextStore implements ContextStore {
  /** In order of use: Map keeps insertion order, and use re-inserts. */
  readonly #entries = new Map<string, Entry>();
  readonly #options: MemoryContextStoreOptions;
  readonly #clock: Clock;

  constructor(options: MemoryContextStoreOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Entries held, expired ones that were not swept yet included. */
  get entries(): number {
    return this.#entries.size;
  }

  async get(interactionId: string): Promise<DialogContext | undefined> {
    const entry = this.#entries.get(interactionId);
    if (entry === undefined) return undefined;
    this.#entries.delete(interactionId);
    if (entry.expiresAtMs <= this.#clock.nowMs()) return undefined;
    this.#entries.set(interactionId, entry);
    return entry.context;
  }

  async set(context: DialogContext, ttlMs: number): Promise<void> {
    this.#entries.delete(context.interactionId);
    this.#entries.set(context.interactionId, { context, expiresAtMs: this.#clock.nowMs() + ttlMs });
    this.#sweep();
  }

  #sweep(): void {
    let looked = 0;
    for (const [id, entry] of this.#entries) {
      const isExpired = entry.expiresAtMs <= this.#clock.nowMs();
      if (isExpired || this.#entries.size > this.#options.maxContexts) this.#entries.delete(id);
      if (++looked >= SWEPT_PER_WRITE) return;
    }
  }

  async delete(interactionId: string): Promise<void> {
    this.#entries.delete(interactionId);
  }

  async close(): Promise<void> {
    this.#entries.clear();
  }
}
