import type { LlmPrice } from '../../scenarios/catalogue.ts';
import { usdFromTokens } from '../../vocabulary/units.ts';

/** Tokens of one call. `cachedInput` is part of `input`. */
export interface CallTokens {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
}

export interface TokenPrices {
  readonly inputUsdPerMTokens: number;
  readonly cachedInputUsdPerMTokens: number;
  readonly outputUsdPerMTokens: number;
}

type Tier = NonNullable<LlmPrice['longContextTiers']>[number];

/** The prices that hold for an input of this length. Without a cached price, cached input is billed as input. */
export function pricesForInput(price: LlmPrice, inputTokens: number): TokenPrices {
  const tier = (price.longContextTiers ?? [])
    .filter(({ aboveInputTokens }) => inputTokens > aboveInputTokens)
    .reduce<Tier | undefined>(
      (best, next) => (best === undefined || next.aboveInputTokens > best.aboveInputTokens ? next : best),
      undefined,
    );
  const inputUsdPerMTokens = tier?.inputUsdPerMTokens ?? price.inputUsdPerMTokens;
  return {
    inputUsdPerMTokens,
    cachedInputUsdPerMTokens:
      tier?.cachedInputUsdPerMTokens ?? price.cachedInputUsdPerMTokens ?? inputUsdPerMTokens,
    outputUsdPerMTokens: tier?.outputUsdPerMTokens ?? price.outputUsdPerMTokens,
  };
}

/** USD of one call: uncached input, cached input and output, each at its price. */
export function computeCallUsd(tokens: CallTokens, prices: TokenPrices): number {
  return (
    usdFromTokens(tokens.input - tokens.cachedInput, prices.inputUsdPerMTokens) +
    usdFromTokens(tokens.cachedInput, prices.cachedInputUsdPerMTokens) +
    usdFromTokens(tokens.output, prices.outputUsdPerMTokens)
  );
}

/**
 * Lowest and highest cost of a call ÷ its cost at the stated price, over the sources that disagree; 1 and 1 when
 * they agree or there is one source.
 */
export function disputedRange(
  price: LlmPrice,
  tokens: CallTokens,
): { readonly low: number; readonly high: number } {
  if (price.sourcesAgree !== false) return { low: 1, high: 1 };
  // Other sources state base prices, so the base price is what they dispute, whatever tier the input falls in.
  const stated = pricesForInput(price, 0);
  const usd = computeCallUsd(tokens, stated);
  if (usd === 0) return { low: 1, high: 1 };
  const ratios = (price.crossChecks ?? []).map((other) => {
    const inputUsdPerMTokens = other.inputUsdPerMTokens ?? stated.inputUsdPerMTokens;
    const prices = {
      inputUsdPerMTokens,
      cachedInputUsdPerMTokens: other.cachedInputUsdPerMTokens ?? stated.cachedInputUsdPerMTokens,
      outputUsdPerMTokens: other.outputUsdPerMTokens ?? stated.outputUsdPerMTokens,
    };
    return computeCallUsd(tokens, prices) / usd;
  });
  return { low: Math.min(1, ...ratios), high: Math.max(1, ...ratios) };
}

/** Token counts of an interaction whose context grows: input of turn t is system + message·t + answer·(t − 1). */
export function computeInteractionTokens(shape: {
  readonly turns: number;
  readonly systemTokens: number;
  readonly messageTokens: number;
  readonly answerTokens: number;
}): CallTokens {
  const { turns, systemTokens, messageTokens, answerTokens } = shape;
  let input = 0;
  for (let t = 1; t <= turns; t++) input += systemTokens + messageTokens * t + answerTokens * (t - 1);
  return { input, cachedInput: 0, output: answerTokens * turns };
}
