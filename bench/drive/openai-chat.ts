import { z } from 'zod';
import { wireTimingsSchema } from '../../vocabulary/readiness.ts';
import type { Driver, DriverOptions, TokenUsage, TurnRequest } from './driver.ts';
import { classifyStreamError, type SentOutcome } from './failure-codes.ts';
import { createRequestHead, requestText } from './http/request-text.ts';
import { type AnswerReader, type AnswerReading, exchangeHttp } from './http-exchange.ts';
import { createTransport, headersFor, splitUrl } from './http-pool.ts';
import { SseScanner } from './sse-scanner.ts';

const usageSchema = z.object({
  prompt_tokens: z.int().nonnegative(),
  completion_tokens: z.int().nonnegative(),
  prompt_tokens_details: z.object({ cached_tokens: z.int().nonnegative().nullish() }).nullish(),
});

const accountSchema = z.object({ usage: usageSchema.nullish(), timings: wireTimingsSchema.nullish() });

const QUOTE = 0x22;

/** Whether `"key":` is followed by a string (of at least one character, if asked), without parsing the JSON. */
function hasStringAt(data: string, key: string, mayBeEmpty: boolean): boolean {
  for (let at = data.indexOf(key); at >= 0; at = data.indexOf(key, at + key.length)) {
    let value = at + key.length;
    while (data.charCodeAt(value) === 0x20) value++;
    if (data.charCodeAt(value) !== QUOTE) continue;
    if (mayBeEmpty || data.charCodeAt(value + 1) !== QUOTE) return true;
  }
  return false;
}

const tryJson = (data: string): unknown => {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
};

const contentOf = (chunk: unknown): string | undefined =>
  (chunk as { choices?: { delta?: { content?: string | null } }[] } | undefined)?.choices?.[0]?.delta
    ?.content ?? undefined;

/**
 * Reads a stream of chat completion chunks. Events are looked at as text when they come; JSON is parsed only for
 * usage and errors, and for the answer's text after the last byte.
 */
export class ChatStreamReader implements AnswerReader {
  readonly chunksAtMs: number[] = [];
  readonly #scanner = new SseScanner((data) => this.#onEvent(data));
  readonly #keepText: boolean;
  readonly #contentEvents: string[] = [];
  #atMs = 0;
  #bytes = 0;
  #events = 0;
  #isMalformed = false;
  #isFinished = false;
  #errorEvent: string | undefined;
  #usage: TokenUsage | undefined;
  #queueWaitMs: number | undefined;

  constructor(keepText: boolean) {
    this.#keepText = keepText;
  }

  get hasBegun(): boolean {
    return this.chunksAtMs.length > 0;
  }

  read(bytes: Buffer, atMs: number): void {
    this.#atMs = atMs;
    this.#bytes += bytes.length;
    this.#scanner.push(bytes);
  }

  #onEvent(data: string): void {
    this.#events++;
    if (data === '[DONE]') return;
    if (!data.startsWith('{') || !data.endsWith('}')) {
      this.#isMalformed = true;
      return;
    }
    if (hasStringAt(data, '"content":', false)) {
      this.chunksAtMs.push(this.#atMs);
      if (this.#keepText) this.#contentEvents.push(data);
    }
    if (hasStringAt(data, '"finish_reason":', true)) this.#isFinished = true;
    if (data.includes('"usage":')) this.#readAccount(data);
    if (/^\{\s*"error"\s*:\s*[^n]/.test(data)) this.#errorEvent = data;
  }

  #readAccount(data: string): void {
    const account = accountSchema.safeParse(tryJson(data));
    if (!account.success) {
      this.#isMalformed = true;
      return;
    }
    const { usage, timings } = account.data;
    if (usage) {
      this.#usage = {
        inputTokens: usage.prompt_tokens,
        outputTokens: usage.completion_tokens,
        cachedInputTokens: usage.prompt_tokens_details?.cached_tokens ?? timings?.cached_prompt_tokens ?? 0,
      };
    }
    if (timings) this.#queueWaitMs = timings.queue_wait_ms;
  }

  #text(): string | undefined {
    let text = '';
    for (const data of this.#contentEvents) {
      const content = contentOf(tryJson(data));
      if (content === undefined) return undefined;
      text += content;
    }
    return text;
  }

  #outcome(text: string | undefined): SentOutcome {
    if (this.#errorEvent !== undefined) return classifyStreamError(this.#errorEvent);
    if (this.#bytes === 0) return { state: 'failed', code: 'empty-answer' };
    if (this.#isMalformed || text === undefined || this.#events === 0) {
      return { state: 'failed', code: 'malformed-response' };
    }
    if (!this.#isFinished) return { state: 'failed', code: 'incomplete-stream' };
    return this.hasBegun ? { state: 'completed' } : { state: 'failed', code: 'empty-answer' };
  }

  finish(): AnswerReading {
    const text = this.#text();
    return {
      outcome: this.#outcome(text),
      chunksAtMs: this.chunksAtMs,
      text: text ?? '',
      ...(this.#usage === undefined ? {} : { usage: this.#usage }),
      ...(this.#queueWaitMs === undefined ? {} : { queueWaitMs: this.#queueWaitMs }),
    };
  }
}

/**
 * The body of a streaming chat completion; `ignore_eos` only where an exact length is asked for. `user` is the
 * interaction, the same for all its turns: servers that route or keep prefixes by it can reuse the history.
 */
export const chatBody = (request: TurnRequest, model: string): string =>
  JSON.stringify({
    model,
    messages: request.messages,
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: request.maxOutputTokens,
    user: request.interactionId,
    ...(request.exactOutputTokens ? { ignore_eos: true } : {}),
  });

const DEFAULT_MODEL = 'default';

/** Streaming `POST {url}/v1/chat/completions` of any OpenAI-compatible server. */
export function createOpenaiChatDriver(options: DriverOptions): Driver {
  const { origin, basePath } = splitUrl(options.url);
  const transport = createTransport(origin, options);
  const model = options.model ?? DEFAULT_MODEL;
  const head = createRequestHead(transport.origin, {
    method: 'POST',
    path: `${basePath}/v1/chat/completions`,
    headers: headersFor(options.apiKey, 'text/event-stream'),
  });
  return {
    send: (request, signal) =>
      exchangeHttp({
        transport,
        text: requestText(head, chatBody(request, model)),
        reader: new ChatStreamReader(request.keepText),
        timeouts: options.timeouts,
        signal,
      }),
    close: async () => transport.close(),
  };
}
