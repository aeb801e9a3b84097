import { findLlmPrice, type LlmPrice } from '../../scenarios/catalogue.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import { TOKENS_PER_PRICE_UNIT } from '../../vocabulary/units.ts';
import { measuredTokensPerTurn } from '../demand/tokens.ts';
import type { SizingContext } from '../size/context.ts';
import type { VendorSizing } from '../size/vendor.ts';
import { CERTAIN, estimateMeanRange, type Range, relativeRange } from '../uncertainty/ranges.ts';
import { costLine, type LineFactor, type PricedLine } from './cost-line.ts';
import {
  type CallTokens,
  computeCallUsd,
  disputedRange,
  pricesForInput,
  type TokenPrices,
} from './token-cost.ts';
import type { Volumes } from './volumes.ts';

/** Tokens of one call to the vendor: those of a turn over its calls. */
export function callTokensOf(sizing: VendorSizing, context: SizingContext): CallTokens | undefined {
  const tokens = measuredTokensPerTurn(context.reference.result);
  if (tokens === undefined) return undefined;
  const { llmCallsPerTurn } = sizing;
  return {
    input: tokens.input / llmCallsPerTurn,
    cachedInput: tokens.cachedInput / llmCallsPerTurn,
    output: tokens.output / llmCallsPerTurn,
  };
}

/**
 * Relative range of the mean cost of a turn's tokens, from the differences between the steps of a run. A trace gives the
 * mean of all its requests, which is no sample: certain.
 */
export function tokenUsdRange(result: ResultFile, prices: TokenPrices): Range {
  if (result.trace !== undefined) return CERTAIN;
  return estimateMeanRange(
    result.steps
      .filter(({ tokens, counts }) => tokens.requestsWithUsage > 0 && counts.completed > 0)
      .map(({ tokens, counts }) => {
        const perTurn = {
          input: tokens.input / tokens.requestsWithUsage,
          cachedInput: Math.min(tokens.cachedInput, tokens.input) / tokens.requestsWithUsage,
          output: tokens.output / counts.completed,
        };
        return { total: computeCallUsd(perTurn, prices) * counts.completed, count: counts.completed };
      }),
  );
}

function factorsOf(
  price: LlmPrice,
  prices: TokenPrices,
  tokens: CallTokens,
  context: SizingContext,
): LineFactor[] {
  const { retry } = context.assumptions;
  const retries = relativeRange(1 + retry.value, { low: 1 + retry.low, high: 1 + retry.high });
  return [
    { key: `${price.id}/disputed`, range: { value: 1, ...disputedRange(price, tokens) }, power: 1 },
    { key: 'tokens-per-turn', range: tokenUsdRange(context.reference.result, prices), power: 1 },
    { key: 'retries', range: retries, power: 1 },
  ];
}

/** Uncached input, cached input and output of every call in a month, retries included, each at its price. */
export function llmLines(sizing: VendorSizing, context: SizingContext, volumes: Volumes): PricedLine[] {
  const tokens = callTokensOf(sizing, context);
  if (tokens === undefined) return [];
  const price = unwrap(findLlmPrice(context.catalogue, sizing.priceId));
  const prices = pricesForInput(price, tokens.input);
  const calls = volumes.turnsPerMonth * sizing.llmCallsPerTurn * (1 + context.assumptions.retry.value);
  const factors = factorsOf(price, prices, tokens, context);
  const parts = [
    ['input', tokens.input - tokens.cachedInput, prices.inputUsdPerMTokens],
    ['cached input', tokens.cachedInput, prices.cachedInputUsdPerMTokens],
    ['output', tokens.output, prices.outputUsdPerMTokens],
  ] as const;
  return parts.map(([kind, perCall, unitPriceUsd]) => ({
    line: costLine({
      line: `${price.model} ${kind}`,
      category: 'llm',
      quantity: (calls * perCall) / TOKENS_PER_PRICE_UNIT,
      unit: 'million tokens',
      unitPriceUsd,
      basis: 'catalogue',
      source: `${price.id}: ${price.source}`,
      date: price.date,
    }),
    factors,
  }));
}
