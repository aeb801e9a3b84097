import { type CallOptions, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { EngineDescription } from '../../vocabulary/readiness.ts';
import type { ClientTls } from '../operations/tls.ts';
import type { CallStatus } from './call-status.ts';
import {
  type EngineLoad,
  type GenerateEvent,
  type GenerateRequest,
  type GenerateStream,
  type InferenceClient,
  InferenceUnavailable,
} from './contract.ts';
import { channelCredentialsFrom } from './credentials.ts';
import { EventQueue, type Take } from './event-queue.ts';
import {
  ControlClient,
  GenerateStreamResponse,
  type GetLoadResponse,
  type GetModelInfoResponse,
  type GetServerInfoResponse,
  InferenceService,
  GenerateRequest as WireRequest,
} from './generated/inference.ts';
import type { CallReader, StreamCall } from './stream-call.ts';
import { StreamConnection } from './stream-connection.ts';
import { descriptionFromWire, eventFromWire, loadFromWire, NO_TIMINGS, requestToWire } from './wire.ts';

export interface InferenceClientOptions {
  /** host:port */
  readonly address: string;
  /** TLS, and with a certificate mutual TLS; plain without it. */
  readonly tls?: ClientTls | undefined;
}

/** Unread events at which the client stops reading from the connection, and at which it goes on. */
const PAUSE_ABOVE = 256;
const RESUME_BELOW = 64;

const CHANNEL_OPTIONS = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_receive_message_length': 16 * 1_048_576,
  // Streams go straight to the server, and so do the calls beside them.
  'grpc.enable_http_proxy': 0,
} as const;

function unavailable(error: ServiceError): InferenceUnavailable {
  return new InferenceUnavailable(status[error.code] ?? String(error.code), error.details, error);
}

/** Starts the call whose messages and end a reader gets. */
type OpenCall = (reader: CallReader) => StreamCall;

/** Events of one RPC as they come, with the connection paused while the reader is far behind. */
class StreamReader implements GenerateStream, CallReader {
  readonly #queue = new EventQueue<GenerateEvent>(() => this.#call.cancel());
  readonly #call: StreamCall;
  readonly #signal: AbortSignal;
  #outputTokens = 0;
  #terminated = false;
  #paused = false;
  readonly #onAbort = (): void => this.#abort();

  constructor(open: OpenCall, signal: AbortSignal) {
    this.#signal = signal;
    this.#call = open(this);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  next(): Promise<IteratorResult<GenerateEvent>> {
    this.#readOn();
    return this.#queue.next();
  }

  handTo(take: Take<GenerateEvent>): Promise<void> {
    return this.#queue.handTo((event) => {
      this.#readOn();
      return take(event);
    });
  }

  #readOn(): void {
    if (!this.#paused || this.#queue.unread >= RESUME_BELOW) return;
    this.#paused = false;
    this.#call.resume();
  }

  return(): Promise<IteratorResult<GenerateEvent>> {
    this.#forget();
    return this.#queue.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  message(bytes: Buffer): void {
    const event = eventFromWire(GenerateStreamResponse.decode(bytes));
    if (event === undefined || this.#terminated) return;
    if (event.kind === 'chunk') this.#outputTokens += event.tokenIds.length;
    this.#queue.push(event);
    if (event.kind === 'finish' || event.kind === 'error') this.#terminate();
    else if (!this.#paused && this.#queue.unread > PAUSE_ABOVE) {
      this.#paused = true;
      this.#call.pause();
    }
  }

  #terminate(): void {
    this.#terminated = true;
    this.#forget();
    this.#queue.end();
  }

  /** Cancels the RPC. The engine's own timings of an aborted request are not known here, so they read zero. */
  #abort(): void {
    if (this.#terminated) return;
    const outputTokens = this.#outputTokens;
    this.#queue.push({ kind: 'finish', reason: 'abort', outputTokens, timings: NO_TIMINGS });
    this.#terminate();
    this.#call.cancel();
  }

  /** A request that failed validation is an answer; every other status is a broken transport. */
  ended({ name, details }: CallStatus): void {
    if (this.#terminated) return;
    if (name === 'INVALID_ARGUMENT') {
      this.#queue.push({ kind: 'error', code: 'INVALID_REQUEST', message: details });
    } else if (name === 'OK') {
      this.#queue.fail(new InferenceUnavailable('DATA_LOSS', 'the stream ended without a terminal message'));
    } else {
      this.#queue.fail(new InferenceUnavailable(name, details));
    }
    this.#terminate();
  }

  #forget(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}

/** Nothing is sent for a request that was aborted before. */
function abortedBefore(): GenerateStream {
  const queue = new EventQueue<GenerateEvent>(() => undefined);
  queue.push({ kind: 'finish', reason: 'abort', outputTokens: 0, timings: NO_TIMINGS });
  queue.end();
  return queue;
}

class GrpcInferenceClient implements InferenceClient {
  readonly #streams: StreamConnection;
  readonly #control: ControlClient;

  constructor({ address, tls }: InferenceClientOptions) {
    this.#streams = new StreamConnection(address, tls);
    this.#control = new ControlClient(address, channelCredentialsFrom(tls), CHANNEL_OPTIONS);
  }

  generate(
    request: GenerateRequest,
    { signal, deadlineMs, traceparent }: { signal: AbortSignal; deadlineMs: number; traceparent?: string },
  ): GenerateStream {
    if (signal.aborted) return abortedBefore();
    const message = WireRequest.encode(requestToWire(request)).finish();
    const { path } = InferenceService.generateStream;
    const asked = { path, message, deadlineMs, traceparent };
    return new StreamReader((reader) => this.#streams.open(asked, reader), signal);
  }

  async describe(timeoutMs: number): Promise<EngineDescription> {
    const [server, model] = await Promise.all([
      unary<GetServerInfoResponse>(timeoutMs, (...rest) => this.#control.getServerInfo({}, ...rest)),
      unary<GetModelInfoResponse>(timeoutMs, (...rest) => this.#control.getModelInfo({}, ...rest)),
    ]);
    return descriptionFromWire(server, model);
  }

  async load(timeoutMs: number): Promise<EngineLoad> {
    return loadFromWire(
      await unary<GetLoadResponse>(timeoutMs, (...rest) => this.#control.getLoad({}, ...rest)),
    );
  }

  close(): void {
    this.#streams.close();
    this.#control.close();
  }
}

type UnaryRest<T> = [Metadata, Partial<CallOptions>, (error: ServiceError | null, response: T) => void];

function unary<T>(timeoutMs: number, start: (...rest: UnaryRest<T>) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    start(new Metadata(), { deadline: Date.now() + timeoutMs }, (error, response) => {
      if (error === null) resolve(response);
      else reject(unavailable(error));
    });
  });
}

/**
 * A client of one inference server. `deadlineMs` of generate is a span from now; a refused connection fails at once. Each
 * generation tries to connect anew where no connection stands; for the other calls the channel reconnects by itself within
 * 0.1 to 2 s of the server coming back.
 */
export const createInferenceClient = (options: InferenceClientOptions): InferenceClient =>
  new GrpcInferenceClient(options);
