import type { CompletionMessage, CompletionRequest } from './provider.ts';

interface TextBlock {
  readonly type: 'text';
  readonly text: string;
  readonly cache_control?: { readonly type: 'ephemeral' };
}

interface WireMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string | readonly TextBlock[];
}

/** What the vendor may keep: everything up to and including this block. */
const cached = (text: string): readonly TextBlock[] => [
  { type: 'text', text, cache_control: { type: 'ephemeral' } },
];

/** The API refuses empty texts, and a last answer that ends in white space. */
function turnsOf(messages: readonly CompletionMessage[]): WireMessage[] {
  const turns: WireMessage[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    if (role === 'system') continue;
    const isPrefill = role === 'assistant' && index === messages.length - 1;
    const text = isPrefill ? content.trimEnd() : content;
    if (text !== '') turns.push({ role, content: text });
  }
  return turns;
}

/**
 * A prompt that grows (it has a cache key) is marked at its newest message, so that the next turn finds all of this one
 * in the vendor's cache; any other only at the end of its system prompt, which is all that it shares with others.
 */
function markNewest(turns: readonly WireMessage[]): readonly WireMessage[] {
  const last = turns.at(-1);
  if (last === undefined || typeof last.content !== 'string') return turns;
  return [...turns.slice(0, -1), { role: last.role, content: cached(last.content) }];
}

/** Newer models take temperature or top_p, not both: the one that differs from its default of 1, temperature first. */
const samplingOf = ({ temperature, topP }: CompletionRequest) =>
  topP < 1 && temperature === 1 ? { top_p: topP } : { temperature: Math.min(1, temperature) };

/** The body of POST /v1/messages. The API has no seed, and ends a generation only by its own rules. */
export function anthropicRequestFrom(request: CompletionRequest, model: string) {
  const system = request.messages.filter(({ role, content }) => role === 'system' && content !== '');
  const turns = turnsOf(request.messages);
  const stops = request.stop.filter((sequence) => sequence.trim() !== '');
  return {
    model,
    max_tokens: request.maxOutputTokens,
    messages: request.cacheKey === undefined ? turns : markNewest(turns),
    stream: true,
    ...samplingOf(request),
    ...(system.length === 0 ? {} : { system: cached(system.map(({ content }) => content).join('\n\n')) }),
    ...(stops.length === 0 ? {} : { stop_sequences: stops }),
  };
}
