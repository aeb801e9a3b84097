import type { Socket } from 'node:net';
import type { OpenPlace } from '../../../vocabulary/open-list.ts';
import { type Origin, openSocket } from './origin.ts';
import type { ResponseHead } from './response-head.ts';
import { ResponseParser, type ResponseSink } from './response-parser.ts';

/** A request on its way: what to send, and who is told what comes of it. All instants are `performance.now()`. */
export interface HttpTask {
  /** Head and body. */
  readonly text: string;
  /** The connection that carries it, while one does. */
  carrier: HttpConnection | undefined;
  /** Where it stands in the line for a connection, while it does. */
  waiting: OpenPlace<WaitingTask> | undefined;
  /** The instant at which the limit runs out that is nearest now. */
  readonly deadlineAtMs: number;
  onHead(head: ResponseHead): void;
  /** Bytes are only valid during the call. */
  onBody(bytes: Buffer, atMs: number): void;
  onEnd(atMs: number): void;
  onError(error: unknown): void;
  /** The connection did not stand in time. */
  onConnectTimeout(): void;
  /** A limit may have run out: the task ends itself if so. */
  onDeadline(nowMs: number): void;
}

/** A request for which no connection is free. */
export interface WaitingTask {
  readonly task: HttpTask;
  timer: NodeJS.Timeout;
}

export interface ConnectionEvents {
  /** It can carry another request. */
  onFree(connection: HttpConnection): void;
  /** It is no more. Told once, after its task was. */
  onGone(connection: HttpConnection): void;
}

/** Without a word from the server, a connection idle for longer than this may be closed just as it is used again. */
const DEFAULT_IDLE_MS = 4_000;
/** A server's own limit counts from when it sent; ours begins when that has come. */
const IDLE_MARGIN_MS = 1_000;

const closedEarly = (): Error =>
  Object.assign(new Error('the other side closed the connection'), { code: 'ECONNRESET' });

/** One keep-alive connection: at most one request at a time, no pipelining. */
export class HttpConnection implements ResponseSink {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #parser = new ResponseParser(this);
  #task: HttpTask | undefined;
  #isKeptAlive = true;
  #isGone = false;
  #readAtMs = 0;
  #reusableUntilMs = Number.POSITIVE_INFINITY;
  #keepAliveMs: number | undefined;
  #connectUntilMs: number;
  /** One timer for all requests of the connection: when it fires it looks where the limit is by then. */
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(origin: Origin, connectMs: number, events: ConnectionEvents) {
    this.#events = events;
    this.#connectUntilMs = performance.now() + connectMs;
    this.#socket = openSocket(origin, { onBytes: (bytes) => this.#onBytes(bytes) });
    this.#socket.once(origin.isTls ? 'secureConnect' : 'connect', () => {
      this.#connectUntilMs = Number.POSITIVE_INFINITY;
    });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.once('end', () => this.#onEndOfInput());
    this.#socket.once('close', () => this.#fail(closedEarly()));
  }

  /** Whether an idle connection is young enough not to be closed by the server at this very moment. */
  isReusable(nowMs: number): boolean {
    return !this.#isGone && nowMs < this.#reusableUntilMs;
  }

  /** Sends a request; while the connection is not open yet, the socket keeps it. */
  begin(task: HttpTask): void {
    this.#task = task;
    task.carrier = this;
    this.#parser.reset();
    this.#isKeptAlive = false;
    this.#socket.write(task.text, 'utf8');
    this.touch();
  }

  /** The task's limits moved: makes sure that the timer fires no later than the nearest. */
  touch(): void {
    if (this.#task === undefined) return;
    const atMs = Math.min(this.#task.deadlineAtMs, this.#connectUntilMs);
    if (atMs >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(this.#onTimer, Math.ceil(atMs - performance.now()));
  }

  readonly #onTimer = (): void => {
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const task = this.#task;
    if (task === undefined) return;
    const nowMs = performance.now();
    if (nowMs >= this.#connectUntilMs) task.onConnectTimeout();
    else task.onDeadline(nowMs);
    this.touch();
  };

  /** Ends the connection at once. Its task is told only of an error: without one it is the task that gave up. */
  destroy(error?: unknown): void {
    if (error !== undefined) {
      this.#fail(error);
      return;
    }
    this.#takeTask();
    this.#leave();
  }

  #takeTask(): HttpTask | undefined {
    const task = this.#task;
    this.#task = undefined;
    if (task !== undefined) task.carrier = undefined;
    return task;
  }

  #onBytes(bytes: Buffer): void {
    this.#readAtMs = performance.now();
    // Nobody asked: the answer to a request that was given up, or a server that says goodbye in words.
    if (this.#task === undefined) {
      this.#leave();
      return;
    }
    try {
      if (!this.#parser.feed(bytes)) this.#isKeptAlive = false;
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#parser.isBetween && this.#task === undefined) this.#release();
  }

  onHead(head: ResponseHead): void {
    this.#isKeptAlive = head.isKeptAlive;
    this.#keepAliveMs = head.keepAliveMs;
    this.#task?.onHead(head);
  }

  onBody(bytes: Buffer): void {
    this.#task?.onBody(bytes, this.#readAtMs);
    this.touch();
  }

  onEnd(): void {
    this.#takeTask()?.onEnd(this.#readAtMs);
  }

  /** The answer has been read to its end: the next request may follow, or this was the last. */
  #release(): void {
    if (this.#isGone) return;
    if (!this.#isKeptAlive) {
      this.#leave();
      return;
    }
    const idleMs =
      this.#keepAliveMs === undefined ? DEFAULT_IDLE_MS : Math.max(0, this.#keepAliveMs - IDLE_MARGIN_MS);
    this.#reusableUntilMs = this.#readAtMs + idleMs;
    this.#events.onFree(this);
  }

  #onEndOfInput(): void {
    this.#readAtMs = performance.now();
    if (this.#task !== undefined && !this.#parser.endOfInput()) this.#fail(closedEarly());
    else this.#leave();
  }

  #fail(error: unknown): void {
    const task = this.#takeTask();
    this.#leave();
    task?.onError(error);
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#parser.stop();
    clearTimeout(this.#timer);
    this.#socket.destroy();
    this.#events.onGone(this);
  }
}
