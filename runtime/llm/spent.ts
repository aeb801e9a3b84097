import type { TokenUsage } from './provider.ts';

const TOKENS_PER_MTOK = 1_000_000;

/** What tokens cost at one provider, US dollars per million. */
export interface TokenPrice {
  readonly inputUsdPerMTok: number;
  readonly cachedInputUsdPerMTok: number;
  readonly outputUsdPerMTok: number;
  /** Input that the vendor wrote into its prompt cache; billed as plain input where the vendor makes no difference. */
  readonly cacheWriteUsdPerMTok?: number;
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
  const writtenTokens = usage.cacheWriteTokens ?? 0;
  const plainTokens = Math.max(0, usage.promptTokens - usage.cachedPromptTokens - writtenTokens);
  return (
    (plainTokens * price.inputUsdPerMTok +
      usage.cachedPromptTokens * price.cachedInputUsdPerMTok +
      writtenTokens * (price.cacheWriteUsdPerMTok ?? price.inputUsdPerMTok) +
      usage.outputTokens * price.outputUsdPerMTok) /
    TOKENS_PER_MTOK
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
