import type { EventLog, LoggedEvent } from './event-log.ts';
import type { SocketEvent } from './frames.ts';

/** One reader of a channel. */
export interface ChannelReader {
  deliver(events: readonly LoggedEvent[]): void;
  /** Its place in the events was lost with the store's. */
  lost(): void;
}

/** Text that may wait for the store of events before production is held back. */
const MAX_PENDING_CHARS = 65_536;

/**
 * The events of one interaction in this process: writes what happens here, delivers what happens anywhere, in the order
 * of ids. Texts that come while the store is busy become one event.
 */
export class Channel {
  readonly readers = new Set<ChannelReader>();
  readonly #interactionId: string;
  readonly #log: EventLog;
  readonly #onFailure: (error: unknown) => void;
  #unfollow: (() => void) | undefined;
  #pending: SocketEvent[] = [];
  #pendingChars = 0;
  #running: Promise<void> | undefined;
  #newsId = 0;
  #lastId: number | undefined;

  constructor(interactionId: string, log: EventLog, onFailure: (error: unknown) => void) {
    this.#interactionId = interactionId;
    this.#log = log;
    this.#onFailure = onFailure;
  }

  /** Begins to hear of other processes; resolves to the id of the last event so far. Rejects when the store is away. */
  async open(): Promise<number> {
    this.#unfollow ??= this.#log.follow(this.#interactionId, (id) => {
      this.#newsId = Math.max(this.#newsId, id);
      // Before it is known where to begin there is nothing to catch up with.
      if (this.#lastId !== undefined && id > this.#lastId) this.#start();
    });
    await this.#running;
    const lastId = await this.#log.append(this.#interactionId, []);
    this.#lastId ??= lastId;
    if (this.#newsId > this.#lastId) this.#start();
    return this.#lastId;
  }

  get isIdle(): boolean {
    return this.readers.size === 0 && this.#running === undefined;
  }

  publish(event: SocketEvent): void {
    const last = this.#pending.at(-1);
    if (event.type === 'text') this.#pendingChars += event.text.length;
    if (event.type === 'text' && last?.type === 'text' && last.messageId === event.messageId) {
      this.#pending[this.#pending.length - 1] = { ...last, text: last.text + event.text };
    } else this.#pending.push(event);
    this.#start();
  }

  /** Set while the store of events is far behind. */
  hold(): Promise<void> | undefined {
    return this.#pendingChars > MAX_PENDING_CHARS ? this.#running : undefined;
  }

  /** Resolves when all that was published has been delivered. */
  async flushed(): Promise<void> {
    await this.#running;
  }

  #start(): void {
    this.#running ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.#pump())
      .finally(() => {
        this.#running = undefined;
      });
  }

  async #pump(): Promise<void> {
    while (this.#pending.length > 0 || this.#newsId > (this.#lastId ?? 0)) {
      try {
        await this.#step();
      } catch (error) {
        this.#onFailure(error);
        this.#giveUp();
      }
    }
  }

  async #step(): Promise<void> {
    const events = this.#pending.map((event) => JSON.stringify(event));
    this.#pending = [];
    this.#pendingChars = 0;
    const lastId = events.length === 0 ? this.#newsId : await this.#log.append(this.#interactionId, events);
    const before = lastId - events.length;
    if (events.length > 0 && (this.#lastId === undefined || this.#lastId === before)) {
      this.#lastId = lastId;
      this.#send(events.map((json, at) => ({ id: before + at + 1, json })));
    } else await this.#catchUp();
  }

  /** Another process wrote in between. */
  async #catchUp(): Promise<void> {
    const read = await this.#log.readAfter(this.#interactionId, this.#lastId ?? 0);
    this.#lastId = read.lastId;
    this.#newsId = Math.min(this.#newsId, read.lastId);
    if (read.kind === 'events') this.#send(read.events);
    else for (const reader of this.readers) reader.lost();
  }

  #send(events: readonly LoggedEvent[]): void {
    for (const reader of this.readers) reader.deliver(events);
  }

  /** The store of events is away: who reads here is told to begin anew, rather than to miss something. */
  #giveUp(): void {
    this.#pending = [];
    this.#pendingChars = 0;
    this.#newsId = 0;
    for (const reader of this.readers) reader.lost();
  }

  close(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
  }
}
