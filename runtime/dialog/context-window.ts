import type { CompletionMessage } from '../llm/provider.ts';

/** Assumed before an engine has counted a prompt of this interaction; errs on the side of too many. */
const ASSUMED_TOKENS_PER_CHAR = 0.4;
/** Room for a chat template's own tokens, per message. */
const TEMPLATE_TOKENS_PER_MESSAGE = 4;

export interface WindowBudget {
  readonly contextTokens: number;
  /** Kept free for the answer. */
  readonly maxOutputTokens: number;
  readonly tokensPerChar: number | undefined;
}

const charsIn = (messages: readonly CompletionMessage[]): number =>
  messages.reduce((chars, message) => chars + message.content.length, 0);

/** Tokens that messages will take as a prompt, from what the engine counted before. */
export function estimatePromptTokens(
  messages: readonly CompletionMessage[],
  tokensPerChar = ASSUMED_TOKENS_PER_CHAR,
): number {
  return Math.ceil(charsIn(messages) * tokensPerChar) + messages.length * TEMPLATE_TOKENS_PER_MESSAGE;
}

/** The ratio to estimate with next time; undefined when nothing was counted. */
export function tokensPerCharFrom(
  messages: readonly CompletionMessage[],
  promptTokens: number,
): number | undefined {
  const chars = charsIn(messages);
  return chars === 0 || promptTokens === 0 ? undefined : promptTokens / chars;
}

/**
 * The longest run of the newest history that fits the window together with the fixed messages: the oldest turns
 * (a user message and its answer) are dropped first. Fixed messages are never dropped.
 */
export function fitHistory(
  history: readonly CompletionMessage[],
  fixed: readonly CompletionMessage[],
  budget: WindowBudget,
): readonly CompletionMessage[] {
  const room = budget.contextTokens - budget.maxOutputTokens;
  let from = 0;
  while (from < history.length) {
    const tokens = estimatePromptTokens([...fixed, ...history.slice(from)], budget.tokensPerChar);
    if (tokens <= room) break;
    from += 2;
  }
  return history.slice(from);
}

/** Without the older half of its turns; empty when at most one turn is left. */
export const dropOlderHalf = (history: readonly CompletionMessage[]): readonly CompletionMessage[] => {
  const turns = history.length / 2;
  return history.slice(Math.ceil(turns / 2) * 2);
};
