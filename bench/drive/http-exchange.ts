import type { Dispatcher } from 'undici';
import type { Timeouts } from '../../scenarios/scenario.ts';
import type { TimeoutPhase } from '../../vocabulary/outcomes.ts';
import type { Exchange, TokenUsage } from './driver.ts';
import { classifyStatus, classifyTransportError, type SentOutcome } from './failure-codes.ts';

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
  /** Bytes, and the instant at which they were read. */
  read(bytes: Buffer, atMs: number): void;
  /** The body ended as HTTP says it should. */
  finish(): AnswerReading;
  /** What has been seen so far, for answers that do not end well. */
  readonly chunksAtMs: readonly number[];
  /** Whether the first token (for bodies that are not streams: the first byte) has come. */
  readonly hasBegun: boolean;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

export interface ExchangeOptions {
  readonly dispatcher: Dispatcher;
  readonly request: HttpRequest;
  readonly reader: AnswerReader;
  readonly timeouts: Timeouts;
  readonly signal: AbortSignal;
}

const MAX_ERROR_BODY_BYTES = 65_536;

/** One HTTP exchange on undici's dispatch level, with its own exact limits and instants. */
class HttpExchange implements Dispatcher.DispatchHandler {
  readonly #options: ExchangeOptions;
  readonly #settle: (exchange: Exchange) => void;
  readonly #sentAtMs: number;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #errorBody = '';
  #lastReadAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: ExchangeOptions, settle: (exchange: Exchange) => void) {
    this.#options = options;
    this.#settle = settle;
    this.#sentAtMs = performance.now();
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#arm(this.#sentAtMs);
  }

  readonly #onAbort = (): void => this.#giveUp('run-ended');

  /** Hands the request to the dispatcher; a signal that is already aborted ends it unsent. */
  start(): void {
    const { dispatcher, request, signal } = this.#options;
    if (signal.aborted) {
      this.#onAbort();
      return;
    }
    try {
      dispatcher.dispatch(
        { ...request, body: request.body ?? null, headersTimeout: 0, bodyTimeout: 0 },
        this,
      );
    } catch (error) {
      this.#end(classifyTransportError(error, false), performance.now());
    }
  }

  /** The limit that runs out first from here on. */
  #deadline(): { readonly atMs: number; readonly phase: TimeoutPhase } {
    const { timeouts, reader } = this.#options;
    const total = { atMs: this.#sentAtMs + timeouts.totalMs, phase: 'total' as const };
    const waiting = reader.hasBegun
      ? { atMs: this.#lastReadAtMs + timeouts.idleMs, phase: 'idle' as const }
      : { atMs: this.#sentAtMs + timeouts.firstTokenMs, phase: 'first-token' as const };
    return waiting.atMs < total.atMs ? waiting : total;
  }

  /** One timer per request: when it fires, it looks whether the limit moved meanwhile. */
  #arm(nowMs: number): void {
    this.#timer = setTimeout(
      () => {
        const deadline = this.#deadline();
        const atMs = performance.now();
        if (atMs >= deadline.atMs) this.#giveUp(deadline.phase);
        else this.#arm(atMs);
      },
      Math.ceil(this.#deadline().atMs - nowMs),
    );
  }

  #giveUp(phase: TimeoutPhase): void {
    this.#end({ state: 'timed-out', phase }, performance.now());
    this.#controller?.abort(new Error(`given up: ${phase}`));
  }

  #end(outcome: SentOutcome, endedAtMs: number, reading?: AnswerReading): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#settle({
      outcome,
      sentAtMs: this.#sentAtMs,
      endedAtMs,
      chunksAtMs: this.#options.reader.chunksAtMs,
      text: reading?.text ?? '',
      ...(reading?.usage === undefined ? {} : { usage: reading.usage }),
      ...(reading?.queueWaitMs === undefined ? {} : { queueWaitMs: reading.queueWaitMs }),
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error('given up before a connection was free'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number): void {
    if (statusCode >= 200) this.#status = statusCode;
  }

  get #isSuccess(): boolean {
    return this.#status >= 200 && this.#status < 300;
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Buffer): void {
    const atMs = performance.now();
    this.#lastReadAtMs = atMs;
    if (this.#isOver) return;
    if (this.#isSuccess) this.#read(bytes, atMs);
    else if (this.#errorBody.length < MAX_ERROR_BODY_BYTES) this.#errorBody += bytes.toString('utf8');
  }

  #read(bytes: Buffer, atMs: number): void {
    const { reader } = this.#options;
    const wasWaiting = !reader.hasBegun;
    reader.read(bytes, atMs);
    if (!wasWaiting || !reader.hasBegun) return;
    // The idle limit may run out before the instant that the timer was set for.
    clearTimeout(this.#timer);
    this.#arm(atMs);
  }

  onResponseEnd(): void {
    const atMs = performance.now();
    if (this.#isOver) return;
    if (!this.#isSuccess) this.#end(classifyStatus(this.#status, this.#errorBody), atMs);
    else {
      const reading = this.#options.reader.finish();
      this.#end(reading.outcome, atMs, reading);
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end(classifyTransportError(error, this.#isSuccess), performance.now());
  }
}

/** Sends one request and resolves, never rejects, with what became of it. */
export function exchangeHttp(options: ExchangeOptions): Promise<Exchange> {
  return new Promise((resolve) => new HttpExchange(options, resolve).start());
}
