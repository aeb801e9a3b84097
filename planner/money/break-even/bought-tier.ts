import type { ModeTier } from '../../../scenarios/mode.ts';
import { S_PER_MIN } from '../../../vocabulary/units.ts';
import type { SizingContext } from '../../size/context.ts';
import { modelTier } from '../../size/model-tier.ts';
import { sizeTier } from '../../size/tier.ts';
import type { VendorSizing } from '../../size/vendor.ts';
import { callTokensOf } from '../call-pricing.ts';
import { llmLines } from '../llm-lines.ts';
import type { TokenRate } from '../provisioned.ts';
import { computeVolumes } from '../volumes.ts';
import type { UncertainCost } from './drawn-costs.ts';
import { contextAt } from './mode-options.ts';
import type { CostOption, PricedAt } from './option.ts';

/** A model that a mode buys by the token. */
export interface BoughtTier {
  readonly context: SizingContext;
  readonly tier: ModeTier;
  readonly sizing: VendorSizing;
  /** USD of one turn: every call, retries included. */
  readonly usdPerTurn: number;
  /** What a month of it is made of. */
  readonly parts: readonly UncertainCost[];
}

/** The vendor tiers among the modes, each price once; without token counts there is nothing to price. */
export function boughtTiersOf(contexts: readonly SizingContext[]): BoughtTier[] {
  const seen = new Set<string>();
  return contexts.flatMap((context) =>
    context.mode.tiers.flatMap((tier) => {
      const { sizing } = tier;
      if (sizing.kind !== 'vendor' || seen.has(sizing.priceId)) return [];
      seen.add(sizing.priceId);
      const volumes = computeVolumes(context);
      const buyer = { sizing, availabilityRatio: tier.replicaAvailabilityRatio };
      const lines = llmLines(buyer, context, volumes);
      const usd = lines.reduce((sum, { line }) => sum + line.usdPerMonth, 0);
      const parts = lines.map(({ line, factors }) => ({ usd: line.usdPerMonth, factors }));
      return lines.length === 0
        ? []
        : [{ context, tier, sizing, usdPerTurn: usd / volumes.turnsPerMonth, parts }];
    }),
  );
}

function priceBoughtAt(bought: BoughtTier, interactionsPerDay: number): PricedAt {
  const at = contextAt(bought.context, interactionsPerDay);
  const modelled = modelTier(bought.tier, at);
  if (modelled.kind === 'refused') return { kind: 'refused', reason: modelled.reason };
  const plan = sizeTier(modelled.value.model);
  if (plan.kind === 'refused') return { kind: 'refused', reason: plan.reason };
  const usdPerMonth = computeVolumes(at).turnsPerMonth * bought.usdPerTurn;
  return { kind: 'priced', usdPerMonth, units: plan.value.replicas };
}

/** A vendor's API by the token, up to the quotas that can be had. */
export function apiOption(bought: BoughtTier): CostOption {
  const { sizing, tier, context } = bought;
  const entry = context.catalogue.entries.get(sizing.priceId)?.entry;
  return {
    id: `api ${sizing.priceId}`,
    title: `${tier.service} by the token`,
    basis: 'catalogue',
    source: `${sizing.priceId}: ${entry?.source ?? ''}`,
    date: entry?.date,
    entryIds: [sizing.priceId, sizing.quotaId],
    priceAt: (perDay) => priceBoughtAt(bought, perDay),
  };
}

/** Tokens a minute that the busy hour sends to the vendor, retries included; undefined without token counts. */
export function busyTokenRate(bought: BoughtTier, interactionsPerDay: number): TokenRate | undefined {
  const { sizing, context } = bought;
  const tokens = callTokensOf(sizing, context);
  if (tokens === undefined) return undefined;
  const { demand, assumptions } = contextAt(context, interactionsPerDay);
  const callsPerMin =
    demand.sizingTurnsPerS * S_PER_MIN * sizing.llmCallsPerTurn * (1 + assumptions.retry.value);
  return {
    inputTokensPerMin: callsPerMin * tokens.input,
    cachedInputTokensPerMin: callsPerMin * tokens.cachedInput,
    outputTokensPerMin: callsPerMin * tokens.output,
  };
}
