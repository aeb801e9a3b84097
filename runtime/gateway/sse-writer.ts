import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createFault, type Fault } from '../llm/fault.ts';

/** Text that may wait for a slow reader before the provider is held back. */
const MAX_PENDING_CHARS = 65_536;
const LAST_CHUNK = '0\r\n\r\n';

/** The body as it goes over the wire: in a chunk of its own where the response is sent in chunks. */
function framed(body: string, isChunked: boolean): { readonly frame: string; readonly isAscii: boolean } {
  const bytes = Buffer.byteLength(body);
  const frame = isChunked && bytes > 0 ? `${bytes.toString(16)}\r\n${body}\r\n` : body;
  return { frame, isAscii: bytes === body.length };
}

/**
 * Server-sent events to one reader. Events of one loop turn, and all that gather while the reader is behind, leave
 * in one write. A reader that takes nothing for `idleMs` while data waits is cut off through `onStalled`; one that takes
 * a little of a large write in that time is not, since the socket's own clock counts what the kernel took.
 */
export class SseWriter {
  readonly #response: ServerResponse;
  readonly #idleMs: number;
  readonly #onStalled: (fault: Fault) => void;
  /** Writers with something to send in this loop turn: one immediate for all of them. */
  static #due: SseWriter[] = [];
  #isChunked = false;
  #pending = '';
  #scheduled = false;
  #blocked = false;
  #ending = false;
  #waiting: (() => void)[] = [];

  constructor(response: ServerResponse, idleMs: number, onStalled: (fault: Fault) => void) {
    this.#response = response;
    this.#idleMs = idleMs;
    this.#onStalled = onStalled;
    response.on('drain', this.#onDrain);
    response.on('close', this.#onClose);
    response.on('timeout', this.#onTimeout);
  }

  /** Sends status and headers; call once, before the first event. */
  open(headers: OutgoingHttpHeaders): void {
    this.#response.setTimeout(this.#idleMs);
    this.#response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    // Node writes a chunk in three pieces, which costs a relayed token more than all the rest of its way.
    this.#isChunked = this.#response.chunkedEncoding;
    this.#response.chunkedEncoding = false;
  }

  /** Queues complete events; `ready` says when to produce more. */
  send(events: string): void {
    this.#pending += events;
    if (this.#scheduled || this.#blocked) return;
    this.#scheduled = true;
    if (SseWriter.#due.push(this) === 1) setImmediate(SseWriter.#flushDue);
  }

  /** Whether so much waits that the producer should stop and await `ready`. */
  get isBehind(): boolean {
    return this.#blocked && this.#pending.length > MAX_PENDING_CHARS;
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
      const { frame } = framed(this.#pending, this.#isChunked);
      this.#response.end(this.#isChunked ? `${frame}${LAST_CHUNK}` : frame, () => resolve());
      this.#pending = '';
      this.#ending = true;
    });
  }

  static readonly #flushDue = (): void => {
    const due = SseWriter.#due;
    SseWriter.#due = [];
    for (const writer of due) writer.#flush();
  };

  #flush(): void {
    this.#scheduled = false;
    if (this.#pending === '' || this.#response.destroyed || this.#response.writableEnded) return;
    const { frame, isAscii } = framed(this.#pending, this.#isChunked);
    this.#pending = '';
    this.#blocked = !this.#response.write(frame, isAscii ? 'latin1' : 'utf8');
  }

  /** The socket was still for `idleMs`. With nothing waiting, that is the provider's silence and not the reader's. */
  readonly #onTimeout = (): void => {
    if (!this.#blocked && !this.#ending) return;
    this.#onStalled(createFault('caller_disconnected', 'The client stopped reading.'));
    this.#response.destroy();
  };

  readonly #onDrain = (): void => {
    this.#blocked = false;
    this.#flush();
    if (!this.isBehind) this.#wake();
  };

  readonly #onClose = (): void => {
    this.#pending = '';
    this.#wake();
  };

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
