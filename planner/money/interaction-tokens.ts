import type { CallTokens } from './token-cost.ts';

/** What one interaction says to a model, and what each turn sends again. */
export interface TokenShape {
  /** Turns of the interaction; a mean need not be whole. */
  readonly turns: number;
  readonly systemTokens: number;
  readonly messageTokens: number;
  readonly answerTokens: number;
  /** `whole` (the default): each turn sends every earlier message and answer again. `none`: only its own message. */
  readonly history?: 'whole' | 'none';
}

/** How a prefix cache works for the interaction. */
export type PrefixCache =
  | { readonly kind: 'none' }
  /**
   * A measured or stated share of input tokens is read from the cache, none of prompts below `minPrefixTokens`; the rest
   * is written where that is paid for.
   */
  | {
      readonly kind: 'share';
      readonly cachedInputRatio: number;
      readonly minPrefixTokens?: number;
      readonly writesRest?: boolean;
    }
  /**
   * Each turn reads what the turn before it sent, if that is still there, and writes the rest. Prompts below
   * `minPrefixTokens` are not cached.
   */
  | {
      readonly kind: 'prefix';
      /** Share of turns that find their prefix: 1 when think time never outlives the cache. */
      readonly hitRatio: number;
      readonly minPrefixTokens: number;
      /** The system prompt is kept warm by other interactions, so a first turn reads it too. */
      readonly warmSystemPrompt: boolean;
    };

/** Input of turn t, from 1: system + message·t + answers·(t − 1), or system + message without history. */
export function inputTokensOfTurn(shape: TokenShape, turn: number): number {
  const { systemTokens, messageTokens, answerTokens, history = 'whole' } = shape;
  return history === 'none'
    ? systemTokens + messageTokens
    : systemTokens + messageTokens * turn + answerTokens * (turn - 1);
}

/** Tokens that turn t may find in the cache: what the turn before sent; without history, the system prompt alone. */
function prefixOfTurn(shape: TokenShape, turn: number, warmSystemPrompt: boolean): number {
  if (turn === 1) return warmSystemPrompt ? shape.systemTokens : 0;
  return shape.history === 'none' ? shape.systemTokens : inputTokensOfTurn(shape, turn - 1);
}

/** Tokens of the call of one turn. */
export function callTokensOfTurn(shape: TokenShape, turn: number, cache: PrefixCache): CallTokens {
  const input = inputTokensOfTurn(shape, turn);
  const output = shape.answerTokens;
  if (cache.kind === 'none') return { input, cachedInput: 0, output };
  if (input < (cache.minPrefixTokens ?? 0)) return { input, cachedInput: 0, output };
  if (cache.kind === 'share') {
    const cachedInput = input * cache.cachedInputRatio;
    return { input, cachedInput, output, ...(cache.writesRest ? { cacheWrite: input - cachedInput } : {}) };
  }
  const prefix = prefixOfTurn(shape, turn, cache.warmSystemPrompt);
  // A prefix too short to be cached by the turn before is not there now.
  const cachedInput = prefix < cache.minPrefixTokens ? 0 : prefix * cache.hitRatio;
  return { input, cachedInput, cacheWrite: input - cachedInput, output };
}

/** Turns with the share of interactions that reach each: 4.6 turns are 4 whole ones and a fifth that 60 % reach. */
export function weightedTurns(turns: number): readonly { readonly turn: number; readonly weight: number }[] {
  const whole = Math.floor(turns);
  const list = Array.from({ length: whole }, (_, index) => ({ turn: index + 1, weight: 1 }));
  return turns > whole ? [...list, { turn: whole + 1, weight: turns - whole }] : list;
}

/** Token counts of an interaction whose context grows; the mean over interactions where `turns` is not whole. */
export function computeInteractionTokens(
  shape: TokenShape,
  cache: PrefixCache = { kind: 'none' },
): Required<CallTokens> {
  const sum = { input: 0, cachedInput: 0, cacheWrite: 0, output: 0 };
  for (const { turn, weight } of weightedTurns(shape.turns)) {
    const call = callTokensOfTurn(shape, turn, cache);
    sum.input += weight * call.input;
    sum.cachedInput += weight * call.cachedInput;
    sum.cacheWrite += weight * (call.cacheWrite ?? 0);
    sum.output += weight * call.output;
  }
  return sum;
}
