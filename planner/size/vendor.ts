import { findEntry } from '../../scenarios/catalogue.ts';
import type { ModeTier } from '../../scenarios/mode.ts';
import { createDiagnostic } from '../../vocabulary/diagnostics.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { Sourced } from '../../vocabulary/plan-file.ts';
import { percentFromRatio, S_PER_MIN } from '../../vocabulary/units.ts';
import { shownRate } from '../calibrate/capacity.ts';
import type { PlannedTokens, TokensPerTurn } from '../demand/tokens.ts';
import { type Planned, planned, refuse } from '../refusal.ts';
import { basisOfFigure, sourced, sourcedFromFigure } from '../sourced.ts';
import { retryFactor } from '../uncertainty/ranges.ts';
import { figureOf, type ModelledTier, type SizingContext } from './context.ts';
import { type LoadLimit, MOST_REPLICAS } from './limits.ts';
import type { TierProvider } from './tier.ts';

export type VendorSizing = Extract<ModeTier['sizing'], { kind: 'vendor' }>;

/** What each kind of quota counts, per turn. */
const QUOTAS = {
  requestsPerMin: (_: TokensPerTurn, calls: number) => calls,
  tokensPerMin: (tokens: TokensPerTurn) => tokens.input + tokens.output,
  inputTokensPerMin: (tokens: TokensPerTurn) => tokens.input,
  outputTokensPerMin: (tokens: TokensPerTurn) => tokens.output,
} as const;

function quotaFields(context: SizingContext, quotaId: string): (keyof typeof QUOTAS)[] {
  const { entry } = unwrap(findEntry(context.catalogue, quotaId));
  const figures = 'figures' in entry ? entry.figures : {};
  return (Object.keys(QUOTAS) as (keyof typeof QUOTAS)[]).filter((field) => Object.hasOwn(figures, field));
}

/** What every account is asked for, whoever's it is. */
interface Calls {
  readonly sizing: VendorSizing;
  readonly tokens: TokensPerTurn;
  readonly context: SizingContext;
}

function limitOf(field: keyof typeof QUOTAS, quotaId: string, { sizing, tokens, context }: Calls): LoadLimit {
  const figure = figureOf(context, quotaId, field);
  const turnsPerMin = context.demand.sizingTurnsPerS * S_PER_MIN * (1 + context.assumptions.retry.value);
  const demand = turnsPerMin * QUOTAS[field](tokens, sizing.llmCallsPerTurn);
  const perReplica = figure.value * sizing.maxUtilisation;
  return {
    name: 'quota',
    demand,
    perReplica,
    explanation: `${shownRate(demand)} ${figure.unit} ÷ ${shownRate(perReplica)} per account at ${shownRate(percentFromRatio(sizing.maxUtilisation))} % of its limit`,
    measuredAs: 'none',
    factors: [retryFactor(context.assumptions.retry)],
  };
}

function capacityFigures(sizing: VendorSizing, tokens: PlannedTokens, context: SizingContext): Sourced[] {
  const measured = { basis: tokens.basis, source: tokens.source };
  const quotas = quotaFields(context, sizing.quotaId).map((field) => {
    const figure = figureOf(context, sizing.quotaId, field);
    return { ...sourcedFromFigure(field, figure), basis: basisOfFigure(figure) };
  });
  return [
    ...quotas,
    sourced('inputTokensPerTurn', tokens.input, 'tokens', measured),
    sourced('cachedInputTokensPerTurn', tokens.cachedInput, 'tokens', measured),
    sourced('outputTokensPerTurn', tokens.output, 'tokens', measured),
    sourced('llmCallsPerTurn', sizing.llmCallsPerTurn, 'calls', {
      basis: 'assumed',
      source: context.demand.llmCallsPerTurn === undefined ? 'set by the mode' : 'stated by the demand file',
    }),
  ];
}

/** The quotas of one vendor, tightest counts. */
interface Provider extends TierProvider {
  readonly limits: readonly LoadLimit[];
}

interface ProviderSource {
  readonly service: string;
  readonly priceId: string;
  readonly quotaId: string;
  readonly maxQuotas: number;
  readonly availabilityRatio: number;
}

