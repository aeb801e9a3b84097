import { findLlmPrice } from '../../scenarios/catalogue.ts';
import type { ModeTier } from '../../scenarios/mode.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { CostLine, TierPlan } from '../../vocabulary/plan-file.ts';
import { HOURS_PER_MONTH, TOKENS_PER_PRICE_UNIT } from '../../vocabulary/units.ts';
import { measuredTokensPerTurn } from '../demand/tokens.ts';
import { figureOf, type SizingContext } from '../size/context.ts';
import type { VendorSizing } from '../size/vendor.ts';
import { costLine, type DrivenLine, priceSource } from './cost-line.ts';
import { ownGpuLines } from './own-gpu.ts';
import { type CallTokens, disputedRange, pricesForInput } from './token-cost.ts';
import { computeVolumes, quantityOf, type Volumes } from './volumes.ts';

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

function llmLines(sizing: VendorSizing, context: SizingContext, volumes: Volumes): CostLine[] {
  const tokens = callTokensOf(sizing, context);
  if (tokens === undefined) return [];
  const price = unwrap(findLlmPrice(context.catalogue, sizing.priceId));
  const prices = pricesForInput(price, tokens.input);
  const calls = volumes.turnsPerMonth * sizing.llmCallsPerTurn * (1 + context.assumptions.retry.value);
  const millions = (perCall: number): number => (calls * perCall) / TOKENS_PER_PRICE_UNIT;
  const common = {
    category: 'llm' as const,
    unit: 'million tokens',
    basis: 'catalogue' as const,
    source: `${price.id}: ${price.source}`,
    date: price.date,
  };
  return [
    costLine({
      ...common,
      line: `${price.model} input`,
      quantity: millions(tokens.input - tokens.cachedInput),
      unitPriceUsd: prices.inputUsdPerMTokens,
    }),
    costLine({
      ...common,
      line: `${price.model} cached input`,
      quantity: millions(tokens.cachedInput),
      unitPriceUsd: prices.cachedInputUsdPerMTokens,
    }),
    costLine({
      ...common,
      line: `${price.model} output`,
      quantity: millions(tokens.output),
      unitPriceUsd: prices.outputUsdPerMTokens,
    }),
  ];
}

function unitLines(tier: ModeTier, replicas: number, context: SizingContext): CostLine[] {
  const { unit } = tier;
  if (unit.kind === 'instance') {
    const price = figureOf(context, unit.priceId, 'usdPerHour');
    return [
      costLine({
        line: unit.name,
        category: 'compute',
        quantity: replicas * HOURS_PER_MONTH,
        unit: 'instance-hours',
        unitPriceUsd: price.value,
        ...priceSource(price),
      }),
    ];
  }
  return unit.kind === 'owned-gpu-node' ? ownGpuLines(unit, replicas, context) : [];
}

function tierLines(tier: ModeTier, plan: TierPlan, context: SizingContext, volumes: Volumes): DrivenLine[] {
  const units = unitLines(tier, plan.replicas, context).map((line) => ({
    line,
    tier: tier.id,
    driver: 'replicas' as const,
  }));
  const prices = tier.costs.map((cost) => {
    const price = figureOf(context, cost.priceId, cost.field);
    const { quantity, unit } = quantityOf(cost.per, volumes, plan.replicas);
    const line = costLine({
      line: cost.line,
      category: cost.category,
      quantity,
      unit,
      unitPriceUsd: price.value,
      ...priceSource(price),
    });
    return {
      line,
      tier: tier.id,
      driver: cost.per === 'replica' ? ('replicas' as const) : ('fixed' as const),
    };
  });
  const llm =
    tier.sizing.kind === 'vendor'
      ? llmLines(tier.sizing, context, volumes).map((line) => ({
          line,
          tier: tier.id,
          driver: 'llm' as const,
        }))
      : [];
  return [...units, ...prices, ...llm];
}

/** Escalations at the cost of a contact that a person handles, and the hours of those who run the machine. */
function peopleLines(context: SizingContext, volumes: Volumes): DrivenLine[] {
  const { escalation, humanContactUsd, operatorUsdPerHour } = context.assumptions;
  const escalated = costLine({
    line: 'contacts escalated to people',
    category: 'people',
    quantity: volumes.interactionsPerMonth * escalation.value,
    unit: 'contacts',
    unitPriceUsd: humanContactUsd.value,
    basis: humanContactUsd.figure.basis,
    source: humanContactUsd.figure.source,
    date: humanContactUsd.figure.date,
  });
  const operators = costLine({
    line: 'operators of the platform',
    category: 'operations',
    quantity: context.mode.operatorHoursPerMonth,
    unit: 'hours',
    unitPriceUsd: operatorUsdPerHour.value,
    basis: 'assumed',
    source: `hours set by the mode; ${operatorUsdPerHour.source}`,
  });
  return [
    { line: operators, tier: undefined, driver: 'fixed' },
    { line: escalated, tier: undefined, driver: 'people' },
  ];
}

/** Every cost of a mode per month, at the central value of each input. */
export function computeCostLines(plans: readonly TierPlan[], context: SizingContext): DrivenLine[] {
  const volumes = computeVolumes(context);
  const tiers = context.mode.tiers.flatMap((tier, index) => {
    const plan = plans[index];
    return plan === undefined ? [] : tierLines(tier, plan, context, volumes);
  });
  return [...tiers, ...peopleLines(context, volumes)];
}

/** Lowest and highest ÷ stated LLM cost over disputing sources, for the mode's vendor tier. */
export function llmPriceRange(context: SizingContext): { readonly low: number; readonly high: number } {
  for (const { sizing } of context.mode.tiers) {
    if (sizing.kind !== 'vendor') continue;
    const tokens = callTokensOf(sizing, context);
    if (tokens === undefined) continue;
    return disputedRange(unwrap(findLlmPrice(context.catalogue, sizing.priceId)), tokens);
  }
  return { low: 1, high: 1 };
}
