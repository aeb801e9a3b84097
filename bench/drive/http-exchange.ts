import type { Timeouts } from '../../scenarios/scenario.ts';
import type { OpenPlace } from '../../vocabulary/open-list.ts';
import type { TimeoutPhase } from '../../vocabulary/outcomes.ts';
import type { Exchange, TokenUsage } from './driver.ts';
import { classifyStatus, classifyTransportError, type SentOutcome } from './failure-codes.ts';
import { type Abortable, abortGroupOf } from './http/abort-group.ts';
import type { HttpConnection, HttpTask } from './http/connection.ts';
import type { ResponseHead } from './http/response-head.ts';
import type { HttpTransport } from './http/transport.ts';

/** What an answer amounts to once its body has ended. */
export interface AnswerReading {
  readonly outcome: SentOutcome;
  readonly chunksAtMs: readonly number[];
  readonly text: string;
  readonly usage?: TokenUsage;
  readonly queueWaitMs?: number;
}

/** Reads the body of a 2xx answer as it comes. One per request. */
export interface AnswerReader {
  /** Bytes, valid only during the call, and the instant at which they were read. */
  read(bytes: Buffer, atMs: number): void;
  /** The body ended as HTTP says it should. */
  finish(): AnswerReading;
  /** What has been seen so far, for answers that do not end well. */
  readonly chunksAtMs: readonly number[];
  /** Whether the first token (for bodies that are not streams: the first byte) has come. */
  readonly hasBegun: boolean;
}

export interface ExchangeOptions {
  readonly transport: HttpTransport;
  /** The whole request, as http/request-text.ts writes it. */
  readonly text: string;
  readonly reader: AnswerReader;
  readonly timeouts: Timeouts;
  readonly signal: AbortSignal;
}

const MAX_ERROR_BODY_BYTES = 65_536;

/** One HTTP exchange, with its own exact limits and instants. */
class HttpExchange implements HttpTask, Abortable {
  carrier: HttpConnection | undefined;
  waiting: HttpTask['waiting'];
  readonly #options: ExchangeOptions;
  readonly #settle: (exchange: Exchange) => void;
  readonly #sentAtMs = performance.now();
  #status = 0;
  #errorBody = '';
  #lastReadAtMs = 0;
  #isOver = false;
  #place: OpenPlace<Abortable> | undefined;

  constructor(options: ExchangeOptions, settle: (exchange: Exchange) => void) {
    this.#options = options;
    this.#settle = settle;
  }

  get text(): string {
    return this.#options.text;
  }

  /** Hands the request to the transport; a signal that is already aborted ends it unsent. */
  start(): void {
    const { transport, signal } = this.#options;
    if (signal.aborted) {
      this.#end({ state: 'timed-out', phase: 'run-ended' }, performance.now());
      return;
    }
    this.#place = abortGroupOf(signal).add(this);
    transport.send(this);
  }

  onAbort(): void {
    this.#giveUp('run-ended');
  }

  get #isWaitingForFirst(): boolean {
    return !this.#options.reader.hasBegun;
  }

  /** When the wait for the first token or the next bytes is over. */
  get #waitUntilMs(): number {
    const { timeouts } = this.#options;
    return this.#isWaitingForFirst
      ? this.#sentAtMs + timeouts.firstTokenMs
      : this.#lastReadAtMs + timeouts.idleMs;
  }

  get deadlineAtMs(): number {
    return Math.min(this.#sentAtMs + this.#options.timeouts.totalMs, this.#waitUntilMs);
  }

  onDeadline(nowMs: number): void {
    if (this.#isOver || nowMs < this.deadlineAtMs) return;
    const isTotal = this.#sentAtMs + this.#options.timeouts.totalMs <= this.#waitUntilMs;
    this.#giveUp(isTotal ? 'total' : this.#isWaitingForFirst ? 'first-token' : 'idle');
  }

  onConnectTimeout(): void {
    this.#giveUp('connect');
  }

  #giveUp(phase: TimeoutPhase): void {
    if (this.#isOver) return;
    this.#end({ state: 'timed-out', phase }, performance.now());
    this.#options.transport.cancel(this);
  }

  #end(outcome: SentOutcome, endedAtMs: number, reading?: AnswerReading): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { signal, reader } = this.#options;
    abortGroupOf(signal).remove(this.#place);
    this.#settle({
      outcome,
      sentAtMs: this.#sentAtMs,
      endedAtMs,
      chunksAtMs: reader.chunksAtMs,
      text: reading?.text ?? '',
      ...(reading?.usage === undefined ? {} : { usage: reading.usage }),
      ...(reading?.queueWaitMs === undefined ? {} : { queueWaitMs: reading.queueWaitMs }),
    });
  }

  onHead(head: ResponseHead): void {
    this.#status = head.status;
  }

  get #isSuccess(): boolean {
    return this.#status >= 200 && this.#status < 300;
  }

  onBody(bytes: Buffer, atMs: number): void {
    this.#lastReadAtMs = atMs;
    if (this.#isSuccess) this.#options.reader.read(bytes, atMs);
    else if (this.#errorBody.length < MAX_ERROR_BODY_BYTES) this.#errorBody += bytes.toString('utf8');
  }

  onEnd(atMs: number): void {
    if (this.#isOver) return;
    if (!this.#isSuccess) {
      this.#end(classifyStatus(this.#status, this.#errorBody), atMs);
      return;
    }
    const reading = this.#options.reader.finish();
    this.#end(reading.outcome, atMs, reading);
  }

  onError(error: unknown): void {
    if (!this.#isOver) this.#end(classifyTransportError(error, this.#isSuccess), performance.now());
  }
}

/** Sends one request and resolves, never rejects, with what became of it. */
export function exchangeHttp(options: ExchangeOptions): Promise<Exchange> {
  return new Promise((resolve) => new HttpExchange(options, resolve).start());
}
