import { type ClientHttp2Session, connect } from 'node:http2';
import { isIP } from 'node:net';
import type { ClientTls } from '../operations/tls.ts';
import { InferenceUnavailable } from './contract.ts';
import { frameFrom } from './message-frames.ts';
import { type CallReader, StreamCall } from './stream-call.ts';

const KEEPALIVE_MS = 30_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;
/** A deadline has eight digits at most on the wire. */
const MAX_DEADLINE_MS = 99_999_999;

interface Session {
  readonly http2: ClientHttp2Session;
  readonly keepalive: NodeJS.Timeout;
  calls: number;
}

const isOpen = ({ http2 }: Session): boolean => !http2.closed && !http2.destroyed;

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
  #session: Session | undefined;
  #isClosed = false;

  constructor(address: string, tls: ClientTls | undefined) {
    this.#authority = `${tls === undefined ? 'http' : 'https'}://${address}`;
    this.#tls = tls;
    const { hostname } = new URL(this.#authority);
    // Names only: the certificate of a bare address is held against the address.
    this.#serverName = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : '';
  }

  /** Sends a request. A connection that is refused ends the call at once as UNAVAILABLE; the next call tries again. */
  open({ path, message, deadlineMs, traceparent }: StreamRequest, reader: CallReader): StreamCall {
    if (this.#isClosed) throw new InferenceUnavailable('UNAVAILABLE', 'the client was closed');
    if (this.#session === undefined || !isOpen(this.#session)) this.#session = this.#connect();
    const session = this.#session;
    const stream = session.http2.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': `${Math.min(Math.ceil(deadlineMs), MAX_DEADLINE_MS)}m`,
      ...(traceparent === undefined ? {} : { traceparent }),
    });
    session.calls++;
    stream.once('close', () => session.calls--);
    const call = new StreamCall(stream, deadlineMs, reader, () => isOpen(session));
    stream.end(frameFrom(message));
    return call;
  }

  /** Calls that run go on to their end. */
  close(): void {
    this.#isClosed = true;
    this.#session?.http2.close();
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
    const session: Session = { http2, keepalive, calls: 0 };
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
