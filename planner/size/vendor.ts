import { findEntry } from '../../scenarios/catalogue.ts';
import type { ModeTier } from '../../scenarios/mode.ts';
import { createDiagnostic } from '../../vocabulary/diagnostics.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { Sourced } from '../../vocabulary/plan-file.ts';
import { S_PER_MIN } from '../../vocabulary/units.ts';
import { shownRate } from '../calibrate/capacity.ts';
import { basisOf } from '../calibrate/measurements.ts';
import { measuredTokensPerTurn, type TokensPerTurn } from '../demand/tokens.ts';
import { type Planned, planned, refuse } from '../refusal.ts';
import { basisOfFigure, sourced, sourcedFromFigure } from '../sourced.ts';
import { figureOf, type ModelledTier, type SizingContext } from './context.ts';
import type { LoadLimit } from './tier.ts';

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

function limitOf(
  field: keyof typeof QUOTAS,
  sizing: VendorSizing,
  tokens: TokensPerTurn,
  context: SizingContext,
): LoadLimit {
  const figure = figureOf(context, sizing.quotaId, field);
  const turnsPerMin = context.demand.sizingTurnsPerS * S_PER_MIN * (1 + context.assumptions.retry.value);
  const demand = turnsPerMin * QUOTAS[field](tokens, sizing.llmCallsPerTurn);
  const perReplica = figure.value * sizing.maxUtilisation;
  return {
    name: 'quota',
    demand,
    perReplica,
    explanation: `${shownRate(demand)} ${figure.unit} ÷ ${shownRate(perReplica)} per account at ${sizing.maxUtilisation * 100} % of its limit`,
    measuredAs: 'none',
  };
}

function capacityFigures(sizing: VendorSizing, tokens: TokensPerTurn, context: SizingContext): Sourced[] {
  const measured = { basis: basisOf(context.reference), source: tokens.source };
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
      source: 'set by the mode',
    }),
  ];
}

/**
 * Accounts of a vendor that carry the busy hour within their request and token limits. Token counts are the measured
 * ones, with the measuring model's tokenizer; cached input is counted in full, as the stricter vendors do.
 */
export function modelVendor(
  tier: ModeTier,
  sizing: VendorSizing,
  context: SizingContext,
): Planned<ModelledTier> {
  const tokens = measuredTokensPerTurn(context.reference.result);
  if (tokens === undefined) {
    return refuse(
      `tier ${tier.id}: the result carries no input token counts, so neither quota use nor price is known`,
      'bench a target that reports token usage',
    );
  }
  const fields = quotaFields(context, sizing.quotaId);
  if (fields.length === 0) {
    return refuse(
      `tier ${tier.id}: ${sizing.quotaId} states no limit per minute`,
      'name a quota with requests or tokens per minute, or put your own limits in a catalogue file',
    );
  }
  const { target } = context.reference.result;
  const assumption = `tokens counted by the tokenizer of ${target.model ?? target.name} are taken as those of ${tier.service}; ${sizing.assumption}`;
  return planned({
    model: {
      tier: { ...tier, maxReplicas: Math.min(tier.maxReplicas ?? sizing.maxQuotas, sizing.maxQuotas) },
      unit: tier.unit.name,
      limits: fields.map((field) => limitOf(field, sizing, tokens, context)),
      minReplicas: tier.minReplicas,
      capacity: capacityFigures(sizing, tokens, context),
      headroomRatio: 0,
    },
    diagnostics: [createDiagnostic('ASSUMED_INPUT', assumption, tier.id)],
  });
}
