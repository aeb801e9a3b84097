import type { TierLimit } from '../../vocabulary/plan-file.ts';
import type { InputFactor } from '../uncertainty/ranges.ts';

/** Rounding slack: 4.0000000001 replicas are 4. */
const ROUNDING = 1e-9;

/** So many replicas, each of which carries this much. */
export interface LimitStep {
  readonly replicas: number;
  readonly perReplica: number;
}

/** A load that replicas share: each carries `perReplica` of `demand`. */
export interface LoadLimit {
  readonly name: Exclude<TierLimit['name'], 'minimum' | 'redundancy'>;
  readonly demand: number;
  readonly perReplica: number;
  /** `demand` and `perReplica` in words. */
  readonly explanation: string;
  /** The measurement whose interval applies to `perReplica`. */
  readonly measuredAs: 'capacity' | 'gatewayCpu' | 'none';
  /** Uncertain inputs that `demand` is multiplied by, beside what arrives. */
  readonly factors?: readonly InputFactor[];
  /** The demand is the volume of months, such as history at rest: a higher busy hour does not move it. */
  readonly fromVolume?: boolean;
  /**
   * Where replicas differ: in the order in which they are taken, the first of them `perReplica` each. Those beyond the
   * last step carry as much as those of the last.
   */
  readonly steps?: readonly LimitStep[];
}

/** Demand, and what a replica carries by each measurement, against the central case; all 1 is the plan itself. */
export interface Scale {
  readonly demand: number;
  readonly capacity: number;
  readonly gatewayCpu: number;
}

export const CENTRAL: Scale = { demand: 1, capacity: 1, gatewayCpu: 1 };

const scaleOf = ({ measuredAs }: LoadLimit, scale: Scale): number =>
  measuredAs === 'none' ? 1 : scale[measuredAs];

/** More than anybody runs: counts end here, so that whole numbers stay whole and no search over them hangs. */
export const MOST_REPLICAS = 1e12;

/** Fewest replicas for what is left of a demand, at least `least`; the most that is counted where one carries nothing. */
function countFor(demand: number, perReplica: number, least: number): number {
  const exact = demand / perReplica;
  return exact >= 0 && exact < MOST_REPLICAS ? Math.max(least, Math.ceil(exact - ROUNDING)) : MOST_REPLICAS;
}

function countInSteps(steps: readonly LimitStep[], demand: number, factor: number): number {
  let taken = 0;
  let left = demand;
  for (const [index, { replicas, perReplica }] of steps.entries()) {
    const needed = countFor(left, perReplica * factor, 0);
    if (needed <= replicas || index === steps.length - 1) return Math.max(1, taken + needed);
    taken += replicas;
    left -= replicas * perReplica * factor;
  }
  return Math.max(1, taken);
}

/** Replicas that one limit asks for; at least one. */
export function requiredFor(limit: LoadLimit, scale: Scale = CENTRAL): number {
  const factor = scaleOf(limit, scale);
  const demand = limit.demand * (limit.fromVolume === true ? 1 : scale.demand);
  return limit.steps === undefined
    ? countFor(demand, limit.perReplica * factor, 1)
    : countInSteps(limit.steps, demand, factor);
}

/** How much of the limit's load so many replicas carry. */
export function carriedBy(limit: LoadLimit, replicas: number): number {
  const { steps, perReplica } = limit;
  if (steps === undefined) return replicas * perReplica;
  let left = replicas;
  let carried = 0;
  for (const [index, step] of steps.entries()) {
    const taken = index === steps.length - 1 ? left : Math.min(left, step.replicas);
    carried += taken * step.perReplica;
    left -= taken;
  }
  return carried;
}

/**
 * Load that can be added before so many replicas are too few by this limit, as a share of its load; 0 or more, and no
 * more than is counted. Undefined where there is no load.
 */
export const slackBy = (limit: LoadLimit, replicas: number): number | undefined =>
  limit.demand > 0
    ? Math.min(MOST_REPLICAS, Math.max(0, carriedBy(limit, replicas) / limit.demand - 1))
    : undefined;
