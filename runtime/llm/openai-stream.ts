import { z } from 'zod';
import { isFaultCode } from '../../vocabulary/faults.ts';
import { type WireTimings, wireTimingsSchema } from '../../vocabulary/readiness.ts';
import { createFault, type Fault, FaultError } from './fault.ts';
import type { ProviderEvent, TokenUsage } from './provider.ts';
import { parseSse, SseSyntaxError } from './sse-parse.ts';

const usageSchema = z.object({
  prompt_tokens: z.int().nonnegative(),
  completion_tokens: z.int().nonnegative(),
  prompt_tokens_details: z.object({ cached_tokens: z.int().nonnegative().nullish() }).nullish(),
});

/** What is read of a vendor's chunk; what it adds is let through unread. */
const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: usageSchema.nullish(),
  timings: wireTimingsSchema.nullish().catch(undefined),
  error: z
    .object({ message: z.string().nullish(), code: z.union([z.string(), z.number()]).nullish() })
    .nullish(),
});
type Chunk = z.infer<typeof chunkSchema>;

/** An answer longer than this in all is not one. */
const MAX_ANSWER_CHARS = 8_388_608;

const malformed = (what: string): FaultError =>
  new FaultError(createFault('provider_error', `The provider sent ${what}.`));

function parseChunk(data: string): Chunk {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw malformed('a chunk that is not JSON');
  }
  const parsed = chunkSchema.safeParse(value);
  if (!parsed.success) throw malformed('a chunk that is not a chat completion chunk');
  return parsed.data;
}

/** A gateway behind this one keeps its own fault code. */
function faultOf(error: NonNullable<Chunk['error']>): Fault {
  const code = String(error.code ?? '');
  const message = error.message ?? undefined;
  return createFault(
    isFaultCode(code) && code.startsWith('provider_') ? code : 'provider_incomplete',
    message,
  );
}

const usageFrom = (usage: z.infer<typeof usageSchema>): TokenUsage => ({
  promptTokens: usage.prompt_tokens,
  cachedPromptTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
  outputTokens: usage.completion_tokens,
});

/**
 * Turns one streamed chat completion into provider events. Whole means: a finish reason and `[DONE]` (or the end of
 * the body) after it. Without usage from the vendor, chunks with text are counted as output tokens.
 */
export class OpenAiStreamReader {
  readonly #body: AsyncIterable<Uint8Array>;
  #reason: string | undefined;
  #usage: TokenUsage | undefined;
  #timings: WireTimings | undefined;
  #textChunks = 0;
  #chars = 0;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#body = body;
  }

  async *events(): AsyncGenerator<ProviderEvent> {
    try {
      for await (const data of parseSse(this.#body)) {
        if (data === '[DONE]') break;
        const chunk = parseChunk(data);
        if (chunk.error) throw new FaultError(faultOf(chunk.error));
        const text = this.#take(chunk);
        if (text !== '') yield { kind: 'text', text, tokens: 1 };
      }
    } catch (error) {
      if (error instanceof SseSyntaxError) throw malformed(error.message);
      throw error;
    }
    yield this.#terminal();
  }

  #take(chunk: Chunk): string {
    const choice = chunk.choices?.[0];
    this.#reason = choice?.finish_reason ?? this.#reason;
    if (chunk.usage) this.#usage = usageFrom(chunk.usage);
    this.#timings = chunk.timings ?? this.#timings;
    const text = choice?.delta?.content ?? '';
    this.#chars += text.length;
    if (this.#chars > MAX_ANSWER_CHARS)
      throw malformed(`an answer longer than ${MAX_ANSWER_CHARS} characters`);
    if (text !== '') this.#textChunks++;
    return text;
  }

  #terminal(): ProviderEvent {
    if (this.#reason !== 'stop' && this.#reason !== 'length') {
      const why =
        this.#reason === undefined ? 'without a finish reason' : `with finish reason ${this.#reason}`;
      return { kind: 'failed', fault: createFault('provider_incomplete', `The answer ended ${why}.`) };
    }
    return {
      kind: 'finish',
      reason: this.#reason,
      usage: this.#usage ?? { promptTokens: 0, cachedPromptTokens: 0, outputTokens: this.#textChunks },
      ...(this.#timings === undefined ? {} : { timings: this.#timings }),
    };
  }
}
