import type { Basis } from '../../vocabulary/plan-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { PERCENT, sFromMs } from '../../vocabulary/units.ts';
import { soundPoints } from '../calibrate/capacity.ts';
import { basisOf, type Measurement } from '../calibrate/measurements.ts';
import type { MeasuredPoint, SloReading } from '../calibrate/points.ts';
import type { ModelledTier } from '../size/context.ts';
import { carriedBy } from '../size/limits.ts';
import { groupsLeft, groupsOf } from '../size/tier.ts';
import type { AllowedRatios } from './verdict.ts';
import type { ReplicaBehaviour } from './waiting-line.ts';

/** A replica of a tier as the simulation needs it, and what an autoscaler aims at. */
export interface TierReplica extends ReplicaBehaviour {
  readonly basis: Basis;
  readonly allowed: AllowedRatios;
  /** Turns/s of one replica that the sizing plans with: at the objectives less headroom, less what losses would add. */
  readonly plannedTurnsPerS: number;
}

interface LatePoint {
  readonly turnsPerS: number;
  readonly lateRatio: number;
}

/** Linear between measured rates, the first's and the last's beyond them. */
function interpolate(points: readonly LatePoint[]): (turnsPerS: number) => number {
  const [first] = points;
  if (first === undefined) return () => 0;
  return (turnsPerS) => {
    let before = first;
    for (const point of points) {
      if (turnsPerS <= point.turnsPerS) {
        const span = point.turnsPerS - before.turnsPerS;
        const share = span > 0 ? (turnsPerS - before.turnsPerS) / span : 1;
        return before.lateRatio + (point.lateRatio - before.lateRatio) * Math.max(0, share);
      }
      before = point;
    }
    return before.lateRatio;
  };
}

const isLatency = (reading: SloReading): boolean => reading.slo.kind === 'latency';

/** The latency objective that is nearest to being missed at the highest rate. */
function decidingReading(points: readonly MeasuredPoint[]): number | undefined {
  const readings = points.at(-1)?.readings ?? [];
  const strain = ({ exceedRatio, allowedRatio }: SloReading): number => exceedRatio / allowedRatio;
  return readings.reduce<number | undefined>((best, reading, index) => {
    if (!isLatency(reading)) return best;
    const held = best === undefined ? undefined : readings[best];
    return held === undefined || strain(reading) > strain(held) ? index : best;
  }, undefined);
}

/** Late ratio the objectives allow when none of them is about latency: none that waits counts as late. */
const NO_LATENCY_OBJECTIVE = 1;

export function allowedRatios(slos: readonly Slo[]): AllowedRatios {
  const latency = slos.flatMap((slo) => (slo.kind === 'latency' ? [1 - slo.percentile / PERCENT] : []));
  const errors = slos.flatMap((slo) => (slo.kind === 'error-ratio' ? [slo.limitRatio] : []));
  return {
    lateRatio: latency.length === 0 ? NO_LATENCY_OBJECTIVE : Math.max(...latency),
    rejectedRatio: errors.length === 0 ? undefined : Math.min(...errors),
  };
}

function lateShares(points: readonly MeasuredPoint[], allowed: AllowedRatios, scale: number): LatePoint[] {
  const index = decidingReading(points);
  if (index === undefined) return [];
  return points.flatMap((point) => {
    const reading = point.readings[index];
    if (reading === undefined) return [];
    const lateRatio = Math.min(1, (reading.exceedRatio / reading.allowedRatio) * allowed.lateRatio);
    return [{ turnsPerS: point.turnsPerS * scale, lateRatio }];
  });
}

interface BehaviourInput {
  readonly tier: ModelledTier;
  readonly slos: readonly Slo[];
  readonly maxWaitS: number;
  /** Median time of a turn at the lowest rate measured: no queue can be waited in during it. */
  readonly undisturbedMs: number;
  /** Replicas of the plan. */
  readonly replicas: number;
}

/** Waiting that the tightest objective on whole turns or first tokens leaves beside the time of an undisturbed turn. */
function spareWaitS({ slos, undisturbedMs, maxWaitS }: BehaviourInput): number {
  const limits = slos.flatMap((slo) =>
    slo.kind === 'latency' && /latency|firsttoken/i.test(slo.metric) ? [slo.limitMs] : [],
  );
  if (limits.length === 0) return maxWaitS;
  return Math.min(maxWaitS, Math.max(0, sFromMs(Math.min(...limits) - undisturbedMs)));
}

/** What one of `replicas` may carry so that those left after the planned losses carry all of it. */
function plannedPerReplica({ tier, replicas }: BehaviourInput): number {
  const { model } = tier;
  const [load] = model.limits;
  if (load === undefined) return 0;
  const carried = carriedBy(load, groupsLeft(model, replicas));
  return carried / groupsOf(model, replicas);
}

function fromMeasurement(
  input: BehaviourInput,
  measurement: Measurement,
  perUnit: number,
): TierReplica | undefined {
  const { capacity } = measurement.curve;
  if (capacity.kind === 'refused') return undefined;
  const points = soundPoints(measurement.curve);
  const scale = perUnit / measurement.result.target.replicas;
  const allowed = allowedRatios(input.slos);
  const late = lateShares(points, allowed, scale);
  const atObjectives = capacity.turnsPerS * scale;
  return {
    turnsPerSAtObjectives: atObjectives,
    maxTurnsPerS: Math.max(atObjectives, ...points.map(({ throughputPerS }) => throughputPerS * scale)),
    lateRatioAt: interpolate(late),
    lateWaitS: spareWaitS(input),
    maxWaitS: input.maxWaitS,
    basis: basisOf(measurement),
    allowed,
    plannedTurnsPerS: plannedPerReplica(input),
  };
}

/** Gateway processes take milliseconds of a turn: none is late until all of the core is busy. */
function fromCpu(input: BehaviourInput): TierReplica | undefined {
  const { model } = input.tier;
  const [load] = model.limits;
  const { sizing } = model.tier;
  if (load === undefined || sizing.kind !== 'gateway-cpu') return undefined;
  return {
    turnsPerSAtObjectives: load.perReplica,
    maxTurnsPerS: load.perReplica / sizing.maxUtilisation,
    lateRatioAt: () => 0,
    lateWaitS: spareWaitS(input),
    maxWaitS: input.maxWaitS,
    basis: 'measured',
    allowed: allowedRatios(input.slos),
    plannedTurnsPerS: plannedPerReplica(input),
  };
}

/** How a replica of the tier behaves at any load; undefined where nothing about that was measured. */
export function tierReplica(input: BehaviourInput): TierReplica | undefined {
  const { measurement, measuredReplicasPerUnit } = input.tier;
  return measurement === undefined || measuredReplicasPerUnit === undefined
    ? fromCpu(input)
    : fromMeasurement(input, measurement, measuredReplicasPerUnit);
}
