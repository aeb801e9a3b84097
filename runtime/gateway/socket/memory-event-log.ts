import type { Clock } from '../../../vocabulary/clock.ts';
import type { EventLog, EventLogOptions, LoggedEvent, ReadAfter } from './event-log.ts';

interface Ring {
  events: LoggedEvent[];
  lastId: number;
  usedAtMs: number;
  chars: number;
}

/** Most text kept of one interaction. */
const MAX_CHARS = 1_000_000;
const MAX_INTERACTIONS = 20_000;

/** Keeps events in this process. */
export class MemoryEventLog implements EventLog {
  readonly #rings = new Map<string, Ring>();
  readonly #options: EventLogOptions;
  readonly #clock: Clock;

  constructor(options: EventLogOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  get interactions(): number {
    return this.#rings.size;
  }

  /** The map is in order of last use, so that what is old stands first. */
  #ring(interactionId: string): Ring {
    const nowMs = this.#clock.nowMs();
    const known = this.#rings.get(interactionId);
    const ring = known ?? { events: [], lastId: Math.floor(this.#clock.unixMs()), usedAtMs: 0, chars: 0 };
    this.#rings.delete(interactionId);
    this.#rings.set(interactionId, ring);
    ring.usedAtMs = nowMs;
    for (const [id, { usedAtMs }] of this.#rings) {
      const isOld = nowMs - usedAtMs > this.#options.ttlMs || this.#rings.size > MAX_INTERACTIONS;
      if (!isOld) break;
      this.#rings.delete(id);
    }
    return ring;
  }

  async append(interactionId: string, events: readonly string[]): Promise<number> {
    const ring = this.#ring(interactionId);
    for (const json of events) {
      ring.events.push({ id: ++ring.lastId, json });
      ring.chars += json.length;
    }
    this.#trim(ring);
    return ring.lastId;
  }

  #trim(ring: Ring): void {
    let drop = Math.max(0, ring.events.length - this.#options.maxEvents);
    let chars = ring.chars;
    for (const [at, { json }] of ring.events.entries()) {
      if (at >= drop && chars <= MAX_CHARS) break;
      chars -= json.length;
      drop = Math.max(drop, at + 1);
    }
    ring.chars = chars;
    if (drop > 0) ring.events = ring.events.slice(drop);
  }

  async readAfter(interactionId: string, afterId: number): Promise<ReadAfter> {
    const { events, lastId } = this.#ring(interactionId);
    if (afterId === lastId) return { kind: 'events', events: [], lastId };
    const from = events.findIndex(({ id }) => id === afterId + 1);
    return from < 0 ? { kind: 'gap', lastId } : { kind: 'events', events: events.slice(from), lastId };
  }

  async forget(interactionId: string): Promise<void> {
    const ring = this.#rings.get(interactionId);
    if (ring === undefined) return;
    ring.events = [];
    ring.chars = 0;
  }

  follow(): () => void {
    return () => undefined;
  }

  followersElsewhere = async (): Promise<number> => 0;

  async close(): Promise<void> {
    this.#rings.clear();
  }
}
