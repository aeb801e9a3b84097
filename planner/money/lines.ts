import type { ModePrice, ModeTier } from '../../scenarios/mode.ts';
import type { TierPlan } from '../../vocabulary/plan-file.ts';
import { HOURS_PER_MONTH } from '../../vocabulary/units.ts';
import type { Assumptions } from '../demand/assumptions.ts';
import { figureOf, optionalFigure, type SizingContext } from '../size/context.ts';
import {
  costLine,
  type DrivenLine,
  type LineDriver,
  type PricedLine,
  priceSource,
  rangeFactors,
  uncertainFactors,
} from './cost-line.ts';
import { computeGraduatedUsd, trafficSteps } from './graduated.ts';
import { llmLines } from './llm-lines.ts';
import { ownGpuLines } from './own-gpu.ts';
import { voiceLines } from './voice-lines.ts';
import { computeIdleRatio, computeVolumes, quantityOf, type Volumes } from './volumes.ts';

function unitLines(tier: ModeTier, replicas: number, context: SizingContext): PricedLine[] {
  const { unit } = tier;
  if (unit.kind === 'owned-gpu-node') return ownGpuLines(unit, replicas, context);
  if (unit.kind !== 'instance') return [];
  const price = figureOf(context, unit.priceId, 'usdPerHour');
  const line = costLine({
    line: unit.name,
    category: 'compute',
    quantity: replicas * HOURS_PER_MONTH,
    unit: 'instance-hours',
    unitPriceUsd: price.value,
    ...priceSource(price),
  });
  return [{ line, factors: rangeFactors(price) }];
}

const DRIVERS: Readonly<Record<ModePrice['per'], LineDriver>> = {
  mode: 'fixed',
  zone: 'fixed',
  replica: 'replicas',
  'egress-gb': 'volume',
  'vendor-egress-gb': 'volume',
  'log-gb': 'volume',
  'history-gb-month': 'volume',
  'history-gb-month-per-replica': 'volume',
  lcu: 'volume',
};

/** The bytes per turn that a volume is made of. */
const BYTES = {
  'egress-gb': 'egressBytesPerTurn',
  'vendor-egress-gb': 'vendorEgressBytesPerTurn',
  'log-gb': 'logBytesPerTurn',
  'history-gb-month': 'historyBytesPerTurn',
  'history-gb-month-per-replica': 'historyBytesPerTurn',
  mode: undefined,
  zone: undefined,
  replica: undefined,
  lcu: undefined,
} as const satisfies Record<ModePrice['per'], keyof Assumptions | undefined>;

/** Mean price of a unit: traffic by the GB becomes cheaper in steps where the entry says so. */
function unitPriceUsd(cost: ModePrice, quantity: number, context: SizingContext): number {
  const price = figureOf(context, cost.priceId, cost.field).value;
  if (cost.field !== 'usdPerGb' || quantity === 0) return price;
  const steps = trafficSteps({
    usdPerGb: price,
    next40TbUsdPerGb: optionalFigure(context.catalogue, cost.priceId, 'next40TbUsdPerGb')?.value,
    next100TbUsdPerGb: optionalFigure(context.catalogue, cost.priceId, 'next100TbUsdPerGb')?.value,
  });
  return computeGraduatedUsd(quantity, steps) / quantity;
}

/** Whole copies of the data: every replica has one, or where the data is divided each share has so many. */
const copiesOf = ({ sizing }: ModeTier, { replicas }: TierPlan): number =>
  sizing.kind === 'rated' ? (sizing.copies ?? replicas) : replicas;

function priceLine(cost: ModePrice, tier: ModeTier, plan: TierPlan, context: SizingContext): DrivenLine {
  const price = figureOf(context, cost.priceId, cost.field);
  const counts = { replicas: plan.replicas, zones: tier.zones, copies: copiesOf(tier, plan) };
  const used = quantityOf(cost.per, computeVolumes(context), counts);
  const line = costLine({
    line: cost.line,
    category: cost.category,
    ...used,
    unitPriceUsd: unitPriceUsd(cost, used.quantity, context),
    ...priceSource(price),
  });
  const bytes = BYTES[cost.per];
  const factors = [
    ...rangeFactors(price),
    ...(bytes === undefined ? [] : uncertainFactors(context.assumptions[bytes])),
  ];
  return { line, factors, tier: tier.id, driver: DRIVERS[cost.per] };
}

/** What grows with replicas stands partly idle over the month; what grows with nothing is shared by all. */
function allocated(driven: DrivenLine, tier: ModeTier, plan: TierPlan, context: SizingContext): DrivenLine {
  const line = { ...driven.line, tier: tier.id };
  // A decided number of replicas does not follow the load, so none of it is idle for want of load.
  const fixed = driven.driver === 'fixed' || (driven.driver === 'replicas' && tier.sizing.kind === 'fixed');
  if (fixed) return { ...driven, line: { ...line, shared: true } };
  if (driven.driver !== 'replicas') return { ...driven, line };
  const idleRatio = computeIdleRatio(plan.utilisation, context.demand);
  return { ...driven, line: { ...line, idleRatio } };
}

function tierLines(tier: ModeTier, plan: TierPlan, context: SizingContext, volumes: Volumes): DrivenLine[] {
  const driven = (driver: LineDriver) => (priced: PricedLine) => ({ ...priced, tier: tier.id, driver });
  const { sizing, replicaAvailabilityRatio: availabilityRatio } = tier;
  const { providers } = plan;
  const llm =
    sizing.kind === 'vendor' ? llmLines({ sizing, availabilityRatio, providers }, context, volumes) : [];
  return [
    ...unitLines(tier, plan.replicas, context).map(driven('replicas')),
    ...tier.costs.map((cost) => priceLine(cost, tier, plan, context)),
    ...llm.map(driven('volume')),
  ].map((line) => allocated(line, tier, plan, context));
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
    source: `hours set by the mode; ${operatorUsdPerHour.figure.source}`,
    date: operatorUsdPerHour.figure.date,
  });
  return [
    {
      line: { ...operators, shared: true },
      factors: uncertainFactors(operatorUsdPerHour),
      tier: undefined,
      driver: 'fixed',
    },
    { line: escalated, factors: [], tier: undefined, driver: 'people' },
  ];
}

/** Every cost of a mode per month, at the central value of each input. */
export function computeCostLines(plans: readonly TierPlan[], context: SizingContext): DrivenLine[] {
  const volumes = computeVolumes(context);
  const tiers = context.mode.tiers.flatMap((tier, index) => {
    const plan = plans[index];
    return plan === undefined ? [] : tierLines(tier, plan, context, volumes);
  });
  return [...tiers, ...voiceLines(context, volumes), ...peopleLines(context, volumes)];
}
