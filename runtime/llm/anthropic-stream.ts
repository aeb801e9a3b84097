import { z } from 'zod';
import type { FaultCode } from '../../vocabulary/faults.ts';
import { createFault, type Fault, FaultError } from './fault.ts';
import type { ProviderEvent, TokenUsage } from './provider.ts';
import { parseSse, SseSyntaxError } from './sse-parse.ts';
import { isContextError, parseJson } from './vendor-http.ts';

const count = z.int().nonnegative().nullish();
const usageSchema = z.object({
  input_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
  output_tokens: count,
});
type Usage = z.infer<typeof usageSchema>;

/** What is read of an event; types and fields that the vendor adds are let through unread. */
const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message_start'), message: z.object({ usage: usageSchema.nullish() }) }),
  z.object({
    type: z.literal('content_block_delta'),
    delta: z.object({ type: z.string(), text: z.string().nullish() }),
  }),
  z.object({
    type: z.literal('message_delta'),
    delta: z.object({ stop_reason: z.string().nullish() }),
    usage: usageSchema.nullish(),
  }),
  z.object({ type: z.literal('message_stop') }),
  z.object({
    type: z.literal('error'),
    error: z.object({ type: z.string(), message: z.string().nullish() }),
  }),
]);
type Event = z.infer<typeof eventSchema>;
const KNOWN: ReadonlySet<unknown> = new Set(eventSchema.options.map((option) => option.shape.type.value));

/** An answer longer than this in all is not one. */
const MAX_ANSWER_CHARS = 8_388_608;
const MAX_MESSAGE_CHARS = 300;

const FAULT_OF_ERROR: Readonly<Record<string, FaultCode>> = {
  overloaded_error: 'provider_overloaded',
  rate_limit_error: 'provider_rate_limited',
  api_error: 'provider_error',
  timeout_error: 'provider_timeout',
  invalid_request_error: 'provider_rejected',
  authentication_error: 'provider_rejected',
  billing_error: 'provider_rejected',
  permission_error: 'provider_rejected',
  not_found_error: 'provider_rejected',
  request_too_large: 'provider_rejected',
};

/** The fault that an error event means. */
export function faultFromErrorEvent(type: string, message: string | undefined): Fault {
  const words = message?.slice(0, MAX_MESSAGE_CHARS);
  if (isContextError({ code: type, message })) return createFault('caller_context_too_long', words);
  return createFault(FAULT_OF_ERROR[type] ?? 'provider_error', words);
}

const REASONS: Readonly<Record<string, 'stop' | 'length'>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
};

const malformed = (what: string): FaultError =>
  new FaultError(createFault('provider_error', `The provider sent ${what}.`));

function parseEvent(data: string): Event | undefined {
  const value = parseJson(data);
  if (typeof value !== 'object' || value === null || !('type' in value)) {
    throw malformed('an event that is not one of the Messages API');
  }
  // `ping`, block starts and ends, and what future versions add.
  if (!KNOWN.has(value.type)) return undefined;
  const parsed = eventSchema.safeParse(value);
  if (!parsed.success) throw malformed(`a malformed event ${String(value.type)}`);
  return parsed.data;
}

/** Counts are cumulative and each event repeats only some of them. */
interface Counts {
  inputTokens: number;
  cacheWriteTokens: number;
  cacheReadTokens: number;
  outputTokens: number | undefined;
}

/**
 * Turns one streamed message into provider events. Whole means a stop reason and `message_stop`. Vendors do not number
 * the tokens of a delta: each delta with text counts as one until the usage comes.
 */
export class AnthropicStreamReader {
  readonly #body: AsyncIterable<Uint8Array>;
  readonly #counts: Counts = {
    inputTokens: 0,
    cacheWriteTokens: 0,
    cacheReadTokens: 0,
    outputTokens: undefined,
  };
  #started = false;
  #reason: string | undefined;
  #stopped = false;
  #textDeltas = 0;
  #chars = 0;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#body = body;
  }

  /** What is known to be used up; undefined before the vendor said anything. */
  get usage(): TokenUsage | undefined {
    if (!this.#started) return undefined;
    const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = this.#counts;
    return {
      promptTokens: inputTokens + cacheReadTokens + cacheWriteTokens,
      cachedPromptTokens: cacheReadTokens,
      cacheWriteTokens,
      outputTokens: this.#reason === undefined ? this.#textDeltas : (outputTokens ?? this.#textDeltas),
    };
  }

  async *events(): AsyncGenerator<ProviderEvent> {
    try {
      for await (const data of parseSse(this.#body)) {
        const event = parseEvent(data);
        if (event === undefined) continue;
        const text = this.#take(event);
        if (text !== '') yield { kind: 'text', text, tokens: 1 };
        if (this.#stopped) break;
      }
    } catch (error) {
      if (error instanceof SseSyntaxError) throw malformed(error.message);
      throw error;
    }
    yield this.#terminal();
  }

  #take(event: Event): string {
    switch (event.type) {
      case 'message_start':
        this.#started = true;
        this.#count(event.message.usage);
        return '';
      case 'content_block_delta':
        return event.delta.type === 'text_delta' ? this.#text(event.delta.text ?? '') : '';
      case 'message_delta':
        this.#reason = event.delta.stop_reason ?? this.#reason;
        this.#count(event.usage);
        return '';
      case 'message_stop':
        this.#stopped = true;
        return '';
      case 'error':
        throw new FaultError(faultFromErrorEvent(event.error.type, event.error.message ?? undefined));
    }
  }

  #text(text: string): string {
    this.#chars += text.length;
    if (this.#chars > MAX_ANSWER_CHARS)
      throw malformed(`an answer longer than ${MAX_ANSWER_CHARS} characters`);
    if (text !== '') this.#textDeltas++;
    return text;
  }

  #count(usage: Usage | null | undefined): void {
    const counts = this.#counts;
    counts.inputTokens = usage?.input_tokens ?? counts.inputTokens;
    counts.cacheWriteTokens = usage?.cache_creation_input_tokens ?? counts.cacheWriteTokens;
    counts.cacheReadTokens = usage?.cache_read_input_tokens ?? counts.cacheReadTokens;
    counts.outputTokens = usage?.output_tokens ?? counts.outputTokens;
  }

  #terminal(): ProviderEvent {
    const usage = this.usage ?? { promptTokens: 0, cachedPromptTokens: 0, outputTokens: this.#textDeltas };
    const reason = this.#stopped ? REASONS[this.#reason ?? ''] : undefined;
    if (reason !== undefined) return { kind: 'finish', reason, usage };
    if (this.#stopped && this.#reason === 'refusal') {
      const fault = createFault('provider_rejected', 'The model of the provider refused to answer.');
      return { kind: 'failed', fault, usage };
    }
    const why = this.#stopped ? `with stop reason ${this.#reason ?? 'none'}` : 'without message_stop';
    return { kind: 'failed', fault: createFault('provider_incomplete', `The answer ended ${why}.`), usage };
  }
}
