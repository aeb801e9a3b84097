import type { LlmPrice } from '../../scenarios/catalogue.ts';
import { type DemandFile, statedFigure } from '../../scenarios/demand.ts';
import { TOKENS_PER_PRICE_UNIT } from '../../vocabulary/units.ts';
import { figureOf, type SizingContext } from '../size/context.ts';
import type { VendorSizing } from '../size/vendor.ts';
import { computeInteractionCost, type InteractionCost } from './interaction-cost.ts';
import type { TokenShape } from './interaction-tokens.ts';
import { type CallTokens, pricesForInput, type TokenPrices } from './token-cost.ts';

/** Mean tokens of a call, and the mean price of each kind of them. */
export interface PricedCall {
  readonly tokens: CallTokens;
  readonly prices: TokenPrices;
}

/** Tokens of one call to the vendor: those of a turn over its calls. */
export function callTokensOf(sizing: VendorSizing, context: SizingContext): CallTokens | undefined {
  const tokens = context.demand.tokensPerTurn;
  if (tokens === undefined) return undefined;
  const { llmCallsPerTurn } = sizing;
  return {
    input: tokens.input / llmCallsPerTurn,
    cachedInput: tokens.cachedInput / llmCallsPerTurn,
    output: tokens.output / llmCallsPerTurn,
  };
}

/** Shortest prompt that a vendor caches. */
const minPrefixTokens = (context: SizingContext): number =>
  figureOf(context, 'default/prompt-cache', 'minPrefixTokens').value;

/**
 * What a vendor's cache makes of measured tokens: nothing of prompts too short for it. Where a vendor charges for cache
 * writes and some input is read from the cache, what was not read is written: each turn extends the prefix that the next
 * one reads.
 */
function atVendor(tokens: CallTokens, price: LlmPrice, context: SizingContext): CallTokens {
  if (tokens.input < minPrefixTokens(context)) return { ...tokens, cachedInput: 0 };
  return price.cacheWriteUsdPerMTokens === undefined || tokens.cachedInput === 0
    ? tokens
    : { ...tokens, cacheWrite: tokens.input - tokens.cachedInput };
}

type Written = Parameters<typeof statedFigure>[0] | undefined;

const statedOr0 = (written: Written): number => (written === undefined ? 0 : statedFigure(written).value);

/** The parts of a turn, where the plan's tokens are those that a demand file states. */
function statedShape({ demand }: SizingContext): { shape: TokenShape; cachedInputRatio: number } | undefined {
  if (demand.tokensPerTurn?.basis !== 'assumed') return undefined;
  const interaction: DemandFile['spec']['interaction'] = demand.file?.spec.interaction;
  if (interaction === undefined) return undefined;
  const { systemTokens, messageTokens, answerTokens, history, cachedInputRatio } = interaction;
  const shape: TokenShape = {
    turns: demand.turnsPerInteraction,
    systemTokens: statedOr0(systemTokens),
    messageTokens: statedOr0(messageTokens),
    answerTokens: statedOr0(answerTokens),
    history,
  };
  return { shape, cachedInputRatio: statedOr0(cachedInputRatio) };
}

/** Mean price of each kind: what it costs over the interaction ÷ its tokens; the list price of what has none. */
function meanPrices(cost: InteractionCost, list: TokenPrices): TokenPrices {
  const [call] = cost.byCall;
  const per = (usd: number, tokens: number | undefined, listUsdPerMTokens: number): number =>
    tokens === undefined || tokens === 0 ? listUsdPerMTokens : (usd / tokens) * TOKENS_PER_PRICE_UNIT;
  const { input = 0, cachedInput = 0, cacheWrite = 0, output } = call?.tokens ?? {};
  return {
    inputUsdPerMTokens: per(cost.inputUsd, input - cachedInput - cacheWrite, list.inputUsdPerMTokens),
    cachedInputUsdPerMTokens: per(cost.cachedInputUsd, cachedInput, list.cachedInputUsdPerMTokens),
    cacheWriteUsdPerMTokens: per(cost.cacheWriteUsd, cacheWrite, list.cacheWriteUsdPerMTokens),
    outputUsdPerMTokens: per(cost.outputUsd, output, list.outputUsdPerMTokens),
  };
}

/**
 * A call at a vendor's price. Measured tokens are a mean, billed in the context tier of that mean. A conversation that a
 * demand file states grows turn by turn, and each turn is billed in its own tier.
 */
export function priceCall(
  price: LlmPrice,
  measured: CallTokens,
  context: SizingContext,
  peakRatio: number,
): PricedCall {
  const stated = statedShape(context);
  if (stated === undefined) {
    const tokens = atVendor(measured, price, context);
    return { tokens, prices: pricesForInput(price, tokens.input, peakRatio) };
  }
  const { shape, cachedInputRatio } = stated;
  const cost = computeInteractionCost({
    calls: [
      {
        name: 'call',
        price,
        shape,
        cache: {
          kind: 'share',
          cachedInputRatio,
          minPrefixTokens: minPrefixTokens(context),
          writesRest: price.cacheWriteUsdPerMTokens !== undefined && cachedInputRatio > 0,
        },
      },
    ],
    peakRatioOf: () => peakRatio,
  });
  const sum = cost.byCall[0]?.tokens ?? { ...measured, cacheWrite: 0 };
  const perTurn = (tokens: number): number => tokens / shape.turns;
  return {
    tokens: {
      input: perTurn(sum.input),
      cachedInput: perTurn(sum.cachedInput),
      cacheWrite: perTurn(sum.cacheWrite),
      output: perTurn(sum.output),
    },
    prices: meanPrices(cost, pricesForInput(price, measured.input, peakRatio)),
  };
}
