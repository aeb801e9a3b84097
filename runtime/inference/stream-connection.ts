import { type ClientHttp2Session, connect } from 'node:http2';
import { isIP } from 'node:net';
import type { ClientTls } from '../operations/tls.ts';
import { InferenceUnavailable } from './contract.ts';
import { frameFrom } from './message-frames.ts';
import { type CallReader, StreamCall } from './stream-call.ts';

const KEEPALIVE_MS = 30_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;

/** What bounds a connection. */
export interface ConnectionLimits {
  /** Until it is made, TLS included: a host that is gone without a word would hold calls for minutes. */
  readonly connectMs: number;
  /** Each call takes a number of its own; when those of a connection are used up it takes no more calls. */
  readonly maxCalls: number;
}

/** HTTP/2 numbers a client's streams with the odd half of 31 bits. */
const DEFAULT_LIMITS: ConnectionLimits = { connectMs: 10_000, maxCalls: 2 ** 30 - 1 };
/** A deadline has eight digits at most on the wire. */
const MAX_DEADLINE_MS = 99_999_999;

interface Session {
  readonly http2: ClientHttp2Session;
  readonly keepalive: NodeJS.Timeout;
  calls: number;
  callsLeft: number;
  isLeaving: boolean;
}

const isOpen = ({ http2 }: Session): boolean => !http2.closed && !http2.destroyed;

/** Closes once its calls have ended: closed before it is made, it would take them along. */
function leave(session: Session): void {
  session.isLeaving = true;
  if (session.calls === 0) session.http2.close();
}

function callEnded(session: Session): void {
  session.calls--;
  if (session.isLeaving) leave(session);
}

/** Ends a connection that is not made in time. */
function limitConnecting(http2: ClientHttp2Session, connectMs: number): void {
  const fuse = setTimeout(() => http2.destroy(new Error(`no connection within ${connectMs} ms`)), connectMs);
  fuse.unref();
  http2.once('connect', () => clearTimeout(fuse)).once('close', () => clearTimeout(fuse));
}

/** What a call asks. */
export interface StreamRequest {
  readonly path: string;
  readonly message: Uint8Array;
  /** A span from now, sent along. */
  readonly deadlineMs: number;
  readonly traceparent: string | undefined;
}

/**
 * gRPC calls with many messages in answer, over one HTTP/2 connection that is made when a call needs one. The library takes a
 * message through a dozen layers with a promise and two ticks, twice the time of the connection itself: too dear for a token.
 */
export class StreamConnection {
  readonly #authority: string;
  readonly #tls: ClientTls | undefined;
  readonly #serverName: string;
  readonly #limits: ConnectionLimits;
  #session: Session | undefined;
  #isClosed = false;

  constructor(address: string, tls: ClientTls | undefined, limits = DEFAULT_LIMITS) {
    this.#limits = limits;
    this.#authority = `${tls === undefined ? 'http' : 'https'}://${address}`;
    this.#tls = tls;
    const { hostname } = new URL(this.#authority);
    // Names only: the certificate of a bare address is held against the address.
    this.#serverName = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : '';
  }

  /** Sends a request. A connection that is refused ends the call at once as UNAVAILABLE; the next call tries again. */
  open({ path, message, deadlineMs, traceparent }: StreamRequest, reader: CallReader): StreamCall {
    if (this.#isClosed) throw new InferenceUnavailable('UNAVAILABLE', 'the client was closed');
    const session = this.#take();
    const stream = session.http2.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': `${Math.min(Math.ceil(deadlineMs), MAX_DEADLINE_MS)}m`,
      ...(traceparent === undefined ? {} : { traceparent }),
    });
    session.calls++;
    const call = new StreamCall(stream, deadlineMs, reader, () => isOpen(session));
    // After the call, which asks whether the connection still stood when it ended.
    stream.once('close', () => callEnded(session));
    stream.end(frameFrom(message));
    return call;
  }

  /** A connection that takes one more call. */
  #take(): Session {
    let session = this.#session;
    if (session?.callsLeft === 0) {
      leave(session);
      session = undefined;
    }
    if (session === undefined || !isOpen(session)) session = this.#connect();
    session.callsLeft--;
    this.#session = session;
    return session;
  }

  /** Calls that run go on to their end. */
  close(): void {
    this.#isClosed = true;
    if (this.#session !== undefined) leave(this.#session);
  }

  #connect(): Session {
    const { ca, cert, key } = this.#tls ?? {};
    const http2 = connect(this.#authority, {
      // Streams that their readers hold back are bounded by their own windows.
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
      servername: this.#serverName,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
    const keepalive = setInterval(() => this.#keepAlive(session), KEEPALIVE_MS).unref();
    const session: Session = {
      http2,
      keepalive,
      calls: 0,
      callsLeft: this.#limits.maxCalls,
      isLeaving: false,
    };
    limitConnecting(http2, this.#limits.connectMs);
    // Told to go, it takes no new calls; those that run go on.
    http2.on('goaway', () => {
      if (this.#session === session) this.#session = undefined;
    });
    // Its calls hear of it each for itself.
    http2.on('error', () => undefined);
    http2.on('close', () => clearInterval(keepalive));
    // Nothing that only waits keeps the process alive.
    http2.unref();
    return session;
  }

  /** Finds out that a peer is gone without a word, which only its silence tells. */
  #keepAlive({ http2, calls }: Session): void {
    if (calls === 0 || http2.destroyed) return;
    const fuse = setTimeout(
      () => http2.destroy(new Error(`no sign of life for ${KEEPALIVE_TIMEOUT_MS} ms`)),
      KEEPALIVE_TIMEOUT_MS,
    );
    const isSent = http2.ping(() => clearTimeout(fuse));
    if (!isSent) clearTimeout(fuse);
  }
}
