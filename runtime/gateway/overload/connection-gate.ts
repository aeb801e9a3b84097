import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { openResponsesOf } from './open-responses.ts';
import { frameRequest } from './request-framing.ts';
import { newWorkOf, type Shedder } from './shedder.ts';

type OnData = (chunk: Buffer) => void;

const ORIGIN = /\r\norigin[ \t]*:/i;

interface GateLimits {
  /** The time that the body of a refused request may take to come; 0: any. */
  readonly bodyMs: number;
  /** Whether pages of any origin may call. */
  readonly hasPages: boolean;
}

/** Of the server that the gates stand before. */
export interface SheddingOptions {
  readonly isTls: boolean;
  /** Origins whose pages may read an answer, and so a refusal. */
  readonly allowedOrigins: readonly string[];
}

/** Refusals that a connection may leave unread; beyond it the parser's own back-pressure takes over. */
const MAX_UNREAD_BYTES = 65_536;

/**
 * Stands before the HTTP parser of one connection. Parsing a request and answering it through the HTTP stack costs a tenth
 * of serving it; refusing it here, a fortieth. Only a request that is plain (see `frameRequest`), on a connection that has
 * carried one before and owes no answer, is refused here. A connection on which anything else appears is left to the parser for good.
 */
class ConnectionGate {
  readonly #socket: Socket;
  readonly #parse: OnData;
  readonly #shedder: Shedder;
  readonly #limits: GateLimits;
  #bodyBytesLeft = 0;
  #isRefusing = false;
  #refusingSinceMs = 0;
  #hasCarried = false;
  /** Whether the request that the parser has now was let in here. */
  isAdmitted = false;

  constructor(socket: Socket, parse: OnData, shedder: Shedder, limits: GateLimits) {
    this.#socket = socket;
    this.#parse = parse;
    this.#shedder = shedder;
    this.#limits = limits;
    socket.on('data', this.#take);
    socket.off('data', parse);
  }

  readonly #take = (chunk: Buffer): void => {
    if (this.#bodyBytesLeft > 0) this.#continue(chunk);
    else this.#begin(chunk);
  };

  #begin(chunk: Buffer): void {
    const framed = frameRequest(chunk);
    if (framed.kind === 'opaque') {
      this.#leave(chunk);
      return;
    }
    this.#bodyBytesLeft = framed.bodyBytesLeft;
    this.isAdmitted = false;
    this.#isRefusing = this.#hasCarried && this.#refuses(framed.head);
    this.#hasCarried = true;
    if (!this.#isRefusing) this.#parse(chunk);
    else {
      this.#refusingSinceMs = this.#shedder.nowMs();
      this.#refuseWhenWhole();
    }
  }

  #refuses(head: string): boolean {
    const [method, url = ''] = head.slice(0, head.indexOf('\r\n')).split(' ');
    const route = newWorkOf(method, url);
    if (route === undefined) return false;
    // The refusal that pages may read has more fields, and goes through the parser.
    if (this.#limits.hasPages && ORIGIN.test(head)) return false;
    if (openResponsesOf(this.#socket) > 0 || this.#socket.writableLength > MAX_UNREAD_BYTES) return false;
    if (this.#shedder.sheds(route)) return true;
    this.isAdmitted = true;
    return false;
  }

  #continue(chunk: Buffer): void {
    const rest = chunk.subarray(this.#bodyBytesLeft);
    this.#bodyBytesLeft = Math.max(0, this.#bodyBytesLeft - chunk.length);
    if (!this.#isRefusing) {
      if (rest.length > 0) this.#leave(chunk);
      else this.#parse(chunk);
      return;
    }
    // The parser, which would end it, does not know of this body; silence ends by the time-out of an idle connection.
    const { bodyMs } = this.#limits;
    if (bodyMs > 0 && this.#shedder.nowMs() - this.#refusingSinceMs > bodyMs) {
      this.#socket.destroy();
      return;
    }
    this.#refuseWhenWhole();
    if (rest.length > 0) this.#leave(rest);
  }

  #refuseWhenWhole(): void {
    if (this.#bodyBytesLeft === 0 && this.#socket.writable) this.#socket.write(this.#shedder.refusal.bytes);
  }

  #leave(chunk: Buffer): void {
    this.isAdmitted = false;
    this.#socket.on('data', this.#parse);
    this.#socket.off('data', this.#take);
    this.#parse(chunk);
  }
}

/** Without these a page is told of a failed network, and neither of the refusal nor of the wait. */
const originHeaders = ({ headers: { origin } }: IncomingMessage, allowed: readonly string[]): object =>
  origin === undefined || !allowed.includes(origin)
    ? {}
    : {
        'access-control-allow-origin': origin,
        'access-control-expose-headers': 'retry-after',
        vary: 'Origin',
      };

/**
 * Refuses new work before it is routed, authenticated, read or parsed, while the process is overloaded: a refusal that
 * costs as much as a request would leave no time for requests. To be called before the server listens.
 */
export function shedBeforeRouting(server: Server, shedder: Shedder, options: SheddingOptions): void {
  const { isTls, allowedOrigins } = options;
  const limits = { bodyMs: server.requestTimeout, hasPages: allowedOrigins.length > 0 };
  const gates = new WeakMap<Socket, ConnectionGate>();
  server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
    // The parser's own listener, which the server has added just before.
    const [parse] = socket.listeners('data') as OnData[];
    if (parse !== undefined) gates.set(socket, new ConnectionGate(socket, parse, shedder, limits));
  });
  const handlers = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response) => {
    const route = newWorkOf(request.method, request.url ?? '');
    const isDecided = gates.get(request.socket)?.isAdmitted === true;
    if (route !== undefined && !isDecided && shedder.sheds(route)) {
      const { httpStatus, headers, body } = shedder.refusal;
      response.writeHead(httpStatus, { ...headers, ...originHeaders(request, allowedOrigins) });
      response.end(body);
      return;
    }
    for (const handle of handlers) handle.call(server, request, response);
  });
}
