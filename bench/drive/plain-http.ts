import { StringDecoder } from 'node:string_decoder';
import type { Driver, DriverOptions, TurnRequest } from './driver.ts';
import { createRequestHead, requestText } from './http/request-text.ts';
import { type AnswerReader, type AnswerReading, exchangeHttp } from './http-exchange.ts';
import { createTransport, headersFor } from './http-pool.ts';

const NO_CHUNKS: readonly number[] = [];

/** Any 2xx body of at least one byte is an answer; its content is not looked at. */
export class BodyReader implements AnswerReader {
  readonly chunksAtMs = NO_CHUNKS;
  /** A character may be split between two reads. */
  readonly #decoder: StringDecoder | undefined;
  #text = '';
  #bytes = 0;

  constructor(keepText: boolean) {
    if (keepText) this.#decoder = new StringDecoder('utf8');
  }

  get hasBegun(): boolean {
    return this.#bytes > 0;
  }

  read(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#decoder !== undefined) this.#text += this.#decoder.write(bytes);
  }

  finish(): AnswerReading {
    const outcome =
      this.#bytes > 0
        ? ({ state: 'completed' } as const)
        : ({ state: 'failed', code: 'empty-answer' } as const);
    return { outcome, chunksAtMs: NO_CHUNKS, text: this.#text + (this.#decoder?.end() ?? '') };
  }
}

const bodyOf = (request: TurnRequest): string =>
  JSON.stringify({ message: request.messages.at(-1)?.content ?? '', max_tokens: request.maxOutputTokens });

/** `POST` of the customer's message as JSON to the URL as given; the whole body is the answer. */
export function createPlainHttpDriver(options: DriverOptions): Driver {
  const { origin, pathname, search } = new URL(options.url);
  const transport = createTransport(origin, options);
  const head = createRequestHead(transport.origin, {
    method: 'POST',
    path: `${pathname}${search}`,
    headers: headersFor(options.apiKey, '*/*'),
  });
  return {
    send: (request, signal) =>
      exchangeHttp({
        transport,
        text: requestText(head, bodyOf(request)),
        reader: new BodyReader(request.keepText),
        timeouts: options.timeouts,
        signal,
      }),
    close: async () => transport.close(),
  };
}
