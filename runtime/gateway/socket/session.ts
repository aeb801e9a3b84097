import type { RawData, WebSocket } from 'ws';
import { createFault, type Fault, FaultError, faultFromUnknown } from '../../llm/fault.ts';
import type { Tenant } from '../../tenants/ledger.ts';
import { errorBodyFrom, parseRequest } from '../error-body.ts';
import { isTooDeep } from '../json-body.ts';
import type { ChannelReader } from './channel.ts';
import type { LoggedEvent } from './event-log.ts';
import {
  CLOSE_CODES,
  type ClientFrame,
  type CloseReason,
  clientFrameSchema,
  type ServerFrame,
} from './frames.ts';
import type { SocketEnd } from './socket-observer.ts';

export interface SessionOptions {
  readonly interactionId: string;
  readonly tenant: Tenant;
  readonly identify: () => Tenant;
  readonly traceparent: string | undefined;
  readonly maxBufferedBytes: number;
  readonly maxDepth: number;
  readonly onFrame: (session: Session, frame: ClientFrame) => Promise<void>;
  readonly onLost: (session: Session) => Promise<void>;
  readonly onEnd: (session: Session, reason: SocketEnd) => void;
  readonly onDefect: (error: unknown) => void;
}

/** A client that keeps sending what it must not is not worth the answers. */
const MAX_BAD_FRAMES = 10;
/** Frames taken and not done with; more is a flood. */
const MAX_WAITING_FRAMES = 256;
const FIRST_FRAME_MS = 500;
/** A close frame behind a full buffer may never arrive. */
const CLOSE_WAIT_MS = 1000;

/** One WebSocket: frames in, events out, each event once and in order. */
export class Session implements ChannelReader {
  readonly interactionId: string;
  tenant: Tenant;
  readonly traceparent: string | undefined;
  readonly #socket: WebSocket;
  readonly #options: SessionOptions;
  /** Id of the last event sent; undefined until the first is known. */
  #sentId: number | undefined;
  /** Events that come while what was missed is being read. */
  #backlog: LoggedEvent[] | undefined = [];
  #badFrames = 0;
  #waitingFrames = 0;
  #work: Promise<void> = Promise.resolve();
  #end: SocketEnd = 'client';
  #fuse: NodeJS.Timeout | undefined;
  #waitForFrame: NodeJS.Timeout | undefined;
  isAlive = true;

  constructor(socket: WebSocket, options: SessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.interactionId = options.interactionId;
    this.tenant = options.tenant;
    this.traceparent = options.traceparent;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => {
      this.isAlive = true;
    });
    // ws has closed the socket already, with the code that the fault asks for.
    socket.on('error', () => {
      if (this.#end === 'client') this.#end = 'bad_frames';
    });
    socket.on('close', () => {
      clearTimeout(this.#fuse);
      clearTimeout(this.#waitForFrame);
      options.onEnd(this, this.#end);
    });
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.isAlive = true;
    let frame: ClientFrame;
    try {
      frame = this.#parse(data, isBinary);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    if (this.#waitingFrames >= MAX_WAITING_FRAMES) {
      this.close('bad_frames');
      return;
    }
    this.#waitingFrames++;
    // One after the other: a turn sent after a resume comes after it.
    this.#work = this.#work
      .then(() => {
        if (frame.type !== 'resume') this.#continue();
        return this.#options.onFrame(this, frame);
      })
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.#waitingFrames--;
      });
  }

  #parse(data: RawData, isBinary: boolean): ClientFrame {
    if (isBinary) throw new FaultError(createFault('caller_invalid_request', 'Frames are text, not binary.'));
    const bytes = Buffer.isBuffer(data)
      ? data
      : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    const { maxDepth } = this.#options;
    if (isTooDeep(bytes, maxDepth))
      throw new FaultError(
        createFault('caller_invalid_request', `The frame nests deeper than ${maxDepth} levels.`),
      );
    return parseRequest(clientFrameSchema, parseJson(bytes));
  }

  #refuse(error: unknown): void {
    this.fail(error);
    if (++this.#badFrames >= MAX_BAD_FRAMES) this.close('bad_frames');
  }

  /** Does what must be done before any frame is handled. */
  begin(work: () => Promise<void>): void {
    this.#work = work().catch((error: unknown) => {
      this.fail(error);
      this.close('store_away');
    });
  }

  /** Says to this socket alone what went wrong. */
  fail(error: unknown): void {
    let fault: Fault = faultFromUnknown(error, 'gateway_internal');
    if (!(error instanceof FaultError)) {
      this.#options.onDefect(error);
      fault = createFault('gateway_internal');
    }
    this.send({ type: 'error', ...errorBodyFrom(fault) });
  }

  send(frame: ServerFrame): void {
    this.#write(JSON.stringify(frame));
  }

  #write(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(text);
    if (this.#socket.bufferedAmount > this.#options.maxBufferedBytes) this.close('slow_reader');
  }

  deliver(events: readonly LoggedEvent[]): void {
    if (this.#backlog !== undefined) {
      this.#backlog.push(...events);
      return;
    }
    for (const { id, json } of events) {
      if (id <= (this.#sentId ?? 0)) continue;
      this.#sentId = id;
      this.#write(`{"id":${id},${json.slice(1)}`);
    }
  }

  lost(): void {
    this.pause();
    this.#work = this.#work
      .then(() => this.#options.onLost(this))
      .catch((error: unknown) => {
        this.fail(error);
        this.close('store_away');
      });
  }

  /**
   * Events go on after an id with the client's first frame, or soon when it sends none: a client that comes back says
   * with that frame what it has, and gets nothing before what it missed.
   */
  continueSoonAfter(id: number): void {
    this.#sentId = id;
    this.#waitForFrame = setTimeout(() => this.#continue(), FIRST_FRAME_MS);
  }

  #continue(): void {
    if (this.#waitForFrame === undefined) return;
    clearTimeout(this.#waitForFrame);
    this.#waitForFrame = undefined;
    this.continueAfter(this.#sentId ?? 0);
  }

  /** Holds back what comes until `continueAfter`. */
  pause(): void {
    clearTimeout(this.#waitForFrame);
    this.#waitForFrame = undefined;
    this.#backlog ??= [];
  }

  /** What was missed, then what came meanwhile, then what comes. */
  continueAfter(id: number, missed: readonly LoggedEvent[] = []): void {
    const backlog = this.#backlog ?? [];
    this.#backlog = undefined;
    this.#sentId = id;
    this.deliver(missed);
    this.deliver(backlog);
  }

  /** Whether its key still is one of the same tenant; from here on under that tenant's limits as they are now. */
  identify(): boolean {
    const { name } = this.tenant;
    try {
      this.tenant = this.#options.identify();
    } catch (error) {
      if (!(error instanceof FaultError)) this.#options.onDefect(error);
      return false;
    }
    return this.tenant.name === name;
  }

  ping(): void {
    this.isAlive = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  /** Ends it; a client that does not answer the close is cut. */
  close(reason: CloseReason): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#end = reason;
    this.#socket.close(CLOSE_CODES[reason], reason);
    this.#fuse = setTimeout(() => this.#socket.terminate(), CLOSE_WAIT_MS);
  }

  terminate(reason: CloseReason): void {
    this.#end = reason;
    this.#socket.terminate();
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new FaultError(createFault('caller_invalid_request', 'The frame is not JSON.'));
  }
}
