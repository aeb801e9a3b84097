import { z } from 'zod';
import { wireTimingsSchema } from '../../vocabulary/readiness.ts';
import type { TokenUsage } from './driver.ts';
import { classifyStreamError, type SentOutcome } from './failure-codes.ts';
import type { AnswerReader, AnswerReading } from './http-exchange.ts';
import { SseScanner } from './sse-scanner.ts';

/** A turn's answer as it ends, over HTTP and over a socket. */
export const completedSchema = z.object({
  text: z.string(),
  usage: z
    .object({
      prompt_tokens: z.int().nonnegative(),
      completion_tokens: z.int().nonnegative(),
      prompt_tokens_details: z.object({ cached_tokens: z.int().nonnegative() }).nullish(),
    })
    .nullish(),
  timings: wireTimingsSchema.nullish(),
  handOver: z.object({ trigger: z.string() }).nullish(),
});
export type Completed = z.infer<typeof completedSchema>;

function parseCompleted(data: string): Completed | undefined {
  try {
    return completedSchema.safeParse(JSON.parse(data)).data;
  } catch {
    // Not JSON: counted as malformed by the caller.
    return undefined;
  }
}

/** A person instead of the answer that was waited for is no success of the engine; it counts as a 504 would. */
export const AGENT_TIMED_OUT: SentOutcome = {
  state: 'failed',
  code: 'http-server-error',
  faultCode: 'provider_timeout',
  detail: 'the agent timed out, and the turn was handed over to a person',
};

/** Reads the events of a dialog turn: `started`, `text` pieces, then exactly one `completed` or `error`. */
export class DialogStreamReader implements AnswerReader {
  readonly chunksAtMs: number[] = [];
  readonly #scanner = new SseScanner((data, event) => this.#onEvent(data, event));
  #atMs = 0;
  #bytes = 0;
  #isMalformed = false;
  #completed: string | undefined;
  #errorEvent: string | undefined;
  readonly #keepText: boolean;

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
    else if (event === 'completed') this.#completed = data;
    else if (event === 'text' && !data.includes('"text":""')) this.chunksAtMs.push(this.#atMs);
  }

  #outcome(completed: Completed | undefined): SentOutcome {
    const isReadable = (this.#completed === undefined) === (completed === undefined);
    if (this.#errorEvent !== undefined) return classifyStreamError(this.#errorEvent);
    if (this.#bytes === 0) return { state: 'failed', code: 'empty-answer' };
    if (this.#isMalformed || !isReadable) return { state: 'failed', code: 'malformed-response' };
    if (this.#completed === undefined) return { state: 'failed', code: 'incomplete-stream' };
    if (!this.hasBegun) return { state: 'failed', code: 'empty-answer' };
    return completed?.handOver?.trigger === 'agent_timeout' ? AGENT_TIMED_OUT : { state: 'completed' };
  }

  finish(): AnswerReading {
    const completed = this.#completed === undefined ? undefined : parseCompleted(this.#completed);
    const usage = usageFrom(completed);
    return {
      outcome: this.#outcome(completed),
      chunksAtMs: this.chunksAtMs,
      text: this.#keepText ? (completed?.text ?? '') : '',
      ...(usage === undefined ? {} : { usage }),
      ...(completed?.timings ? { queueWaitMs: completed.timings.queue_wait_ms } : {}),
    };
  }
}

/** Token counts of a completed turn; undefined where the server gave none. */
export function usageFrom(completed: Completed | undefined): TokenUsage | undefined {
  if (!completed?.usage) return undefined;
  const { usage, timings } = completed;
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    cachedInputTokens: usage.prompt_tokens_details?.cached_tokens ?? timings?.cached_prompt_tokens ?? 0,
  };
}
