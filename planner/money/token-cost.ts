import type { LlmPrice } from '../../scenarios/catalogue.ts';
import { usdFromTokens } from '../../vocabulary/units.ts';

/** Tokens of one call. `cachedInput` and `cacheWrite` are parts of `input` and do not overlap. */
export interface CallTokens {
  readonly input: number;
  /** Read from the vendor's prefix cache. */
  readonly cachedInput: number;
  /** Put into the cache by this call; some vendors charge more for it than for input. */
  readonly cacheWrite?: number;
  readonly output: number;
}

/** Prices of one call, in USD per million tokens, in its context tier and hour. */
export interface TokenPrices {
  readonly inputUsdPerMTokens: number;
  readonly cachedInputUsdPerMTokens: number;
  readonly cacheWriteUsdPerMTokens: number;
  readonly outputUsdPerMTokens: number;
}

type Tier = NonNullable<LlmPrice['longContextTiers']>[number];
type StatedPrices = { readonly [part in keyof TokenPrices]?: number | undefined };

/** Fills what a vendor does not state: cached input and cache writes are then billed as input. */
function completePrices(stated: StatedPrices, base: LlmPrice): TokenPrices {
  const inputUsdPerMTokens = stated.inputUsdPerMTokens ?? base.inputUsdPerMTokens;
  return {
    inputUsdPerMTokens,
    cachedInputUsdPerMTokens:
      stated.cachedInputUsdPerMTokens ?? base.cachedInputUsdPerMTokens ?? inputUsdPerMTokens,
    cacheWriteUsdPerMTokens:
      stated.cacheWriteUsdPerMTokens ?? base.cacheWriteUsdPerMTokens ?? inputUsdPerMTokens,
    outputUsdPerMTokens: stated.outputUsdPerMTokens ?? base.outputUsdPerMTokens,
  };
}

const PARTS = [
  'inputUsdPerMTokens',
  'cachedInputUsdPerMTokens',
  'cacheWriteUsdPerMTokens',
  'outputUsdPerMTokens',
] as const;

/** Mean of two price lists, `ratio` of the traffic at the second. */
function mixPrices(first: TokenPrices, second: TokenPrices, ratio: number): TokenPrices {
  const mixed: Record<(typeof PARTS)[number], number> = { ...first };
  for (const part of PARTS) mixed[part] = (1 - ratio) * first[part] + ratio * second[part];
  return mixed;
}

/** What the peak hours multiply each price by; 1 for what the vendor does not list. */
function atPeak(price: LlmPrice, offPeak: TokenPrices): TokenPrices {
  const base = completePrices({}, price);
  const peak = completePrices(price.peak ?? {}, price);
  const raised: Record<(typeof PARTS)[number], number> = { ...offPeak };
  for (const part of PARTS)
    raised[part] = base[part] === 0 ? peak[part] : (offPeak[part] * peak[part]) / base[part];
  return raised;
}

/**
 * The prices that hold for an input of this length, `peakRatio` of the traffic being in the vendor's peak hours.
 * Without a cached price, cached input is billed as input; without a price for writes, so are they.
 */
export function pricesForInput(price: LlmPrice, inputTokens: number, peakRatio = 0): TokenPrices {
  const tier = (price.longContextTiers ?? [])
    .filter(({ aboveInputTokens }) => inputTokens > aboveInputTokens)
    .reduce<Tier | undefined>(
      (best, next) => (best === undefined || next.aboveInputTokens > best.aboveInputTokens ? next : best),
      undefined,
    );
  const prices = completePrices(tier ?? {}, price);
  return peakRatio === 0 || price.peak === undefined
    ? prices
    : mixPrices(prices, atPeak(price, prices), peakRatio);
}

/** USD of each kind of token of one call. They add up to the cost of the call. */
export interface CallUsd {
  readonly input: number;
  readonly cachedInput: number;
  readonly cacheWrite: number;
  readonly output: number;
}

/** Uncached input that is not written, cached input, written input and output, each at its price. */
export function computeCallUsdByKind(tokens: CallTokens, prices: TokenPrices): CallUsd {
  const { input, cachedInput, cacheWrite = 0, output } = tokens;
  return {
    input: usdFromTokens(input - cachedInput - cacheWrite, prices.inputUsdPerMTokens),
    cachedInput: usdFromTokens(cachedInput, prices.cachedInputUsdPerMTokens),
    cacheWrite: usdFromTokens(cacheWrite, prices.cacheWriteUsdPerMTokens),
    output: usdFromTokens(output, prices.outputUsdPerMTokens),
  };
}

/** USD of one call: the sum over its kinds of tokens. */
export function computeCallUsd(tokens: CallTokens, prices: TokenPrices): number {
  const usd = computeCallUsdByKind(tokens, prices);
  return usd.input + usd.cachedInput + usd.cacheWrite + usd.output;
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
      cacheWriteUsdPerMTokens: other.cacheWriteUsdPerMTokens ?? stated.cacheWriteUsdPerMTokens,
      outputUsdPerMTokens: other.outputUsdPerMTokens ?? stated.outputUsdPerMTokens,
    };
    return computeCallUsd(tokens, prices) / usd;
  });
  return { low: Math.min(1, ...ratios), high: Math.max(1, ...ratios) };
}
