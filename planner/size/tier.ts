import type { ModeTier } from '../../scenarios/mode.ts';
import type { Sourced, TierLimit, TierPlan } from '../../vocabulary/plan-file.ts';
import { type Planned, planned, refuse } from '../refusal.ts';
import { computeSurvivors, type Survival, sizeRedundancy } from './redundancy.ts';

/** Rounding slack: 4.0000000001 replicas are 4. */
const ROUNDING = 1e-9;

/** A load that replicas share: each carries `perReplica` of `demand`. */
export interface LoadLimit {
  readonly name: 'load' | 'concurrency' | 'memory' | 'kv' | 'quota';
  readonly demand: number;
  readonly perReplica: number;
  /** `demand` and `perReplica` in words. */
  readonly explanation: string;
  /** The measurement whose interval applies to `perReplica`. */
  readonly measuredAs: 'capacity' | 'gatewayCpu' | 'none';
}

/** Everything that decides how many replicas a tier has. */
export interface TierModel {
  readonly tier: ModeTier;
  readonly unit: string;
  readonly limits: readonly LoadLimit[];
  readonly minReplicas: number;
  readonly capacity: readonly Sourced[];
  /** Share of the raw capacity that `perReplica` of the first limit leaves unused on purpose. */
  readonly headroomRatio: number;
}

/** Demand, and what a replica carries by each measurement, against the central case; all 1 is the plan itself. */
export interface Scale {
  readonly demand: number;
  readonly capacity: number;
  readonly gatewayCpu: number;
}

const CENTRAL: Scale = { demand: 1, capacity: 1, gatewayCpu: 1 };

const survivalOf = (tier: ModeTier): Survival => ({
  zones: tier.zones,
  zonesLost: tier.survives.zones,
  replicasLost: tier.survives.replicas,
});

function requiredFor(limit: LoadLimit, scale: Scale): number {
  const perReplica = limit.perReplica * (limit.measuredAs === 'none' ? 1 : scale[limit.measuredAs]);
  return Math.max(1, Math.ceil((limit.demand * scale.demand) / perReplica - ROUNDING));
}

/** Replicas that carry the load with nothing lost, and with the planned losses and the minimum. */
export function computeReplicas(
  model: TierModel,
  scale: Scale = CENTRAL,
): { readonly replicasForLoad: number; readonly replicas: number } {
  const fixed = model.tier.sizing.kind === 'fixed' ? model.tier.sizing.replicas : 0;
  const required = model.limits.map((limit) => requiredFor(limit, scale));
  const replicasForLoad = Math.max(fixed, ...required);
  const redundant =
    model.limits.length === 0 ? fixed : sizeRedundancy(replicasForLoad, survivalOf(model.tier));
  return { replicasForLoad, replicas: Math.max(redundant, model.minReplicas, fixed) };
}

function limitRows(model: TierModel, replicasForLoad: number): TierLimit[] {
  const { tier } = model;
  const rows: TierLimit[] = model.limits.map((limit) => ({
    name: limit.name,
    requiredReplicas: requiredFor(limit, CENTRAL),
    explanation: limit.explanation,
  }));
  rows.push({
    name: 'minimum',
    requiredReplicas: Math.max(model.minReplicas, tier.sizing.kind === 'fixed' ? tier.sizing.replicas : 0),
    explanation: tier.sizing.kind === 'fixed' ? tier.sizing.reason : 'the least that the mode runs',
  });
  if (model.limits.length > 0 && tier.survives.zones + tier.survives.replicas > 0) {
    rows.push({
      name: 'redundancy',
      requiredReplicas: sizeRedundancy(replicasForLoad, survivalOf(tier)),
      explanation: `${replicasForLoad} must remain after losing ${lossWords(tier)}`,
    });
  }
  return rows;
}

function lossWords(tier: ModeTier): string {
  const { zones, replicas } = tier.survives;
  const parts = [
    ...(zones > 0 ? [`${zones} of ${tier.zones} zones`] : []),
    ...(replicas > 0 ? [`${replicas} replica${replicas === 1 ? '' : 's'}`] : []),
  ];
  return parts.join(' and ');
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

const largest = (rows: readonly TierLimit[]): TierLimit | undefined =>
  rows.reduce<TierLimit | undefined>(
    (best, row) => (best === undefined || row.requiredReplicas > best.requiredReplicas ? row : best),
    undefined,
  );

/** Load that can be added before another replica is needed, as a share of the plan's load; 0 for fixed tiers. */
function slackOf(model: TierModel, replicas: number): number {
  if (model.limits.length === 0) return 0;
  const survivors = computeSurvivors(replicas, survivalOf(model.tier));
  const ratios = model.limits
    .filter(({ demand }) => demand > 0)
    .map(({ demand, perReplica }) => (survivors * perReplica) / demand - 1);
  return ratios.length === 0 ? 0 : Math.max(0, Math.min(...ratios));
}

/** Busy share of all replicas in the busy hour with nothing lost: the largest over the limits. */
function utilisationOf(model: TierModel, replicas: number): number {
  const shares = model.limits.map(({ demand, perReplica, measuredAs }) => {
    const raw = measuredAs === 'capacity' ? perReplica / (1 - model.headroomRatio) : perReplica;
    return demand / (raw * replicas);
  });
  return Math.max(0, ...shares);
}

/** The sized tier, or a refusal when it cannot have as many replicas as it needs. */
export function sizeTier(model: TierModel): Planned<TierPlan> {
  const { tier } = model;
  const { replicas, replicasForLoad } = computeReplicas(model);
  const rows = limitRows(model, replicasForLoad);
  if (tier.maxReplicas !== undefined && replicas > tier.maxReplicas) {
    return refuse(
      `tier ${tier.id} needs ${replicas} × ${model.unit} and the mode allows ${tier.maxReplicas} (${bindingOf(rows).explanation})`,
      `raise maxReplicas of ${tier.id}, use a larger unit and measure on it, or choose another mode`,
    );
  }
  return planned({
    tier: tier.id,
    service: tier.service,
    unit: model.unit,
    replicas,
    replicasForLoad,
    limits: rows,
    bindingConstraint: bindingOf(rows).name,
    slackRatio: slackOf(model, replicas),
    utilisation: utilisationOf(model, replicas),
    capacity: [...model.capacity],
  });
}
