import { request } from 'undici';
import { z } from 'zod';
import { createRandom, type Random } from '../../vocabulary/random.ts';
import { type TextMaker, wordTexts } from './prompt.ts';
import { composeText, countWords, VOICE_NAMES, VOICE_WORDS, type Voice } from './text.ts';

/** Where a tokenizer may be asked for. */
export interface TokenizerTarget {
  /** Base URL, without /v1. */
  readonly url: string;
  readonly apiKey?: string;
  readonly model?: string;
}

const ANSWER_LIMIT_MS = 5_000;

async function post(target: TokenizerTarget, path: string, body: unknown): Promise<unknown> {
  try {
    const response = await request(`${target.url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(target.apiKey === undefined ? {} : { authorization: `Bearer ${target.apiKey}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const text = await response.body.text();
    return response.statusCode === 200 ? JSON.parse(text) : undefined;
  } catch {
    // No such endpoint, or nothing that can be read: the next way of counting is tried, and the basis says which.
    return undefined;
  }
}

/** llama.cpp answers with the tokens, vLLM with their number too. */
const tokenizedSchema = z.union([
  z.object({ count: z.int().nonnegative() }),
  z.object({ tokens: z.array(z.unknown()) }),
]);

async function countByServer(target: TokenizerTarget, text: string): Promise<number | undefined> {
  const { model } = target;
  const body = {
    content: text,
    prompt: text,
    add_special: false,
    add_special_tokens: false,
    ...(model === undefined ? {} : { model }),
  };
  const read = tokenizedSchema.safeParse(await post(target, '/tokenize', body));
  if (!read.success) return undefined;
  return 'count' in read.data ? read.data.count : read.data.tokens.length;
}

/** Tokens of each word of the texts: alone at the beginning, and after a space. */
interface WordCosts {
  readonly first: ReadonlyMap<string, number>;
  readonly next: ReadonlyMap<string, number>;
}

async function askCosts(target: TokenizerTarget): Promise<WordCosts | undefined> {
  const costs = { first: new Map<string, number>(), next: new Map<string, number>() };
  for (const word of new Set(Object.values(VOICE_WORDS).flat(2))) {
    const first = await countByServer(target, word);
    // Tokenizers that strip a leading space count it away; a word before it tells.
    const pair = await countByServer(target, `${word} ${word}`);
    if (first === undefined || pair === undefined) return undefined;
    costs.first.set(word, first);
    costs.next.set(word, pair - first);
  }
  return costs;
}

const UNKNOWN_WORD_TOKENS = 1.3;

const costOf = (costs: WordCosts, word: string, isFirst: boolean): number =>
  (isFirst ? costs.first : costs.next).get(word) ?? UNKNOWN_WORD_TOKENS;

function countByCosts(costs: WordCosts, text: string): number {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return Math.round(words.reduce((sum, word, i) => sum + costOf(costs, word, i === 0), 0));
}

/** Words of the voice in order while they fit; words of one token fill what is left. */
function composeByCosts(costs: WordCosts, voice: Voice, tokens: number, random: Random): string {
  const words: string[] = [];
  let left = tokens;
  const source = composeText(voice, tokens, random).split(' ');
  for (const word of source) {
    const cost = costOf(costs, word, words.length === 0);
    if (left <= 0) break;
    if (cost > left) continue;
    words.push(word);
    left -= cost;
  }
  const filler = [...costs.next].find(([, cost]) => cost === 1)?.[0];
  for (; left > 0 && filler !== undefined; left--) words.push(filler);
  return words.join(' ');
}

const CHECKED_LENGTHS = [1, 7, 40, 150, 400] as const;

/** The largest difference, in tokens, between texts as made and as the server counts them. */
async function checkTexts(target: TokenizerTarget, costs: WordCosts): Promise<number | undefined> {
  let largest = 0;
  for (const voice of VOICE_NAMES) {
    for (const tokens of CHECKED_LENGTHS) {
      const text = composeByCosts(costs, voice, tokens, createRandom(tokens));
      const counted = await countByServer(target, text);
      if (counted === undefined) return undefined;
      largest = Math.max(largest, Math.abs(counted - tokens));
    }
  }
  return largest;
}

async function textsByTokenizer(target: TokenizerTarget): Promise<TextMaker | undefined> {
  if ((await countByServer(target, 'a word')) === undefined) return undefined;
  const costs = await askCosts(target);
  if (costs === undefined) return undefined;
  const off = await checkTexts(target, costs);
  if (off === undefined) return undefined;
  const checked = CHECKED_LENGTHS.length * VOICE_NAMES.length;
  return {
    compose: (voice, tokens, random) => composeByCosts(costs, voice, tokens, random),
    count: (text) => countByCosts(costs, text),
    basis:
      off === 0
        ? `the target's tokenizer (POST /tokenize); ${checked} texts checked, all exact`
        : `the target's tokenizer (POST /tokenize), word by word; of ${checked} texts checked the worst was ${off} tokens off`,
  };
}

const usageSchema = z.object({ usage: z.object({ prompt_tokens: z.int().nonnegative() }) });

async function promptTokensOf(target: TokenizerTarget, text: string): Promise<number | undefined> {
  const read = usageSchema.safeParse(
    await post(target, '/v1/chat/completions', {
      model: target.model ?? 'default',
      messages: [{ role: 'user', content: text }],
      max_tokens: 1,
      stream: false,
    }),
  );
  return read.success ? read.data.usage.prompt_tokens : undefined;
}

const FEW_WORDS = 50;
const MANY_WORDS = 450;
const DIGITS = 3;

/** Two prompts of known words tell the tokens per word; what the server wraps around a prompt falls out. */
async function textsByUsage(target: TokenizerTarget): Promise<TextMaker | undefined> {
  const random = createRandom(1);
  const few = await promptTokensOf(target, composeText('customer', FEW_WORDS, random));
  const many = await promptTokensOf(target, composeText('customer', MANY_WORDS, random));
  if (few === undefined || many === undefined || many <= few) return undefined;
  const perWord = (many - few) / (MANY_WORDS - FEW_WORDS);
  return {
    compose: (voice, tokens, stream) =>
      tokens === 0 ? '' : composeText(voice, Math.max(1, Math.round(tokens / perWord)), stream),
    count: (text) => Math.round(countWords(text) * perWord),
    basis: `calibrated on the usage that the target reports: ${perWord.toFixed(DIGITS)} tokens per word on average, so single prompts are off by a little`,
  };
}

/**
 * Texts counted as the target counts: by its tokenizer (llama.cpp's and vLLM's POST /tokenize), else calibrated on the
 * usage that it reports, else in words. The basis says which.
 */
export async function createTargetTexts(target: TokenizerTarget): Promise<TextMaker> {
  return (await textsByTokenizer(target)) ?? (await textsByUsage(target)) ?? wordTexts;
}
