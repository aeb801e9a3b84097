import type { ModeTier } from '../../../scenarios/mode.ts';
import type { Planned } from '../../refusal.ts';
import { figureOf, type ModelledTier, type SizingContext } from '../../size/context.ts';
import { modelTier } from '../../size/model-tier.ts';
import { sizeTier } from '../../size/tier.ts';
import { uncertainFactors } from '../cost-line.ts';
import { computeCapexUsdPerMonth, computeUsefulHourUsd, ownGpuLines } from '../own-gpu.ts';
import type { UncertainCost } from './drawn-costs.ts';
import { contextAt } from './mode-options.ts';

type OwnedNode = Extract<ModeTier['unit'], { kind: 'owned-gpu-node' }>;

/** A tier of own GPU nodes, with what its mode needs of people beside a mode without own hardware. */
export interface OwnTier {
  readonly context: SizingContext;
  readonly tier: ModeTier;
  readonly unit: OwnedNode;
  /** Operators' hours a month beyond those of the mode that buys its model. */
  readonly extraOperatorHours: number;
}

/** The tiers of own nodes among the modes. */
export function ownTiersOf(contexts: readonly SizingContext[], boughtOperatorHours: number): OwnTier[] {
  return contexts.flatMap((context) =>
    context.mode.tiers.flatMap((tier) =>
      tier.unit.kind === 'owned-gpu-node' && tier.role === 'inference'
        ? [
            {
              context,
              tier,
              unit: tier.unit,
              extraOperatorHours: Math.max(0, context.mode.operatorHoursPerMonth - boughtOperatorHours),
            },
          ]
        : [],
    ),
  );
}

export interface OwnNodes {
  readonly nodes: number;
  readonly modelled: ModelledTier;
}

/** Nodes for a volume with headroom and spares, or why it cannot be carried. */
export function nodesAt(own: OwnTier, interactionsPerDay: number): Planned<OwnNodes> {
  const modelled = modelTier(own.tier, contextAt(own.context, interactionsPerDay));
  if (modelled.kind === 'refused') return modelled;
  const plan = sizeTier(modelled.value.model);
  return plan.kind === 'refused'
    ? plan
    : { kind: 'planned', value: { nodes: plan.value.replicas, modelled: modelled.value } };
}

/** What a month of the nodes is made of: purchase, maintenance, energy, space, and the people they need. */
export function ownParts(own: OwnTier, nodes: number): UncertainCost[] {
  const { operatorUsdPerHour } = own.context.assumptions;
  const hardware = ownGpuLines(own.unit, nodes, own.context).map(({ line, factors }) => ({
    usd: line.usdPerMonth,
    factors,
  }));
  const staff = {
    usd: own.extraOperatorHours * operatorUsdPerHour.value,
    factors: uncertainFactors(operatorUsdPerHour),
  };
  return [...hardware, staff];
}

/** USD per month of the nodes. Idle ones cost the same. */
export const ownUsdPerMonth = (own: OwnTier, nodes: number): number =>
  ownParts(own, nodes).reduce((sum, { usd }) => sum + usd, 0);

/** USD of an hour of useful work on a node of the tier, kept `utilisationRatio` busy. */
export function usefulHourUsd(own: OwnTier, nodes: number, utilisationRatio: number): number {
  const { unit, context } = own;
  const read = (key: 'capex' | 'life' | 'power' | 'pue' | 'electricity' | 'colocation'): number =>
    figureOf(context, unit[key].id, unit[key].field).value;
  const capexUsd = read('capex');
  const kw = read('power');
  const staffUsd = own.extraOperatorHours * context.assumptions.operatorUsdPerHour.value;
  return computeUsefulHourUsd({
    capexUsd,
    lifeYears: read('life'),
    utilisationRatio,
    kw,
    pueRatio: read('pue'),
    usdPerKwh: read('electricity'),
    otherUsdPerMonth:
      computeCapexUsdPerMonth(capexUsd, 1) * unit.supportRatioPerYear +
      kw * read('colocation') +
      staffUsd / nodes,
  });
}
