import { findLlmPrice, type LlmPrice } from '../../scenarios/catalogue.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { TierPlan } from '../../vocabulary/plan-file.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import { percentFromRatio, TOKENS_PER_PRICE_UNIT } from '../../vocabulary/units.ts';
import type { Demand } from '../demand/demand.ts';
import type { SizingContext } from '../size/context.ts';
import type { VendorSizing } from '../size/vendor.ts';
import {
  CERTAIN,
  estimateMeanRange,
  type InputFactor,
  type Range,
  retryFactor,
} from '../uncertainty/ranges.ts';
import { callTokensOf, priceCall } from './call-pricing.ts';
import { costLine, type PricedLine } from './cost-line.ts';
import { type CallTokens, computeCallUsd, disputedRange, type TokenPrices } from './token-cost.ts';
import type { Volumes } from './volumes.ts';
import { monthlyShares, peakRatioOf } from './week-hours.ts';

/**
 * Relative range of the mean cost of a turn's tokens, from the differences between the steps of a run. A trace gives the
 * mean of all its requests, which is no sample: certain. The cache counts where it does for `like`, the mean call.
 */
export function tokenUsdRange(result: ResultFile, prices: TokenPrices, like: CallTokens): Range {
  if (result.trace !== undefined) return CERTAIN;
  return estimateMeanRange(
    result.steps
      .filter(({ tokens, counts }) => tokens.requestsWithUsage > 0 && counts.completed > 0)
      .map(({ tokens, counts }) => {
        const input = tokens.input / tokens.requestsWithUsage;
        const read = Math.min(tokens.cachedInput, tokens.input) / tokens.requestsWithUsage;
        const cachedInput = like.cachedInput === 0 ? 0 : read;
        const cacheWrite = (like.cacheWrite ?? 0) === 0 ? 0 : input - cachedInput;
        const perTurn = { input, cachedInput, cacheWrite, output: tokens.output / counts.completed };
        return { total: computeCallUsd(perTurn, prices) * counts.completed, count: counts.completed };
      }),
  );
}

/** What a call carries at one vendor's prices, with how many calls a month it gets. */
interface Bought {
  readonly price: LlmPrice;
  readonly tokens: CallTokens;
  readonly prices: TokenPrices;
  readonly callsPerMonth: number;
  readonly peakRatio: number;
  /** What its lines are called: the model alone where there is one vendor. */
  readonly name: string;
}

function factorsOf({ price, prices, tokens }: Bought, context: SizingContext): InputFactor[] {
  const { assumptions, demand, reference } = context;
  // What a demand file states does not vary between the steps of a run.
  const spread =
    demand.tokensPerTurn?.basis === 'assumed' ? CERTAIN : tokenUsdRange(reference.result, prices, tokens);
  return [
    { key: `${price.id}/disputed`, range: { value: 1, ...disputedRange(price, tokens) }, power: 1 },
    { key: 'tokens-per-turn', range: spread, power: 1 },
    retryFactor(assumptions.retry),
  ];
}

const peakWords = (ratio: number): string =>
  ratio === 0 ? '' : `; ${Number(percentFromRatio(ratio).toPrecision(3))} % of it in the vendor's peak hours`;

/** One line for each kind of token. */
function linesOf(bought: Bought, context: SizingContext): PricedLine[] {
  const { price, tokens, prices, callsPerMonth, peakRatio, name } = bought;
  const { input, cachedInput, cacheWrite = 0, output } = tokens;
  const factors = factorsOf(bought, context);
  const parts = [
    ['input', input - cachedInput - cacheWrite, prices.inputUsdPerMTokens],
    ['cached input', cachedInput, prices.cachedInputUsdPerMTokens],
    ...(cacheWrite === 0 ? [] : [['cache writes', cacheWrite, prices.cacheWriteUsdPerMTokens] as const]),
    ['output', output, prices.outputUsdPerMTokens],
  ] as const;
  return parts.map(([kind, perCall, unitPriceUsd]) => ({
    line: costLine({
      line: `${name} ${kind}`,
      category: 'llm',
      quantity: (callsPerMonth * perCall) / TOKENS_PER_PRICE_UNIT,
      unit: 'million tokens',
      unitPriceUsd,
      basis: 'catalogue',
      source: `${price.id}: ${price.source}${peakWords(peakRatio)}`,
      date: price.date,
      skuId: price.id,
    }),
    factors,
  }));
}

/** What buys a model by the token: a tier of a mode, with the vendors that the plan gives it. */
export interface TokenBuyer {
  readonly sizing: VendorSizing;
  /** Share of time in which the first vendor answers. */
  readonly availabilityRatio: number;
  readonly providers?: TierPlan['providers'] | undefined;
}

interface VendorShare {
  readonly priceId: string;
  /** Share of the month's calls. */
  readonly ratio: number;
}

/** What a vendor is asked for and does not answer goes to the next one; the last keeps all it is asked for. */
function afterFallbacks(asked: readonly number[], availabilityRatios: readonly number[]): number[] {
  let passed = 0;
  return asked.map((ratio, index) => {
    const wanted = ratio + passed;
    const isLast = index === asked.length - 1;
    const answered = isLast ? wanted : wanted * (availabilityRatios[index] ?? 1);
    passed = wanted - answered;
    return answered;
  });
}

/** The vendors that answer, with the share of the month's calls of each; the sizing's own where it has no others. */
function sharesOf({ sizing, availabilityRatio, providers = [] }: TokenBuyer, demand: Demand): VendorShare[] {
  const up = [availabilityRatio, ...(sizing.alsoFrom ?? []).map((other) => other.availabilityRatio)];
  // A vendor without an account answers nobody, not even what another leaves.
  const vendors = providers
    .map(({ priceId, callsRatio, accounts }, index) => ({
      priceId,
      callsRatio,
      accounts,
      up: up[index] ?? 1,
    }))
    .filter(({ accounts }) => accounts > 0);
  if (vendors.length <= 1) return [{ priceId: vendors[0]?.priceId ?? sizing.priceId, ratio: 1 }];
  const asked = monthlyShares(
    vendors.map(({ callsRatio }) => callsRatio),
    demand,
  );
  const answered = afterFallbacks(
    asked,
    vendors.map((vendor) => vendor.up),
  );
  return vendors.map(({ priceId }, index) => ({ priceId, ratio: answered[index] ?? 0 }));
}

/**
 * Uncached, cached, written and output tokens of every call in a month, retries included, each at its price; where
 * several vendors share the calls, those of each at its own: the later ones take what the earlier have no quota for and
 * what they do not answer.
 */
export function llmLines(buyer: TokenBuyer, context: SizingContext, volumes: Volumes): PricedLine[] {
  const { sizing } = buyer;
  const measured = callTokensOf(sizing, context);
  if (measured === undefined) return [];
  const calls = volumes.turnsPerMonth * sizing.llmCallsPerTurn * (1 + context.assumptions.retry.value);
  const shares = sharesOf(buyer, context.demand);
  return shares.flatMap(({ priceId, ratio }) => {
    const price = unwrap(findLlmPrice(context.catalogue, priceId));
    const peakRatio = peakRatioOf(price, context.demand.week);
    const { tokens, prices } = priceCall(price, measured, context, peakRatio);
    const name = shares.length === 1 ? price.model : price.id;
    return linesOf({ price, tokens, prices, callsPerMonth: calls * ratio, peakRatio, name }, context);
  });
}
