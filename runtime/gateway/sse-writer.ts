import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createFault, type Fault } from '../llm/fault.ts';

/** Bytes that may wait for a slow reader before the provider is held back. */
const MAX_PENDING_BYTES = 262_144;

/**
 * Server-sent events to one reader. Events of one loop turn, and all that gather while the reader is behind, leave
 * in one write. A reader that takes nothing for `idleMs` while data waits is cut off through `onStalled`.
 */
export class SseWriter {
  readonly #response: ServerResponse;
  readonly #idleMs: number;
  readonly #onStalled: (fault: Fault) => void;
  #pending = '';
  #scheduled = false;
  #blocked = false;
  #stall: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];

  constructor(response: ServerResponse, idleMs: number, onStalled: (fault: Fault) => void) {
    this.#response = response;
    this.#idleMs = idleMs;
    this.#onStalled = onStalled;
    response.on('drain', this.#onDrain);
    response.on('close', this.#onClose);
  }

  /** Sends status and headers; call once, before the first event. */
  open(headers: OutgoingHttpHeaders): void {
    this.#response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
  }

  /** Queues complete events; `ready` says when to produce more. */
  send(events: string): void {
    this.#pending += events;
    if (this.#scheduled || this.#blocked) return;
    this.#scheduled = true;
    setImmediate(this.#flush);
  }

  /** Whether so much waits that the producer should stop and await `ready`. */
  get isBehind(): boolean {
    return this.#blocked && this.#pending.length > MAX_PENDING_BYTES;
  }

  /** Resolves when the reader has caught up or is gone. */
  ready(): Promise<void> {
    if (!this.isBehind || this.#response.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Sends what is pending and ends the response; resolves when it has been handed over or the reader is gone. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#response.destroyed) {
        resolve();
        return;
      }
      this.#response.once('close', resolve);
      this.#response.end(this.#pending, () => resolve());
      this.#pending = '';
      this.#watch();
    });
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (this.#pending === '' || this.#response.destroyed || this.#response.writableEnded) return;
    const chunk = this.#pending;
    this.#pending = '';
    this.#blocked = !this.#response.write(chunk);
    if (this.#blocked) this.#watch();
  };

  #watch(): void {
    clearTimeout(this.#stall);
    this.#stall = setTimeout(() => {
      this.#onStalled(createFault('caller_disconnected', 'The client stopped reading.'));
      this.#response.destroy();
    }, this.#idleMs);
  }

  readonly #onDrain = (): void => {
    clearTimeout(this.#stall);
    this.#blocked = false;
    this.#flush();
    if (!this.isBehind) this.#wake();
  };

  readonly #onClose = (): void => {
    clearTimeout(this.#stall);
    this.#pending = '';
    this.#wake();
  };

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
