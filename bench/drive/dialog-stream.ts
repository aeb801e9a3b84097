import { z } from 'zod';
import { wireTimingsSchema } from '../../vocabulary/readiness.ts';
import type { TokenUsage } from './driver.ts';
import { classifyStreamError, type SentOutcome } from './failure-codes.ts';
import type { AnswerReader, AnswerReading } from './http-exchange.ts';
import { SseScanner } from './sse-scanner.ts';

const deltaSchema = z.object({ text: z.string() });
const doneSchema = z.object({
  usage: z
    .object({ prompt_tokens: z.int().nonnegative(), completion_tokens: z.int().nonnegative() })
    .nullish(),
  timings: wireTimingsSchema.nullish(),
});

const parsed = <T>(schema: z.ZodType<T>, data: string): T | undefined => {
  try {
    return schema.safeParse(JSON.parse(data)).data;
  } catch {
    // Not JSON: counted as malformed by the caller.
    return undefined;
  }
};

/** Reads the events of a dialog turn: `delta` with text, then exactly one `done` or `error`. */
export class DialogStreamReader implements AnswerReader {
  readonly chunksAtMs: number[] = [];
  readonly #scanner = new SseScanner((data, event) => this.#onEvent(data, event));
  readonly #keepText: boolean;
  readonly #deltas: string[] = [];
  #atMs = 0;
  #bytes = 0;
  #isMalformed = false;
  #done: string | undefined;
  #errorEvent: string | undefined;

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

  #onEvent(data: string, event: string): void {
    if (!data.startsWith('{') || !data.endsWith('}')) this.#isMalformed = true;
    else if (event === 'error') this.#errorEvent = data;
    else if (event === 'done') this.#done = data;
    else if (event === 'delta' && !data.includes('"text":""')) {
      this.chunksAtMs.push(this.#atMs);
      if (this.#keepText) this.#deltas.push(data);
    }
  }

  #outcome(isReadable: boolean): SentOutcome {
    if (this.#errorEvent !== undefined) return classifyStreamError(this.#errorEvent);
    if (this.#bytes === 0) return { state: 'failed', code: 'empty-answer' };
    if (this.#isMalformed || !isReadable) return { state: 'failed', code: 'malformed-response' };
    if (this.#done === undefined) return { state: 'failed', code: 'incomplete-stream' };
    return this.hasBegun ? { state: 'completed' } : { state: 'failed', code: 'empty-answer' };
  }

  finish(): AnswerReading {
    const done = this.#done === undefined ? undefined : parsed(doneSchema, this.#done);
    const texts = this.#deltas.map((data) => parsed(deltaSchema, data)?.text);
    const isReadable = (this.#done === undefined || done !== undefined) && !texts.includes(undefined);
    const usage = usageFrom(done);
    return {
      outcome: this.#outcome(isReadable),
      chunksAtMs: this.chunksAtMs,
      text: texts.join(''),
      ...(usage === undefined ? {} : { usage }),
      ...(done?.timings ? { queueWaitMs: done.timings.queue_wait_ms } : {}),
    };
  }
}

function usageFrom(done: z.infer<typeof doneSchema> | undefined): TokenUsage | undefined {
  if (!done?.usage) return undefined;
  return {
    inputTokens: done.usage.prompt_tokens,
    outputTokens: done.usage.completion_tokens,
    cachedInputTokens: done.timings?.cached_prompt_tokens ?? 0,
  };
}
