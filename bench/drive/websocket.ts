import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { OpenMap } from '../../vocabulary/open-map.ts';
import { type DialogEndpoint, openInteraction } from './dialog-opening.ts';
import type { Driver, DriverOptions, Exchange, TurnRequest } from './driver.ts';
import { classifyStatus, classifyTransportError, type SentOutcome } from './failure-codes.ts';
import { createTransport, splitUrl } from './http-pool.ts';
import { readFrame } from './socket-frames.ts';
import { TimedExchange } from './timed-exchange.ts';

const SUBPROTOCOL = 'busyhour.v1';
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
const MAX_ERROR_BODY_BYTES = 65_536;

/** One interaction's socket: open between its turns, at most one turn at a time. */
class DialogSocket {
  readonly #socket: WebSocket;
  #turn: TimedExchange | undefined;
  #messageId = '';
  #turns = 0;
  #failure: SentOutcome | undefined;

  constructor(url: string, options: DriverOptions) {
    const { apiKey, caPem, timeouts } = options;
    this.#socket = new WebSocket(url, SUBPROTOCOL, {
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_BYTES,
      handshakeTimeout: timeouts.connectMs,
      ...(apiKey === undefined ? {} : { headers: { authorization: `Bearer ${apiKey}` } }),
      ...(caPem === undefined ? {} : { ca: caPem }),
    });
    this.#socket.on('message', (bytes: Buffer) => this.#onMessage(bytes, performance.now()));
    this.#socket.on('unexpected-response', (request, response) => {
      this.#onRefused(response, () => request.destroy());
    });
    this.#socket.on('error', (error) => this.#fail(classifyTransportError(error, this.#hasBegun)));
    this.#socket.on('close', (code) => this.#onClose(code));
  }

  get isUsable(): boolean {
    return this.#failure === undefined && this.#socket.readyState <= WebSocket.OPEN;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  get #hasBegun(): boolean {
    return this.#turn?.hasBegun ?? false;
  }

  /** Sends a turn, as soon as the socket is open. */
  ask(text: string, turn: TimedExchange): void {
    this.#turn = turn;
    this.#messageId = `m${this.#turns++}`;
    if (this.#failure !== undefined) turn.end(this.#failure, performance.now());
    const frame = JSON.stringify({ type: 'turn', messageId: this.#messageId, text });
    if (this.isOpen) this.#socket.send(frame);
    else this.#socket.once('open', () => this.#socket.send(frame));
  }

  /** Says goodbye; the server needs not wait for its next ping to notice. */
  close(): void {
    if (this.isOpen) this.#socket.close(1000);
    else this.#socket.terminate();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #onMessage(bytes: Buffer, atMs: number): void {
    const turn = this.#turn;
    if (turn === undefined || turn.isOver) return;
    const reading = readFrame(bytes.toString('utf8'), this.#messageId, turn.hasBegun);
    if (reading.kind === 'text') turn.onContent(reading.text, atMs);
    else if (reading.kind === 'other') turn.onSign(atMs);
    else {
      turn.usage = reading.usage;
      turn.queueWaitMs = reading.queueWaitMs;
      turn.end(reading.outcome, atMs, reading.text);
    }
  }

  /** The gateway said no to the upgrade, with a status and a body like any other. */
  #onRefused(response: IncomingMessage, leave: () => void): void {
    let body = '';
    const end = (): void => {
      this.#fail(classifyStatus(response.statusCode ?? 0, body));
      // Not before: the body says which fault it was.
      leave();
    };
    response.setEncoding('utf8').on('data', (part: string) => {
      if (body.length < MAX_ERROR_BODY_BYTES) body += part;
    });
    response.once('end', end).once('error', end);
  }

  #onClose(code: number): void {
    const detail = `the socket was closed with ${code}`;
    this.#fail({
      state: 'failed',
      code: this.#hasBegun ? 'incomplete-stream' : 'connection-reset',
      detail,
      // 1012 and 1013 (service restart, try again later) are the socket's 503.
      ...(code === 1012 ? { faultCode: 'gateway_draining' } : {}),
    });
  }

  #fail(outcome: SentOutcome): void {
    this.#failure ??= outcome;
    this.#turn?.end(this.#failure, performance.now());
  }
}

/**
 * The gateway's dialog over a WebSocket: `POST /v1/interactions` once, then one socket per interaction for all its turns,
 * open while the customer thinks. Opening both belongs to the first turn's time, as a customer sees it.
 */
class WebsocketDriver implements Driver {
  readonly #endpoint: DialogEndpoint;
  readonly #socketUrl: string;
  readonly #sockets = new OpenMap<string, DialogSocket>();

  constructor(options: DriverOptions) {
    const { origin, basePath } = splitUrl(options.url.replace(/^ws/, 'http'));
    const path = `${basePath}/v1/interactions`;
    this.#endpoint = { transport: createTransport(origin, options), options, path };
    this.#socketUrl = `${origin.replace(/^http/, 'ws')}${path}`;
  }

  /** Sockets that are held open at present. */
  get sockets(): number {
    return this.#sockets.size;
  }

  async send(request: TurnRequest, signal: AbortSignal): Promise<Exchange> {
    const known = this.#sockets.get(request.interactionId);
    if (known?.isUsable) return this.#turn(request, known, signal, performance.now());
    const opening = await openInteraction(this.#endpoint, signal);
    if (opening.kind === 'failed') return opening.exchange;
    const url = `${this.#socketUrl}/${encodeURIComponent(opening.id)}/socket`;
    const socket = new DialogSocket(url, this.#endpoint.options);
    this.#sockets.set(request.interactionId, socket);
    return this.#turn(request, socket, signal, opening.sentAtMs);
  }

  async #turn(
    request: TurnRequest,
    socket: DialogSocket,
    signal: AbortSignal,
    sentAtMs: number,
  ): Promise<Exchange> {
    const exchange = await new Promise<Exchange>((resolve) => {
      const turn = new TimedExchange(
        {
          timeouts: this.#endpoint.options.timeouts,
          signal,
          keepText: request.keepText,
          isConnected: () => socket.isOpen,
          cancel: () => socket.terminate(),
        },
        resolve,
        sentAtMs,
      );
      if (turn.isOver) socket.terminate();
      else socket.ask(request.messages.at(-1)?.content ?? '', turn);
    });
    // The last turn of an interaction needs no text for history: the socket can go then, as after a failure.
    if (!request.keepText || exchange.outcome.state !== 'completed') {
      if (this.#sockets.get(request.interactionId) === socket) this.#sockets.delete(request.interactionId);
      socket.close();
    }
    return exchange;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.values()) socket.terminate();
    this.#sockets.clear();
    this.#endpoint.transport.close();
  }
}

export const createWebsocketDriver = (options: DriverOptions): Driver => new WebsocketDriver(options);
