import { Client, connectivityState, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { FaultCode } from '../../vocabulary/faults.ts';
import type { Driver, DriverOptions, Exchange, TurnRequest } from './driver.ts';
import type { SentOutcome } from './failure-codes.ts';
import { type GrpcMethod, generateRequest, loadMethod, type StreamMessage } from './grpc-messages.ts';
import { originFrom } from './http/origin.ts';
import { TimedExchange } from './timed-exchange.ts';

/** Many servers allow 100 streams on a connection; beyond that a library would let calls wait unseen. */
const STREAMS_PER_CONNECTION = 100;
/** A target that comes back is found within a second, not after the library's default of up to two minutes. */
const RECONNECT_MS = { initial: 100, max: 1_000 };

/** Faults of the engine in the closed vocabulary, where it has a word for them. */
const FAULTS: Readonly<Record<string, FaultCode>> = {
  OVERLOADED: 'provider_overloaded',
  DRAINING: 'provider_overloaded',
  ENGINE_FAILED: 'provider_error',
  INVALID_REQUEST: 'caller_invalid_request',
};

/** What an error message of the stream means. */
export function classifyGrpcError(
  error: NonNullable<StreamMessage['error']>,
  hasBegun: boolean,
): SentOutcome {
  const faultCode = FAULTS[error.code];
  return {
    state: 'failed',
    code: hasBegun ? 'incomplete-stream' : 'grpc-error',
    ...(faultCode === undefined ? {} : { faultCode }),
    detail: `${error.code}: ${error.message}`,
  };
}

/** What the end of a call with an error status means. */
export function classifyStatusError({ code, details }: ServiceError, hasBegun: boolean): SentOutcome {
  const detail = `${status[code] ?? code}: ${details}`;
  if (code !== status.UNAVAILABLE) {
    return { state: 'failed', code: hasBegun ? 'incomplete-stream' : 'grpc-error', detail };
  }
  if (hasBegun) return { state: 'failed', code: 'incomplete-stream', detail };
  if (/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/.test(details))
    return { state: 'failed', code: 'connect-refused', detail };
  if (/ENOTFOUND|EAI_|[Nn]ame resolution/.test(details))
    return { state: 'failed', code: 'dns-error', detail };
  if (/certificate|SSL|TLS/.test(details)) return { state: 'failed', code: 'tls-error', detail };
  if (/ECONNRESET|[Cc]onnection dropped|ended without/.test(details)) {
    return { state: 'failed', code: 'connection-reset', detail };
  }
  return { state: 'failed', code: 'grpc-error', detail };
}

/** A message as it came: the instant is taken before it is decoded. */
interface Stamped {
  readonly atMs: number;
  readonly bytes: Buffer;
}
const stamp = (bytes: Buffer): Stamped => ({ atMs: performance.now(), bytes });

interface Connection {
  readonly client: Client;
  open: number;
}

/** `GenerateStream` of the inference service: token chunks over HTTP/2. */
class GrpcDriver implements Driver {
  readonly #options: DriverOptions;
  readonly #connections: Connection[] = [];
  readonly #metadata = new Metadata();
  readonly #method: GrpcMethod<StreamMessage>;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#method = loadMethod('Inference', 'GenerateStream');
    if (options.apiKey !== undefined) this.#metadata.set('authorization', `Bearer ${options.apiKey}`);
  }

  send(request: TurnRequest, signal: AbortSignal): Promise<Exchange> {
    return new Promise((resolve) => this.#start(request, signal, resolve));
  }

  #start(request: TurnRequest, signal: AbortSignal, settle: (exchange: Exchange) => void): void {
    const sentAtMs = performance.now();
    const connection = this.#connection();
    const { path, serialize, deserialize } = this.#method;
    let cancel = (): void => {};
    const exchange = new TimedExchange(
      {
        timeouts: this.#options.timeouts,
        signal,
        keepText: request.keepText,
        isConnected: () =>
          connection.client.getChannel().getConnectivityState(false) === connectivityState.READY,
        cancel: () => cancel(),
      },
      (ended) => {
        connection.open--;
        settle(ended);
      },
      sentAtMs,
    );
    connection.open++;
    if (exchange.isOver) return;
    const call = connection.client.makeServerStreamRequest(
      path,
      serialize,
      stamp,
      generateRequest(request),
      this.#metadata,
    );
    cancel = () => call.cancel();
    const reader = new GrpcStreamReader(exchange);
    call.on('data', ({ atMs, bytes }: Stamped) => reader.read(deserialize, bytes, atMs));
    call.on('error', (error: ServiceError) =>
      exchange.end(classifyStatusError(error, exchange.hasBegun), performance.now()),
    );
    call.on('end', () => reader.finish());
  }

  /** The least busy connection with room, else a new one, else the least busy. */
  #connection(): Connection {
    const least = this.#connections.reduce<Connection | undefined>(
      (best, next) => (best === undefined || next.open < best.open ? next : best),
      undefined,
    );
    const isFull = least === undefined || least.open >= STREAMS_PER_CONNECTION;
    if (least !== undefined && (!isFull || this.#connections.length >= this.#options.maxConnections))
      return least;
    const connection = { client: createGrpcClient(this.#options), open: 0 };
    this.#connections.push(connection);
    return connection;
  }

  async close(): Promise<void> {
    for (const { client } of this.#connections.splice(0)) client.close();
  }
}

/** A client of the target's host and port; plain for http, TLS for https. */
export function createGrpcClient({ url, caPem }: Pick<DriverOptions, 'url' | 'caPem'>): Client {
  const { isTls, authority, host, port } = originFrom(url, caPem);
  const address = authority.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
  const tls = caPem === undefined ? credentials.createSsl() : credentials.createSsl(Buffer.from(caPem));
  return new Client(address, isTls ? tls : credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': RECONNECT_MS.initial,
    'grpc.max_reconnect_backoff_ms': RECONNECT_MS.max,
    'grpc.max_receive_message_length': -1,
  });
}

/** Reads the messages of one call: prompt_info, chunks, then exactly one of finish_info and error. */
class GrpcStreamReader {
  readonly #exchange: TimedExchange;
  #messages = 0;
  #isFinished = false;

  constructor(exchange: TimedExchange) {
    this.#exchange = exchange;
  }

  read(deserialize: (bytes: Buffer) => StreamMessage, bytes: Buffer, atMs: number): void {
    const exchange = this.#exchange;
    this.#messages++;
    let message: StreamMessage;
    try {
      message = deserialize(bytes);
    } catch (error) {
      // The bytes are no message of this service.
      exchange.end({ state: 'failed', code: 'malformed-response', detail: String(error) }, atMs);
      return;
    }
    exchange.onContent(message.chunk?.text ?? '', atMs);
    if (message.error) exchange.end(classifyGrpcError(message.error, exchange.hasBegun), atMs);
    if (message.finish_info) this.#onFinish(message.finish_info);
  }

  #onFinish({ usage, timings }: NonNullable<StreamMessage['finish_info']>): void {
    this.#isFinished = true;
    if (usage) {
      this.#exchange.usage = {
        inputTokens: usage.prompt_tokens,
        outputTokens: usage.completion_tokens,
        cachedInputTokens: usage.cached_prompt_tokens,
      };
    }
    if (timings) this.#exchange.queueWaitMs = timings.queue_wait_ms;
  }

  finish(): void {
    const exchange = this.#exchange;
    const code = !this.#isFinished && this.#messages > 0 ? 'incomplete-stream' : 'empty-answer';
    const outcome: SentOutcome =
      this.#isFinished && exchange.hasBegun ? { state: 'completed' } : { state: 'failed', code };
    exchange.end(outcome, performance.now());
  }
}

export const createGrpcDriver = (options: DriverOptions): Driver => new GrpcDriver(options);
