import { createRandom, type Random } from '../../vocabulary/random.ts';
import type { InteractionShape, PlannedTurn } from './shape.ts';
import { composeText, countWords, type Voice } from './text.ts';

/** Makes texts of a wanted length and counts what texts have. */
export interface TextMaker {
  /** A text of `tokens` tokens by this maker's count; `''` for 0. Same random stream, same text. */
  compose(voice: Voice, tokens: number, random: Random): string;
  count(text: string): number;
  /** How tokens are counted, in words for a reader of the result. */
  readonly basis: string;
}

/** One word is one token: what is left where a target offers no count of its own. */
export const wordTexts: TextMaker = {
  compose: composeText,
  count: countWords,
  basis: 'one word counted as one token; the target offers no tokenizer',
};

/** Texts that requests share come from streams of their own, the same for every interaction and every run. */
const SHARED = createRandom(0x5eed).fork('shared texts');

const MAX_KEPT_TEXTS = 2_048;
const kept = new WeakMap<TextMaker, Map<string, string>>();

/**
 * A text that begins with its name: the sentences that texts are made of are few, and without a name two texts would
 * often begin alike and hit a cache that they should miss.
 */
function composeNamed(texts: TextMaker, name: string, voice: Voice, tokens: number): string {
  const mark = name.replaceAll(' ', '-');
  const rest = tokens - texts.count(mark);
  const random = SHARED.fork(name);
  return rest < 0
    ? texts.compose(voice, tokens, random)
    : `${mark} ${texts.compose(voice, rest, random)}`.trimEnd();
}

/** The text of a name: whoever asks for the same name and length gets the same text. Kept, for many ask. */
function sharedText(texts: TextMaker, name: string, voice: Voice, tokens: number): string {
  const ofMaker = kept.get(texts) ?? new Map<string, string>();
  kept.set(texts, ofMaker);
  const key = `${name} ${tokens}`;
  const text = ofMaker.get(key) ?? composeNamed(texts, name, voice, tokens);
  // A trace names more blocks than are worth keeping: the oldest make room.
  if (ofMaker.size >= MAX_KEPT_TEXTS) ofMaker.delete(ofMaker.keys().next().value ?? key);
  ofMaker.set(key, text);
  return text;
}

/** The customer's message of one turn: a given text, blocks that other requests share, or words of its own. */
export function composeUserText(texts: TextMaker, turn: PlannedTurn | undefined, random: Random): string {
  if (turn?.text !== undefined) return turn.text;
  const tokens = turn?.inputTokens ?? 1;
  if (turn?.blocks === undefined) return texts.compose('customer', tokens, random);
  const { ids, tokensPerBlock } = turn.blocks;
  const parts = ids.map((id, i) => {
    const left = tokens - i * tokensPerBlock;
    return sharedText(texts, `block ${id}`, 'customer', Math.max(0, Math.min(tokensPerBlock, left)));
  });
  const rest = tokens - ids.length * tokensPerBlock;
  if (rest > 0) parts.push(texts.compose('customer', rest, random));
  return parts.filter((part) => part !== '').join(' ');
}

/** The system prompt of an interaction: its prefix, then instructions of its own; `''` for none. */
export function composeSystemText(texts: TextMaker, shape: InteractionShape, random: Random): string {
  const { prefix, systemPromptTokens, systemText } = shape;
  const own = systemText ?? texts.compose('instructions', systemPromptTokens, random);
  if (prefix === undefined) return own;
  const shared = sharedText(texts, `prefix ${prefix.id}`, 'instructions', prefix.tokens);
  return own === '' ? shared : `${shared} ${own}`;
}
