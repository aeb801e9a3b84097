import type { AnswerEnd, Answerer } from '../llm/chain.ts';
import type { TokenUsage } from '../llm/provider.ts';
import { errorBodyFrom } from './error-body.ts';
import { costText } from './metering.ts';

export const usageBodyFrom = (usage: TokenUsage) => ({
  prompt_tokens: usage.promptTokens,
  completion_tokens: usage.outputTokens,
  total_tokens: usage.promptTokens + usage.outputTokens,
  prompt_tokens_details: { cached_tokens: usage.cachedPromptTokens },
});

export interface ChunkFrame {
  readonly id: string;
  readonly createdAtUnixS: number;
  readonly answerer: Answerer;
  readonly includeUsage: boolean;
}

/** Writes the chunks of one streamed completion. What is the same in every chunk is serialised once. */
export class ChatChunks {
  readonly #frame: ChunkFrame;
  readonly #head: string;
  readonly #contentHead: string;
  readonly #contentTail: string;

  constructor(frame: ChunkFrame) {
    this.#frame = frame;
    const { id, createdAtUnixS: created, answerer } = frame;
    const head = JSON.stringify({ id, object: 'chat.completion.chunk', created, model: answerer.model });
    const usage = frame.includeUsage ? ',"usage":null' : '';
    this.#head = `data: ${head.slice(0, -1)},"choices":`;
    this.#contentHead = `${this.#head}[{"index":0,"delta":{"content":`;
    this.#contentTail = `},"logprobs":null,"finish_reason":null}]${usage}}\n\n`;
  }

  /** The first chunk: the role and no text. */
  role(): string {
    return `${this.#head}[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}\n\n`;
  }

  text(text: string): string {
    return this.#contentHead + JSON.stringify(text) + this.#contentTail;
  }

  /**
   * The last chunks. A whole answer ends with `[DONE]`; a cut one with finish_reason `error` and an error event
   * that clients raise, never with `[DONE]`.
   */
  end(end: AnswerEnd): string {
    if (end.outcome === 'incomplete') {
      const error = JSON.stringify(errorBodyFrom(end.fault));
      return `${this.#finish('error', end.outcome)}event: error\ndata: ${error}\n\n`;
    }
    const usage = this.#frame.includeUsage
      ? `${this.#head}[],"usage":${JSON.stringify(usageBodyFrom(end.usage))},"cost_usd":${costText(end.spent.costUsd)}${timingsTail(end)}}\n\n`
      : '';
    return `${this.#finish(end.reason, end.outcome)}${usage}data: [DONE]\n\n`;
  }

  #finish(reason: string, outcome: string): string {
    return `${this.#head}[{"index":0,"delta":{},"logprobs":null,"finish_reason":"${reason}"}],"outcome":"${outcome}"}\n\n`;
  }
}

const timingsTail = (end: Exclude<AnswerEnd, { outcome: 'incomplete' }>): string =>
  end.timings === undefined ? '' : `,"timings":${JSON.stringify(end.timings)}`;
