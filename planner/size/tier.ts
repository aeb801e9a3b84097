import type { ModeTier } from '../../scenarios/mode.ts';
import type { Sourced, TierLimit, TierPlan } from '../../vocabulary/plan-file.ts';
import { type Planned, planned, type Refusal, refuse } from '../refusal.ts';
import {
  CENTRAL,
  carriedBy,
  type LoadLimit,
  MOST_REPLICAS,
  requiredFor,
  type Scale,
  slackBy,
} from './limits.ts';
import { computeSurvivors, type Survival, sizeRedundancy } from './redundancy.ts';

export type { LimitStep, LoadLimit, Scale } from './limits.ts';

/**
 * Units that only together are one replica of the load: `spanning` nodes of one tensor-parallel group, which lie in one
 * zone and fail together; `copies` of the same data, of which one serves and any other takes over.
 */
export interface UnitGroup {
  readonly kind: 'spanning' | 'copies';
  readonly units: number;
}

/** A vendor of a tier, what share of its calls the accounts it has carry, and how likely it answers. */
export interface TierProvider {
  readonly service: string;
  readonly priceId: string;
  /** Share of the busy hour's calls that one account carries within its quotas. */
  readonly callsRatioPerAccount: number;
  readonly maxAccounts: number;
  readonly availabilityRatio: number;
}

/** Everything that decides how many replicas a tier has. */
export interface TierModel {
  readonly tier: ModeTier;
  readonly unit: string;
  /** What one unit carries, or one group of units where there are groups. */
  readonly limits: readonly LoadLimit[];
  readonly minReplicas: number;
  readonly capacity: readonly Sourced[];
  /** Share of the raw capacity that `perReplica` of the first limit leaves unused on purpose. */
  readonly headroomRatio: number;
  readonly group?: UnitGroup;
  readonly providers?: readonly TierProvider[];
}

const survivalOf = (tier: ModeTier): Survival => ({
  zones: tier.zones,
  zonesLost: tier.survives.zones,
  replicasLost: tier.survives.replicas,
});

const unitsOf = ({ group }: TierModel): number => group?.units ?? 1;

/** Groups that are needed, losses included: copies survive by themselves, groups that span nodes must be spare. */
function redundantGroups(model: TierModel, groups: number): number {
  return model.group?.kind === 'copies' ? groups : sizeRedundancy(groups, survivalOf(model.tier));
}

const fixedReplicas = ({ tier }: TierModel): number =>
  tier.sizing.kind === 'fixed' ? tier.sizing.replicas : 0;

/** Replicas of a tier of which so many groups must carry the load, losses, minimum and whole groups included. */
export function replicasForGroups(model: TierModel, groups: number): number {
  const units = unitsOf(model);
  const redundant = model.limits.length === 0 ? 0 : redundantGroups(model, groups) * units;
  const least = Math.ceil(Math.max(model.minReplicas, fixedReplicas(model)) / units) * units;
  return Math.max(redundant, least);
}

/** Replicas that carry the load with nothing lost, and with the planned losses and the minimum. */
export function computeReplicas(
  model: TierModel,
  scale: Scale = CENTRAL,
): { readonly replicasForLoad: number; readonly replicas: number } {
  let groups = 0;
  for (const limit of model.limits) groups = Math.max(groups, requiredFor(limit, scale));
  const serving = model.group?.kind === 'copies' ? groups : groups * unitsOf(model);
  return {
    replicasForLoad: Math.max(fixedReplicas(model), serving),
    replicas: replicasForGroups(model, groups),
  };
}

/** Whole groups of so many replicas. */
export const groupsOf = (model: TierModel, replicas: number): number => Math.floor(replicas / unitsOf(model));

/** Groups that are left of so many replicas after the planned losses. */
export function groupsLeft(model: TierModel, replicas: number): number {
  const groups = groupsOf(model, replicas);
  return model.group?.kind === 'copies' ? groups : computeSurvivors(groups, survivalOf(model.tier));
}

