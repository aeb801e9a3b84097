import { findLlmPrice } from '../../scenarios/catalogue.ts';
import { DAYS_PER_MONTH, TOKENS_PER_PRICE_UNIT } from '../../vocabulary/units.ts';
import type { CheckContext, Model } from './context.ts';
import { constant, over, plus, type Quantity, stated, sum, times } from './quantity.ts';
import { mainTier, needsOf } from './sizing.ts';

type Maybe = Quantity | undefined;
type Volume = CheckContext['claims']['volumes'][number];
type Line = NonNullable<CheckContext['claims']['bill']>['lines'][number];

/** Price per million tokens: stated, else that of the catalogue entry named. */
function priceOf(model: Model, { catalogue }: CheckContext, direction: 'input' | 'output'): Maybe {
  const own = stated(direction === 'input' ? model.inputUsdPerMTokens : model.outputUsdPerMTokens);
  if (own !== undefined || model.catalogueId === undefined) return own;
  const entry = findLlmPrice(catalogue, model.catalogueId);
  if (entry.kind === 'failed') return undefined;
  return constant(direction === 'input' ? entry.value.inputUsdPerMTokens : entry.value.outputUsdPerMTokens);
}

/** Cost of one interaction with a model by tokens × price; of both directions together, what is stated without prices. */
export function modelUsd(model: Model, context: CheckContext, direction?: 'input' | 'output'): Maybe {
  if (direction === undefined) {
    return (
      plus(modelUsd(model, context, 'input'), modelUsd(model, context, 'output')) ??
      plus(stated(model.inputUsd), stated(model.outputUsd)) ??
      stated(model.totalUsd)
    );
  }
  const tokens = direction === 'input' ? context.inputTokens : context.outputTokens;
  return times(times(tokens, priceOf(model, context, direction)), constant(1 / TOKENS_PER_PRICE_UNIT));
}

/** Σ share × cost over the models of the mix; undefined without a mix or with an unknown part. */
export function mixUsd(context: CheckContext): Maybe {
  const { mix, models } = context.claims;
  if (mix === undefined) return undefined;
  return sum(
    mix.parts.map((part) => {
      const model = models.find(({ name }) => name === part.model);
      return model === undefined ? undefined : times(stated(part.ratio), modelUsd(model, context));
    }),
  );
}

const costsOfModels = (context: CheckContext): Quantity[] =>
  context.claims.models.flatMap((model) => modelUsd(model, context) ?? []);

/** The model that costs least; undefined when none can be priced. */
export function cheapestModelUsd(context: CheckContext): Maybe {
  const costs = costsOfModels(context);
  return costs.length === 0 ? undefined : costs.reduce((best, next) => (next.low < best.low ? next : best));
}

/** The model that costs most. */
export function dearestModelUsd(context: CheckContext): Maybe {
  const costs = costsOfModels(context);
  return costs.length === 0 ? undefined : costs.reduce((best, next) => (next.high > best.high ? next : best));
}

/** Interactions a month of a row of volumes. */
export const perMonthOf = (volume: Volume): Maybe =>
  stated(volume.interactionsPerMonth) ?? times(stated(volume.interactionsPerDay), constant(DAYS_PER_MONTH));

/** Interactions a day of a row of volumes. */
export const perDayOf = (volume: Volume): Maybe =>
  stated(volume.interactionsPerDay) ?? over(stated(volume.interactionsPerMonth), constant(DAYS_PER_MONTH));

/** Instances that a volume takes: from the most to the least favourable case, never below the minimum. */
export function instancesForVolume(volume: Volume, context: CheckContext): Quantity {
  const perDay = perDayOf(volume);
  const needs = perDay === undefined ? [] : needsOf(perDay.high, context);
  if (needs.length === 0) return stated(mainTier(context)?.minInstances) ?? constant(1);
  const counts = needs.map(({ instances }) => instances);
  const from = needs.flatMap((need) => need.perDay.from);
  return { low: Math.min(...counts), high: Math.max(...counts), from };
}

/** A line for a whole deployment: an own one per instance; a shared one once, or for each node that its tier must have. */
function lineForAll(line: Line, instances: Quantity, context: CheckContext): Maybe {
  const usd = stated(line.usdPerMonth);
  const count = stated(line.count);
  if (line.shared === undefined) return times(usd, instances);
  const least = stated(context.claims.tiers.find(({ id }) => id === line.tier)?.minInstances);
  if (count !== undefined || least === undefined) return usd;
  const nodes: Quantity = { low: 1, high: Math.max(1, least.high), from: least.from };
  return times(usd, nodes);
}

/** The bill of a whole deployment with so many instances; undefined without one. */
export function billPerMonth(context: CheckContext, instances: Quantity): Maybe {
  const { bill } = context.claims;
  if (bill === undefined) return undefined;
  if (bill.per?.is === 'deployment') {
    return (
      stated(bill.totalUsdPerMonth) ?? sum(bill.lines.map((line) => lineForAll(line, instances, context)))
    );
  }
  return sum(bill.lines.map((line) => lineForAll(line, instances, context)));
}

/** Share of a category in the infrastructure bill of the smallest deployment. */
export function shareOfBill(category: string, context: CheckContext): Maybe {
  const { bill } = context.claims;
  if (bill === undefined) return undefined;
  const instances = stated(mainTier(context)?.minInstances) ?? constant(1);
  const of = (lines: readonly Line[]): Maybe =>
    sum(lines.map((line) => lineForAll(line, instances, context)));
  const own = of(bill.lines.filter((line) => line.category === category));
  const rest = of(bill.lines.filter((line) => line.category !== category));
  if (own === undefined || rest === undefined || own.high + rest.high === 0) return undefined;
  const from = [...own.from, ...rest.from];
  const shareOf = (part: number, others: number): number =>
    part + others === 0 ? 0 : part / (part + others);
  return { low: shareOf(own.low, rest.high), high: shareOf(own.high, rest.low), from };
}
