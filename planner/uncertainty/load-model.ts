import type { TierPlan } from '../../vocabulary/plan-file.ts';
import { capacityOf } from '../calibrate/capacity.ts';
import type { Measurement } from '../calibrate/measurements.ts';
import type { ModelledTier } from '../size/context.ts';
import { CENTRAL, carriedBy, type LoadLimit, requiredFor } from '../size/limits.ts';
import { groupsLeft, groupsOf, replicasForGroups, type TierModel } from '../size/tier.ts';
import { type Column, constantColumn, productOf } from './columns.ts';
import type { Term } from './inputs.ts';

/** By how much a load may grow before an objective is missed: all replicas up, and after the planned losses. */
interface Room {
  readonly allUp: number;
  readonly afterLosses: number;
}

/** A limit of a tier with the inputs that move it. */
interface DrawnLimit {
  readonly limit: LoadLimit;
  readonly terms: readonly Term[];
  readonly room: Room;
  readonly roomByObjective: readonly Room[];
}

/** A tier that can be sized again, draw by draw. */
export interface DrawnTier {
  readonly model: TierModel;
  readonly plan: TierPlan;
  readonly limits: readonly DrawnLimit[];
}

/**
 * What a measured replica carries at each objective alone, against what it carries at all of them. 1 where the points
 * do not say.
 */
export function capacityByObjective({ curve }: Measurement, objectives: number): number[] {
  const all = curve.capacity;
  return Array.from({ length: objectives }, (_, index) => {
    const points = curve.points.flatMap((point) => {
      const reading = point.readings[index];
      if (reading === undefined) return [];
      return [{ ...point, readings: [reading], withinLimits: reading.withinLimit }];
    });
    const one = capacityOf(points);
    if (all.kind === 'refused' || one.kind === 'refused') return 1;
    return Math.max(1, one.turnsPerS / all.turnsPerS);
  });
}

/**
 * Share of what a replica could carry that its limit keeps free on purpose. KV tokens keep nothing: above their bound an
 * engine preempts.
 */
function keptFreeRatio({ measuredAs, name }: LoadLimit, { tier, headroomRatio }: TierModel): number {
  if (measuredAs === 'capacity') return headroomRatio;
  return name !== 'kv' && 'maxUtilisation' in tier.sizing ? 1 - tier.sizing.maxUtilisation : 0;
}

const NO_LOAD = Number.POSITIVE_INFINITY;

function roomOf(limit: LoadLimit, model: TierModel, replicas: number): Room {
  const carries = (groups: number): number =>
    limit.demand > 0
      ? carriedBy(limit, groups) / (limit.demand * (1 - keptFreeRatio(limit, model)))
      : NO_LOAD;
  return { allUp: carries(groupsOf(model, replicas)), afterLosses: carries(groupsLeft(model, replicas)) };
}

const widened = ({ allUp, afterLosses }: Room, factor: number): Room => ({
  allUp: allUp * factor,
  afterLosses: afterLosses * factor,
});

interface TierParts {
  readonly sized: ModelledTier;
  readonly plan: TierPlan;
  readonly objectives: number;
  /** Inputs that the limit's load is multiplied by. */
  readonly termsOf: (limit: LoadLimit) => readonly Term[];
}

export function drawnTier({ sized, plan, objectives, termsOf }: TierParts): DrawnTier {
  const { model, measurement } = sized;
  const same = Array.from({ length: objectives }, () => 1);
  // One objective is all of them.
  const measured =
    measurement === undefined || objectives < 2 ? same : capacityByObjective(measurement, objectives);
  return {
    model,
    plan,
    limits: model.limits.map((planned) => {
      // Whether it is the peak or the volume that moves it is in the terms.
      const { fromVolume: _, ...limit } = planned;
      const room = roomOf(limit, model, plan.replicas);
      const factors = limit.measuredAs === 'capacity' ? measured : same;
      return {
        limit,
        terms: termsOf(planned),
        room,
        roomByObjective: factors.map((factor) => widened(room, factor)),
      };
    }),
  };
}

/** 1 in the draws in which an objective is missed, 0 in the others. */
export interface Misses {
  readonly allUp: Column;
  readonly afterLosses: Column;
}

/** A tier over the draws. */
export interface TierColumns {
  /** Replicas that each draw asks for, losses and minimum included. */
  readonly needed: Column;
  readonly missed: Misses;
  readonly missedByObjective: readonly Misses[];
}

const noMisses = (rows: number): Misses => ({
  allUp: new Float64Array(rows),
  afterLosses: new Float64Array(rows),
});

function addMisses(misses: Misses, load: Column, room: Room): void {
  for (let row = 0; row < load.length; row++) {
    const value = load[row] ?? 0;
    if (value > room.allUp) misses.allUp[row] = 1;
    if (value > room.afterLosses) misses.afterLosses[row] = 1;
  }
}

/** Replicas for so many groups that carry the load, each worked out once. */
function replicasByGroups(model: TierModel): (groups: number) => number {
  const known = new Map<number, number>();
  return (groups) => {
    const replicas = known.get(groups) ?? replicasForGroups(model, groups);
    known.set(groups, replicas);
    return replicas;
  };
}

/** Raises each row to the groups that this limit asks for. */
function raiseToRequired(groups: Column, limit: LoadLimit, load: Column): void {
  const scale = { ...CENTRAL };
  for (let row = 0; row < groups.length; row++) {
    scale.demand = load[row] ?? 1;
    const required = requiredFor(limit, scale);
    if (required > (groups[row] ?? 0)) groups[row] = required;
  }
}

/** Sizes the tier for every draw of the inputs, and holds the plan's replicas against each. */
export function evaluateTier(tier: DrawnTier, inputs: readonly Column[], rows: number): TierColumns {
  const missed = noMisses(rows);
  const missedByObjective = (tier.limits[0]?.roomByObjective ?? []).map(() => noMisses(rows));
  const groups = new Float64Array(rows);
  for (const { limit, terms, room, roomByObjective } of tier.limits) {
    const load = productOf(terms, inputs, rows);
    raiseToRequired(groups, limit, load);
    addMisses(missed, load, room);
    roomByObjective.forEach((own, index) => {
      const misses = missedByObjective[index];
      if (misses !== undefined) addMisses(misses, load, own);
    });
  }
  if (tier.limits.length === 0) {
    return { needed: constantColumn(rows, tier.plan.replicas), missed, missedByObjective };
  }
  return { needed: groups.map(replicasByGroups(tier.model)), missed, missedByObjective };
}