function providerOf(source: ProviderSource, calls: Calls, tierId: string): Planned<Provider> {
  const { service, priceId, quotaId, maxQuotas, availabilityRatio } = source;
  const fields = quotaFields(calls.context, quotaId);
  if (fields.length === 0) {
    return refuse(
      `tier ${tierId}: ${quotaId} states no limit per minute`,
      'name a quota with requests or tokens per minute, or put your own limits in a catalogue file',
    );
  }
  const limits = fields.map((field) => limitOf(field, quotaId, calls));
  const shares = limits
    .filter(({ demand }) => demand > 0)
    .map(({ demand, perReplica }) => perReplica / demand);
  return planned({
    service,
    priceId,
    callsRatioPerAccount: Math.min(MOST_REPLICAS, ...shares),
    maxAccounts: maxQuotas,
    availabilityRatio,
    limits,
  });
}

function providersOf(tier: ModeTier, calls: Calls): Planned<Provider[]> {
  const { sizing } = calls;
  const first = { ...sizing, service: tier.service, availabilityRatio: tier.replicaAvailabilityRatio };
  const providers: Provider[] = [];
  for (const source of [first, ...(sizing.alsoFrom ?? [])]) {
    const provider = providerOf(source, calls, tier.id);
    if (provider.kind === 'refused') return provider;
    providers.push(provider.value);
  }
  return planned(providers);
}

/**
 * One vendor: its quotas each as a limit. Several: one limit over the share of calls that their accounts carry, those
 * of the first vendor before those of the next, since each fills by its own tightest quota.
 */
function quotaLimits(providers: readonly Provider[]): readonly LoadLimit[] {
  const [first, ...further] = providers;
  if (first === undefined || further.length === 0) return first?.limits ?? [];
  const words = providers.map(
    ({ service, maxAccounts, callsRatioPerAccount }) =>
      `${maxAccounts} × ${shownRate(percentFromRatio(callsRatioPerAccount))} % by ${service}`,
  );
  return [
    {
      name: 'quota',
      demand: 1,
      perReplica: first.callsRatioPerAccount,
      explanation: `accounts carry of the busy hour's calls at most ${words.join(', ')}; ${first.limits.map(({ explanation }) => explanation).join('; ')}`,
      measuredAs: 'none',
      factors: first.limits[0]?.factors ?? [],
      steps: providers.map(({ maxAccounts, callsRatioPerAccount }) => ({
        replicas: maxAccounts,
        perReplica: callsRatioPerAccount,
      })),
    },
  ];
}

/** The tier with no more accounts than its vendors give, all of them together. */
function boundedTier(tier: ModeTier, providers: readonly Provider[]): ModeTier {
  const accounts = providers.reduce((sum, { maxAccounts }) => sum + maxAccounts, 0);
  return { ...tier, maxReplicas: Math.min(tier.maxReplicas ?? accounts, accounts) };
}

/**
 * Accounts of one or more vendors that carry the busy hour within their request and token limits. Token counts are the
 * measured ones, with the measuring model's tokenizer; cached input is counted in full, as the stricter vendors do.
 */
export function modelVendor(
  tier: ModeTier,
  sizing: VendorSizing,
  context: SizingContext,
): Planned<ModelledTier> {
  const tokens = context.demand.tokensPerTurn;
  if (tokens === undefined) {
    return refuse(
      `tier ${tier.id}: the result carries no input token counts, so neither quota use nor price is known`,
      'bench a target that reports token usage',
    );
  }
  const providers = providersOf(tier, { sizing, tokens, context });
  if (providers.kind === 'refused') return providers;
  const { target } = context.reference.result;
  const assumption = `tokens counted by the tokenizer of ${target.model ?? target.name} are taken as those of ${tier.service}; ${sizing.assumption}`;
  return planned({
    model: {
      tier: boundedTier(tier, providers.value),
      unit: tier.unit.name,
      limits: quotaLimits(providers.value),
      minReplicas: tier.minReplicas,
      capacity: capacityFigures(sizing, tokens, context),
      headroomRatio: 0,
      providers: providers.value.map(({ limits: _, ...provider }) => provider),
    },
    diagnostics: [createDiagnostic('ASSUMED_INPUT', assumption, tier.id)],
  });
}