/** Units that are left after the planned losses. A copy is lost in each lost zone, and each lost replica is one. */
function unitsLeft(model: TierModel, replicas: number): number {
  return model.group?.kind === 'spanning'
    ? groupsLeft(model, replicas) * model.group.units
    : computeSurvivors(replicas, survivalOf(model.tier));
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function lossWords(tier: ModeTier): string {
  const { zones, replicas } = tier.survives;
  const parts = [
    ...(zones > 0 ? [`${zones} of ${plural(tier.zones, 'zone')}`] : []),
    ...(replicas > 0 ? [plural(replicas, 'replica')] : []),
  ];
  return parts.join(' and ');
}

function redundancyRow(model: TierModel, replicasForLoad: number): TierLimit {
  const { tier } = model;
  const units = unitsOf(model);
  if (model.group?.kind === 'copies') {
    return {
      name: 'redundancy',
      requiredReplicas: replicasForLoad * units,
      explanation: `${replicasForLoad} × ${units} copies, so that one of each is left after losing ${lossWords(tier)}`,
    };
  }
  return {
    name: 'redundancy',
    requiredReplicas: redundantGroups(model, replicasForLoad / units) * units,
    explanation: `${replicasForLoad} must remain after losing ${lossWords(tier)}`,
  };
}

function limitRows(model: TierModel, replicasForLoad: number, replicas: number): TierLimit[] {
  const { tier } = model;
  const units = model.group?.kind === 'spanning' ? model.group.units : 1;
  const left = groupsLeft(model, replicas);
  const rows: TierLimit[] = model.limits.map((limit) => {
    const slackRatio = slackBy(limit, left);
    return {
      name: limit.name,
      requiredReplicas: requiredFor(limit) * units,
      explanation: limit.explanation,
      ...(slackRatio === undefined ? {} : { slackRatio }),
    };
  });
  rows.push({
    name: 'minimum',
    requiredReplicas: Math.max(model.minReplicas, tier.sizing.kind === 'fixed' ? tier.sizing.replicas : 0),
    explanation: tier.sizing.kind === 'fixed' ? tier.sizing.reason : 'the least that the mode runs',
  });
  const lossesPlanned = tier.survives.zones + tier.survives.replicas > 0;
  if (model.limits.length > 0 && lossesPlanned) rows.push(redundancyRow(model, replicasForLoad));
  return rows;
}

interface Binding {
  /** For tables: `load`, `minimum`, `kv with redundancy`. */
  readonly name: string;
  /** The figures behind it. */
  readonly explanation: string;
}

/** The limit that asks for most; what drives the load is named with redundancy, since both must grow together. */
function bindingOf(rows: readonly TierLimit[]): Binding {
  const driver = largest(rows.filter(({ name }) => name !== 'minimum' && name !== 'redundancy'));
  const binding = largest(rows);
  if (binding === undefined) return { name: 'none', explanation: 'nothing limits this tier' };
  if (driver === undefined || binding.name === 'minimum') return binding;
  const redundancy = rows.find(({ name }) => name === 'redundancy');
  if (redundancy === undefined || redundancy.requiredReplicas === driver.requiredReplicas) return driver;
  return {
    name: `${driver.name} with redundancy`,
    explanation: `${driver.explanation}; ${redundancy.explanation}`,
  };
}

/** The row that asks for most; of equals the one with least slack, since it asks for more first. */
const largest = (rows: readonly TierLimit[]): TierLimit | undefined =>
  rows.reduce<TierLimit | undefined>((best, row) => {
    if (best === undefined || row.requiredReplicas > best.requiredReplicas) return row;
    if (row.requiredReplicas < best.requiredReplicas || row.name === 'redundancy') return best;
    return (row.slackRatio ?? Number.POSITIVE_INFINITY) < (best.slackRatio ?? Number.POSITIVE_INFINITY)
      ? row
      : best;
  }, undefined);

/** Load that can be added before another replica is needed, as a share of the plan's load; 0 for fixed tiers. */
function slackOf(rows: readonly TierLimit[]): number {
  const ratios = rows.flatMap(({ slackRatio }) => (slackRatio === undefined ? [] : [slackRatio]));
  return ratios.length === 0 ? 0 : Math.min(...ratios);
}

/** Busy share of so many groups in the busy hour: the largest over the limits. */
function utilisationOf(model: TierModel, groups: number): number {
  const shares = model.limits
    .filter(({ demand }) => demand > 0)
    .map((limit) => {
      const kept = limit.measuredAs === 'capacity' ? 1 - model.headroomRatio : 1;
      return (limit.demand * kept) / carriedBy(limit, groups);
    });
  return Math.max(0, ...shares);
}

/** Accounts by provider, in the order in which they fill, with the share of calls that each takes. */
function providerRows(model: TierModel, accounts: number): TierPlan['providers'] {
  let left = accounts;
  let calls = 1;
  return model.providers?.map(({ service, priceId, maxAccounts, callsRatioPerAccount }) => {
    const own = Math.min(left, maxAccounts);
    const callsRatio = Math.min(calls, own * callsRatioPerAccount);
    left -= own;
    calls -= callsRatio;
    return { service, priceId, accounts: own, callsRatio };
  });
}

/** Undefined where the mode can have so many. */
function tooMany(model: TierModel, replicas: number, rows: readonly TierLimit[]): Refusal | undefined {
  const { tier } = model;
  if (replicas >= MOST_REPLICAS) {
    return refuse(
      `tier ${tier.id} needs more than ${MOST_REPLICAS} × ${model.unit} (${bindingOf(rows).explanation})`,
      `look for a mistake of unit in what a replica of ${tier.id} carries, or in the demand`,
    );
  }
  if (tier.maxReplicas === undefined || replicas <= tier.maxReplicas) return undefined;
  return refuse(
    `tier ${tier.id} needs ${replicas} × ${model.unit} and the mode allows ${tier.maxReplicas} (${bindingOf(rows).explanation})`,
    `raise maxReplicas of ${tier.id}, use a larger unit and measure on it, or choose another mode`,
  );
}

/** The sized tier, or a refusal when it cannot have as many replicas as it needs. */
export function sizeTier(model: TierModel): Planned<TierPlan> {
  const { tier } = model;
  const { replicas, replicasForLoad } = computeReplicas(model);
  const rows = limitRows(model, replicasForLoad, replicas);
  const refusal = tooMany(model, replicas, rows);
  if (refusal !== undefined) return refusal;
  const providers = providerRows(model, replicas);
  const left = groupsLeft(model, replicas);
  return planned({
    tier: tier.id,
    service: tier.service,
    unit: model.unit,
    replicas,
    replicasForLoad,
    limits: rows,
    bindingConstraint: bindingOf(rows).name,
    slackRatio: slackOf(rows),
    utilisation: utilisationOf(model, groupsOf(model, replicas)),
    capacity: [...model.capacity],
    ...(tier.survives.zones + tier.survives.replicas === 0
      ? {}
      : {
          whenLost: { replicas: unitsLeft(model, replicas), utilisation: utilisationOf(model, left) },
        }),
    ...(providers === undefined ? {} : { providers }),
  });
}
