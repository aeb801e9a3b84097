import { PERCENT } from '../../vocabulary/units.ts';

/**
 * How the Kubernetes HorizontalPodAutoscaler turns a metric into a number of replicas
 * (kubernetes/pkg/controller/podautoscaler/replica_calculator.go, GetResourceReplicas and
 * GetExternalPerPodMetricReplicas).
 */

/** Rounding slack: 4.0000000001 replicas are 4. */
const ROUNDING = 1e-9;

/** Never the −0 that a ceiling makes of nothing. */
const roundUp = (replicas: number): number => Math.max(0, Math.ceil(replicas - ROUNDING));

/** What the controller sees of the pods at one sync. */
export interface PodReading {
  /** Asked for; `ready` + `starting`. */
  readonly replicas: number;
  readonly ready: number;
  /** Created and not yet able to answer, or ready for less than a window of the metric: they have none of their own. */
  readonly starting: number;
}

const isWithin = (ratio: number, toleranceRatio: number): boolean =>
  Math.abs(1 - ratio) <= toleranceRatio + ROUNDING;

/** The API reports utilisation in whole percent, cut off. */
const asReported = (ratio: number): number => Math.floor(ratio * PERCENT + ROUNDING) / PERCENT;

/**
 * Replicas for a mean utilisation of the ready pods (usage ÷ request) and its target. Starting pods count as using
 * nothing when the answer would be to add more, so that one overload is not answered twice; a recount that changes the
 * direction changes nothing. Within the tolerance nothing changes either.
 */
export function replicasForUtilisation(
  pods: PodReading,
  meanUtilisation: number,
  rules: { readonly targetRatio: number; readonly toleranceRatio: number },
): number {
  const { targetRatio, toleranceRatio } = rules;
  if (pods.ready === 0) return pods.replicas;
  const ratio = asReported(meanUtilisation) / targetRatio;
  if (pods.starting === 0 || ratio <= 1) {
    return isWithin(ratio, toleranceRatio) ? pods.replicas : roundUp(ratio * pods.ready);
  }
  const counted = pods.ready + pods.starting;
  const diluted = asReported((meanUtilisation * pods.ready) / counted) / targetRatio;
  if (diluted < 1 || isWithin(diluted, toleranceRatio)) return pods.replicas;
  return Math.max(pods.replicas, roundUp(diluted * counted));
}

/** Replicas for a metric of the whole tier, so much of it per replica; starting pods make no difference. */
export function replicasForTotal(
  pods: PodReading,
  total: number,
  rules: { readonly targetPerReplica: number; readonly toleranceRatio: number },
): number {
  const needed = total / rules.targetPerReplica;
  if (pods.replicas === 0) return roundUp(needed);
  return isWithin(needed / pods.replicas, rules.toleranceRatio) ? pods.replicas : roundUp(needed);
}
