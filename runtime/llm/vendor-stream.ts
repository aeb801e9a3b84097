import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** Unread bytes at which the connection is paused, and at which it goes on. */
const PAUSE_ABOVE_BYTES = 262_144;
const RESUME_BELOW_BYTES = 65_536;

/** A response whose head has come; its body is read once. */
export interface VendorResponse {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Uint8Array>;
}

type Reader = {
  readonly resolve: (step: IteratorResult<Uint8Array>) => void;
  readonly reject: (error: unknown) => void;
};

const DONE: IteratorResult<Uint8Array> = { done: true, value: undefined };

/**
 * The pieces of a body in the order in which they come, without the machinery of Node's streams, which costs a short
 * answer more than everything else that is done for it. Stopping to read aborts the exchange.
 */
class BodyPieces implements AsyncIterableIterator<Uint8Array> {
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #reader: Reader | undefined;
  #end: { readonly error: unknown } | undefined;
  #controller: Dispatcher.DispatchController | undefined;

  begin(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
  }

  push(piece: Uint8Array): void {
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      reader.resolve({ done: false, value: piece });
      return;
    }
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes > PAUSE_ABOVE_BYTES) this.#controller?.pause();
  }

  /** Without an error the body is whole. */
  end(error?: unknown): void {
    this.#end ??= { error };
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) return;
    if (error === undefined) reader.resolve(DONE);
    else reader.reject(error);
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const value = this.#pieces.shift();
    if (value !== undefined) {
      this.#bytes -= value.length;
      if (this.#controller?.paused === true && this.#bytes < RESUME_BELOW_BYTES) this.#controller.resume();
      return Promise.resolve({ done: false, value });
    }
    if (this.#end === undefined) {
      return new Promise((resolve, reject) => {
        this.#reader = { resolve, reject };
      });
    }
    return this.#end.error === undefined ? Promise.resolve(DONE) : Promise.reject(this.#end.error);
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    if (this.#end === undefined) this.#controller?.abort(LEFT);
    this.end();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Made once: the stack of an error that nobody reads costs as much as parsing the request did. */
const LEFT = new Error('the answer is no longer read');

export interface VendorExchange {
  readonly dispatcher: Dispatcher;
  readonly options: Dispatcher.DispatchOptions;
  readonly signal: AbortSignal;
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : LEFT);

/** Sends a request; resolves with the head of the response. The signal ends it at any time, at the far end too. */
export function exchange({ dispatcher, options, signal }: VendorExchange): Promise<VendorResponse> {
  if (signal.aborted) return Promise.reject(asError(signal.reason));
  return new Promise((resolve, reject) => {
    const body = new BodyPieces();
    let controller: Dispatcher.DispatchController | undefined;
    const settle = (error?: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      body.end(error);
    };
    const onAbort = (): void => {
      const error = asError(signal.reason);
      reject(error);
      settle(error);
      controller?.abort(error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    dispatcher.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        body.begin(started);
        if (signal.aborted) started.abort(asError(signal.reason));
      },
      onResponseStart(_controller, statusCode, headers) {
        // An informational response is followed by the real one.
        if (statusCode >= 200) resolve({ statusCode, headers, body });
      },
      onResponseData: (_controller, piece) => body.push(piece),
      onResponseEnd: () => settle(),
      onResponseError(_controller, error) {
        reject(error);
        settle(error);
      },
    });
  });
}
