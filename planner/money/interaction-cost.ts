import type { LlmPrice } from '../../scenarios/catalogue.ts';
import { callTokensOfTurn, type PrefixCache, type TokenShape, weightedTurns } from './interaction-tokens.ts';
import { type CallTokens, computeCallUsdByKind, pricesForInput } from './token-cost.ts';

/** One of the calls that a turn makes: the answer itself, a supervisor that checks it, a router before it. */
export interface InteractionCall {
  readonly name: string;
  readonly price: LlmPrice;
  readonly shape: TokenShape;
  readonly cache?: PrefixCache;
  /** Times that each turn makes the call; 1 when absent. */
  readonly callsPerTurn?: number;
}

/** Another model that answers when the first cannot. */
export interface Fallback {
  readonly price: LlmPrice;
  /** Share of calls that are answered by it. */
  readonly ratio: number;
}

export interface InteractionCostInput {
  readonly calls: readonly InteractionCall[];
  /** Share of calls that are made again; each is paid again. */
  readonly retryRatio?: number;
  readonly fallback?: Fallback;
  /** Share of an entry's calls that meet its peak price; none when absent. */
  readonly peakRatioOf?: (price: LlmPrice) => number;
}

/** USD of one interaction, by what is paid for. `usd` is the sum of all other parts. */
export interface InteractionCost {
  readonly usd: number;
  readonly inputUsd: number;
  readonly cachedInputUsd: number;
  readonly cacheWriteUsd: number;
  readonly outputUsd: number;
  readonly retriesUsd: number;
  readonly fallbackUsd: number;
  readonly byCall: readonly {
    readonly name: string;
    readonly usd: number;
    readonly tokens: Required<CallTokens>;
  }[];
}

interface Totals {
  readonly usd: { input: number; cachedInput: number; cacheWrite: number; output: number };
  readonly tokens: { input: number; cachedInput: number; cacheWrite: number; output: number };
}

const KINDS = ['input', 'cachedInput', 'cacheWrite', 'output'] as const;

/** Every turn at the price of its own context tier, since a conversation can grow past a bound. */
function totalsOf(call: InteractionCall, price: LlmPrice, peakRatio: number): Totals {
  const zero = { input: 0, cachedInput: 0, cacheWrite: 0, output: 0 };
  const totals: Totals = { usd: { ...zero }, tokens: { ...zero } };
  const { shape, cache = { kind: 'none' }, callsPerTurn = 1 } = call;
  for (const { turn, weight } of weightedTurns(shape.turns)) {
    const tokens = callTokensOfTurn(shape, turn, cache);
    const usd = computeCallUsdByKind(tokens, pricesForInput(price, tokens.input, peakRatio));
    for (const kind of KINDS) {
      totals.usd[kind] += weight * callsPerTurn * usd[kind];
      totals.tokens[kind] += weight * callsPerTurn * (tokens[kind] ?? 0);
    }
  }
  return totals;
}

const sumOf = (usd: Totals['usd']): number => usd.input + usd.cachedInput + usd.cacheWrite + usd.output;

/** What the fallback answers finds no cache of its own: all of its input is uncached. */
function fallbackUsd({ calls, fallback, peakRatioOf }: InteractionCostInput): number {
  if (fallback === undefined) return 0;
  const { price, ratio } = fallback;
  const peakRatio = peakRatioOf?.(price) ?? 0;
  return calls.reduce((sum, call) => {
    const { cache: _, ...uncached } = call;
    return sum + ratio * sumOf(totalsOf(uncached, price, peakRatio).usd);
  }, 0);
}

/**
 * Cost of an interaction: Σ over calls and turns of (uncached, cached, cache-write, output tokens × their prices, in
 * their context tier and hour) × (1 + retries), plus fallbacks at the fallback's price. Ratios outside 0…1 throw.
 */
export function computeInteractionCost(input: InteractionCostInput): InteractionCost {
  const { calls, retryRatio = 0, fallback, peakRatioOf } = input;
  for (const ratio of [retryRatio, fallback?.ratio ?? 0]) {
    if (!(ratio >= 0 && ratio <= 1)) throw new RangeError(`a share of calls must be in [0, 1], got ${ratio}`);
  }
  const totals = calls.map((call) => ({
    name: call.name,
    ...totalsOf(call, call.price, peakRatioOf?.(call.price) ?? 0),
  }));
  const part = (kind: (typeof KINDS)[number]): number => totals.reduce((sum, { usd }) => sum + usd[kind], 0);
  const once = totals.reduce((sum, { usd }) => sum + sumOf(usd), 0);
  const retriesUsd = once * retryRatio;
  const fallbacks = fallbackUsd(input);
  return {
    usd: once + retriesUsd + fallbacks,
    inputUsd: part('input'),
    cachedInputUsd: part('cachedInput'),
    cacheWriteUsd: part('cacheWrite'),
    outputUsd: part('output'),
    retriesUsd,
    fallbackUsd: fallbacks,
    byCall: totals.map(({ name, usd, tokens }) => ({ name, usd: sumOf(usd), tokens })),
  };
}
