import { usdFromTokens } from '../../vocabulary/units.ts';
import type { TokenUsage } from './provider.ts';

/** What tokens cost at one provider, US dollars per million. */
export interface TokenPrice {
  readonly inputUsdPerMTok: number;
  readonly cachedInputUsdPerMTok: number;
  readonly outputUsdPerMTok: number;
  /** Input that the vendor wrote into its prompt cache; billed as plain input where the vendor makes no difference. */
  readonly cacheWriteUsdPerMTok?: number;
  /** Prices of a request with more input than the bound; the highest bound passed counts. */
  readonly longContextTiers?: readonly LongContextPrice[];
}

interface LongContextPrice extends Omit<TokenPrice, 'longContextTiers'> {
  readonly aboveInputTokens: number;
}

function tierOf(price: TokenPrice, promptTokens: number): TokenPrice {
  if (price.longContextTiers === undefined) return price;
  const passed = price.longContextTiers.filter((tier) => promptTokens > tier.aboveInputTokens);
  return passed.sort((a, b) => b.aboveInputTokens - a.aboveInputTokens)[0] ?? price;
}

/** Tokens and money that one request used up, whoever got the text. Cached input is part of the input. */
export interface Spent {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
}

/** Of a request that nobody worked for. */
export const NOTHING_SPENT: Spent = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, costUsd: 0 };

/** Cost of one attempt; 0 where the provider has no price. */
export function costUsdOf(usage: TokenUsage, price: TokenPrice | undefined): number {
  if (price === undefined) return 0;
  const tier = tierOf(price, usage.promptTokens);
  const writtenTokens = usage.cacheWriteTokens ?? 0;
  const plainTokens = Math.max(0, usage.promptTokens - usage.cachedPromptTokens - writtenTokens);
  return (
    usdFromTokens(plainTokens, tier.inputUsdPerMTok) +
    usdFromTokens(usage.cachedPromptTokens, tier.cachedInputUsdPerMTok) +
    usdFromTokens(writtenTokens, tier.cacheWriteUsdPerMTok ?? tier.inputUsdPerMTok) +
    usdFromTokens(usage.outputTokens, tier.outputUsdPerMTok)
  );
}

/** The most that attempts cost of which the last gives the answer: each pays its prompt, written into a cache or not. */
export function maxCostUsdOf(
  { promptTokens, outputTokens }: { readonly promptTokens: number; readonly outputTokens: number },
  attempts: number,
  price: TokenPrice | undefined,
): number {
  const plain = { promptTokens, cachedPromptTokens: 0, outputTokens: 0 };
  const written = { ...plain, cacheWriteTokens: promptTokens };
  const promptUsd = Math.max(costUsdOf(plain, price), costUsdOf(written, price));
  return (
    promptUsd * (attempts - 1) +
    promptUsd +
    costUsdOf({ ...plain, outputTokens }, price) -
    costUsdOf(plain, price)
  );
}

/** What the usage of one attempt comes to. */
export const spentFrom = (usage: TokenUsage, price: TokenPrice | undefined): Spent => ({
  inputTokens: usage.promptTokens,
  cachedInputTokens: usage.cachedPromptTokens,
  outputTokens: usage.outputTokens,
  costUsd: costUsdOf(usage, price),
});

/** Both together. */
export const addSpent = (a: Spent, b: Spent): Spent => ({
  inputTokens: a.inputTokens + b.inputTokens,
  cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  costUsd: a.costUsd + b.costUsd,
});
