/**
 * The behaviour of an autoscaling/v2 HorizontalPodAutoscaler: how fast and how late a recommendation becomes a number
 * of replicas (kubernetes/pkg/controller/podautoscaler/horizontal.go, normalizeDesiredReplicasWithBehaviors).
 */

export interface ScalingRules {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Up by at most the larger of these in each `scaleUpPeriodS`: a share of what there was, and so many. */
  readonly scaleUpRatio: number;
  readonly scaleUpReplicas: number;
  readonly scaleUpPeriodS: number;
  /** Down only to the highest recommendation of so many seconds. */
  readonly scaleDownWindowS: number;
}

interface Recommendation {
  readonly atS: number;
  readonly replicas: number;
}

/** What the controller remembers between syncs. */
export interface ScalingMemory {
  /** Recommendations that can still be the highest of the window: newer and lower ones after older and higher. */
  readonly highest: Recommendation[];
  readonly added: { readonly atS: number; readonly replicas: number }[];
}

export const createScalingMemory = (): ScalingMemory => ({ highest: [], added: [] });

function remember(memory: ScalingMemory, recommendation: Recommendation, windowS: number): number {
  const { highest } = memory;
  while ((highest.at(-1)?.replicas ?? Number.POSITIVE_INFINITY) <= recommendation.replicas) highest.pop();
  highest.push(recommendation);
  while ((highest[0]?.atS ?? recommendation.atS) <= recommendation.atS - windowS && highest.length > 1) {
    highest.shift();
  }
  return highest[0]?.replicas ?? recommendation.replicas;
}

function scaleUpLimit(memory: ScalingMemory, rules: ScalingRules, current: number, nowS: number): number {
  const { added } = memory;
  while ((added[0]?.atS ?? nowS) <= nowS - rules.scaleUpPeriodS) added.shift();
  const atStart = current - added.reduce((sum, { replicas }) => sum + replicas, 0);
  return Math.max(Math.ceil(atStart * (1 + rules.scaleUpRatio)), atStart + rules.scaleUpReplicas);
}

/**
 * The replicas that a recommendation leads to now. Remembers it. A lower one gives way to the highest of the window, even
 * where the limit on growth has not let that one be reached yet.
 */
export function applyScalingRules(
  memory: ScalingMemory,
  rules: ScalingRules,
  recommendation: Recommendation,
  current: number,
): number {
  const { atS: nowS } = recommendation;
  const held = remember(memory, recommendation, rules.scaleDownWindowS);
  const wanted = recommendation.replicas >= current ? recommendation.replicas : held;
  const bounded = Math.min(rules.maxReplicas, Math.max(rules.minReplicas, wanted));
  if (bounded <= current) return bounded;
  const next = Math.max(current, Math.min(bounded, scaleUpLimit(memory, rules, current, nowS)));
  if (next > current) memory.added.push({ atS: nowS, replicas: next - current });
  return next;
}
