import { createRandom, type Random, sampleNormal } from '../../../../vocabulary/random.ts';
import type { GenerateInput, GenerateRequest } from '../../contract.ts';

/**
 * The simulated tokenizer, declared so that anyone can make a prompt of an exact length: one token per word, words
 * being what whitespace separates. In a chat only the contents count, roles and separators are no tokens.
 */
export function tokenizeWords(input: GenerateInput): readonly number[] {
  switch (input.kind) {
    case 'text':
      return idsOf(input.text);
    case 'tokens':
      return input.tokenIds;
    case 'chat':
      return input.messages.flatMap((message) => idsOf(message.content));
  }
}

/** 31-bit FNV-1a of the word: the id of its token. */
export function wordId(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  return hash >>> 1;
}

const idsOf = (text: string): number[] => (text.match(/\S+/g) ?? []).map(wordId);

const WORDS = (
  'I can see your account now and the order is on its way to you please give me one moment while that is ' +
  'checked thank you for waiting we have found what went wrong with the payment it was charged once but shown ' +
  'twice so a refund of the second amount will arrive within three working days is there anything else about ' +
  'this delivery or your contract that you would like help with today our team also offers a cheaper plan which ' +
  'keeps same number and starts next month no extra cost if want me send details by e-mail just say yes'
).split(' ');
const WORD_IDS = WORDS.map(wordId);

/** Answers that end by themselves: log-normal lengths with this median, in words. An assumption, not a measurement. */
const MEDIAN_ANSWER_WORDS = 60;
const ANSWER_LENGTH_SIGMA = 0.6;

/** A whole simulated answer: `words[i]` has token id `tokenIds[i]`. */
export interface Answer {
  readonly words: readonly string[];
  readonly tokenIds: readonly number[];
  readonly reason: 'stop' | 'length';
}

function answerRandom(request: GenerateRequest, prompt: readonly number[], unseeded: Random): Random {
  if (request.temperature > 0 && request.seed === undefined) return unseeded.fork(request.requestId);
  const promptHash = prompt.reduce((hash, id) => Math.imul(hash ^ id, 0x01000193), 0x811c9dc5);
  const seed = request.temperature === 0 ? 0 : (request.seed ?? 0);
  return createRandom(promptHash ^ Math.imul(seed + 1, 0x9e3779b1));
}

/** Draws the answer: the same for the same prompt and seed, or for the same prompt at temperature 0. */
export function drawAnswer(request: GenerateRequest, prompt: readonly number[], unseeded: Random): Answer {
  const random = answerRandom(request, prompt, unseeded);
  const drawnWords = Math.exp(Math.log(MEDIAN_ANSWER_WORDS) + ANSWER_LENGTH_SIGMA * sampleNormal(random));
  const naturalWords = Math.max(1, Math.round(drawnWords));
  const { maxOutputTokens, ignoreEos } = request;
  const length = ignoreEos ? maxOutputTokens : Math.min(maxOutputTokens, naturalWords);
  const picks = Array.from({ length }, () => Math.floor(random.next() * WORDS.length));
  return {
    words: picks.map((pick) => WORDS[pick] ?? ''),
    tokenIds: picks.map((pick) => WORD_IDS[pick] ?? 0),
    reason: !ignoreEos && naturalWords < maxOutputTokens ? 'stop' : 'length',
  };
}
