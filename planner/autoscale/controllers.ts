import { assertNever } from '../../vocabulary/errors.ts';
import { type PodReading, replicasForTotal, replicasForUtilisation } from './replica-calculator.ts';
import { applyScalingRules, createScalingMemory, type ScalingRules } from './scaling-rules.ts';

/** A number of replicas that never changes. */
interface StaticPolicy {
  readonly kind: 'static';
  readonly replicas: number;
}

interface AutoscalerTiming {
  readonly rules: ScalingRules;
  readonly toleranceRatio: number;
  /** From one look at the metric to the next. */
  readonly syncS: number;
  /** The metric is a mean over so many seconds, and known so many later. */
  readonly metricWindowS: number;
  readonly metricLagS: number;
}

/** Utilisation of the ready replicas, which cannot show more than all of what they have. */
export interface HpaPolicy extends AutoscalerTiming {
  readonly kind: 'hpa';
  /** Busy share of a replica, of the most that it completes, that is held. */
  readonly targetRatio: number;
}

/** Arrivals of the whole tier per replica: what is turned away and what waits count too. */
export interface KedaPolicy extends AutoscalerTiming {
  readonly kind: 'keda';
  readonly targetTurnsPerS: number;
  /** From none to one, where `rules.minReplicas` is 0: looked at so often, and back so long after the last arrival. */
  readonly pollS: number;
  readonly cooldownS: number;
}

/** Replicas by the clock, whatever arrives: what KEDA calls cron. The schedule begins again after its end. */
export interface SchedulePolicy {
  readonly kind: 'schedule';
  readonly slotS: number;
  readonly replicasBySlot: readonly number[];
  readonly syncS: number;
  /** Nothing is looked at. */
  readonly metricWindowS: number;
  readonly metricLagS: number;
}

export type Autoscaler = HpaPolicy | KedaPolicy | SchedulePolicy;
export type ScalingPolicy = StaticPolicy | Autoscaler;

/** The metrics at a sync, each over the window of the policy. */
export interface MetricReading extends PodReading {
  /** Served ÷ what the ready replicas could have completed; 0 where none was ready. */
  readonly utilisation: number;
  readonly arrivedPerS: number;
  /** Seconds since anything arrived. */
  readonly quietS: number;
}

/** Decides on replicas at each sync, and remembers what it must. */
export type Controller = (reading: MetricReading, nowS: number) => number;

function createHpa(policy: HpaPolicy): Controller {
  const memory = createScalingMemory();
  return (reading, nowS) => {
    const replicas = replicasForUtilisation(reading, reading.utilisation, policy);
    return applyScalingRules(memory, policy.rules, { atS: nowS, replicas }, reading.replicas);
  };
}

function createKeda(policy: KedaPolicy): Controller {
  const memory = createScalingMemory();
  const { rules, targetTurnsPerS: targetPerReplica, toleranceRatio } = policy;
  const toZero = rules.minReplicas === 0;
  // The autoscaler that KEDA drives never goes below one; to none and back is KEDA's own doing.
  const upFromOne: ScalingRules = { ...rules, minReplicas: Math.max(1, rules.minReplicas) };
  return (reading, nowS) => {
    if (reading.replicas === 0) return reading.quietS < policy.pollS && nowS % policy.pollS === 0 ? 1 : 0;
    if (toZero && reading.quietS >= policy.cooldownS) return 0;
    const replicas = replicasForTotal(reading, reading.arrivedPerS, { targetPerReplica, toleranceRatio });
    return applyScalingRules(memory, upFromOne, { atS: nowS, replicas }, reading.replicas);
  };
}

const createSchedule =
  ({ slotS, replicasBySlot }: SchedulePolicy): Controller =>
  (reading, nowS) =>
    replicasBySlot[Math.floor(nowS / slotS) % replicasBySlot.length] ?? reading.replicas;

/** The controller of a policy; undefined for replicas that never change. */
export function createController(policy: ScalingPolicy): Controller | undefined {
  switch (policy.kind) {
    case 'static':
      return undefined;
    case 'hpa':
      return createHpa(policy);
    case 'keda':
      return createKeda(policy);
    case 'schedule':
      return createSchedule(policy);
    default:
      return assertNever(policy);
  }
}
