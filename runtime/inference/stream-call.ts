import { type ClientHttp2Stream, constants } from 'node:http2';
import { type CallStatus, statusFromHeaders, statusFromHttp, statusFromReset } from './call-status.ts';
import { type FrameProblem, MessageFrames } from './message-frames.ts';

const MAX_MESSAGE_BYTES = 16 * 1_048_576;

/** Who reads a call. */
export interface CallReader {
  message(bytes: Buffer): void;
  /** Called once, after the last message. */
  ended(status: CallStatus): void;
}

const PROBLEMS: Readonly<Record<FrameProblem, CallStatus>> = {
  compressed: { name: 'INTERNAL', details: 'the server sent a compressed message, which was not asked for' },
  too_long: { name: 'RESOURCE_EXHAUSTED', details: `a message is longer than ${MAX_MESSAGE_BYTES} bytes` },
};

/** One call with one request and many messages in answer, on a stream of its own. */
export class StreamCall {
  readonly #stream: ClientHttp2Stream;
  readonly #reader: CallReader;
  readonly #isConnected: () => boolean;
  readonly #deadline: NodeJS.Timeout;
  #frames: MessageFrames | undefined;
  #status: CallStatus | undefined;
  #failure: Error | undefined;

  constructor(stream: ClientHttp2Stream, deadlineMs: number, reader: CallReader, isConnected: () => boolean) {
    this.#stream = stream;
    this.#reader = reader;
    this.#isConnected = isConnected;
    this.#deadline = setTimeout(
      () => this.#end({ name: 'DEADLINE_EXCEEDED', details: `no end within ${deadlineMs} ms` }),
      deadlineMs,
    );
    this.#frames = new MessageFrames(MAX_MESSAGE_BYTES, (message) => this.#take(message));
    stream.on('response', (headers) => {
      this.#status = statusFromHeaders(headers) ?? statusFromHttp(headers);
    });
    stream.on('trailers', (headers) => {
      this.#status = statusFromHeaders(headers) ?? this.#status;
    });
    stream.on('data', (piece: Buffer) => this.#receive(piece));
    // What an error means is read at the close that follows it.
    stream.on('error', (error) => {
      this.#failure = error;
    });
    stream.on('close', () => this.#onClose());
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Stops the work at the far end. The reader hears nothing more. */
  cancel(): void {
    this.#forget();
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #receive(piece: Buffer): void {
    const problem = this.#frames?.push(piece);
    if (problem !== undefined) this.#end(this.#status ?? PROBLEMS[problem]);
  }

  #take(message: Buffer): void {
    if (this.#frames === undefined) return;
    try {
      this.#reader.message(message);
    } catch (error) {
      const details = error instanceof Error ? error.message : String(error);
      this.#end({ name: 'INTERNAL', details: `a message cannot be read: ${details}` });
    }
  }

  #onClose(): void {
    this.#end(this.#status ?? (this.#isConnected() ? statusFromReset(this.#stream.rstCode) : this.#loss()));
  }

  #loss(): CallStatus {
    const { cause, message } = this.#failure ?? new Error('the connection was closed');
    return { name: 'UNAVAILABLE', details: cause instanceof Error ? cause.message : message };
  }

  #end(status: CallStatus): void {
    if (this.#frames === undefined) return;
    this.#forget();
    if (!this.#stream.closed) this.#stream.close(constants.NGHTTP2_CANCEL);
    this.#reader.ended(status);
  }

  #forget(): void {
    clearTimeout(this.#deadline);
    this.#frames = undefined;
    // What still comes is read away, or a stream that was paused would never close.
    this.#stream.resume();
  }
}
