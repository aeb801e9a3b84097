import type { ScaledTier, ScalingPolicyRow } from '../../vocabulary/plan-sections/autoscaling.ts';
import { percentFromRatio } from '../../vocabulary/units.ts';

/** `1 replica`, `2 replicas`. */
export const replicasWord = (count: number): string => `${count} replica${count === 1 ? '' : 's'}`;

const percent = (ratio: number): string => `${Number(percentFromRatio(ratio).toPrecision(3))} %`;

/** What a headroom in words is made from. */
export interface HeadroomWords {
  readonly staticReplicas: number | undefined;
  /** Floor under which the autoscaler keeps the objectives. */
  readonly floor: number | undefined;
  readonly minReplicas: number;
  /** The most that was looked at. */
  readonly most: number;
}

/** What fixed replicas would have to be, and from which floor an autoscaler does. */
export function headroomSentence({ staticReplicas, floor, minReplicas, most }: HeadroomWords): string {
  if (staticReplicas === undefined) {
    return `no fixed number up to ${most} keeps the objectives in every hour of the week`;
  }
  const keep = staticReplicas === 1 ? 'keeps' : 'keep';
  const instead = `${replicasWord(staticReplicas)} at all hours ${keep} the objectives with nothing lost`;
  if (floor === undefined) {
    return `${instead}; no floor lets an autoscaler keep them, since a replica starts too late`;
  }
  return floor === minReplicas
    ? `${instead}; an autoscaler keeps them from its minimum of ${floor} up`
    : `${instead}; an autoscaler keeps them when it never goes under ${floor}`;
}

/** Which policy is the cheapest that does, against `planned`, the first. */
export function cheapestSentence(
  policies: readonly ScalingPolicyRow[],
  cheapest: number | undefined,
  costOf: (policy: ScalingPolicyRow) => number,
): string {
  const [planned] = policies;
  const best = cheapest === undefined ? undefined : policies[cheapest];
  if (best === undefined || planned === undefined) {
    return 'no policy keeps the objectives in every hour of the simulated week';
  }
  if (best === planned) return `${planned.title}: nothing cheaper keeps the objectives in every hour`;
  const share = costOf(best) / costOf(planned);
  return `${best.title} keeps the objectives for ${percent(share)} of what the planned replicas cost at all hours`;
}

/** Whether an autoscaler keeps up when replicas start slowly. */
export function slowSentence(slow: NonNullable<ScaledTier['slowStart']>, title: string): string {
  const { startLagS, withinObjectives, lateRatio, rejectedRatio } = slow;
  const missed = `would miss them, with ${percent(lateRatio)} late and ${percent(rejectedRatio)} turned away`;
  return `with replicas that take ${startLagS} s to start, the ${title} ${withinObjectives ? 'keeps them too' : missed}`;
}

/** Which policies keep the objectives with zones gone. */
export function zoneSentence({ lostRatio, policies }: NonNullable<ScaledTier['zoneLoss']>): string {
  const missing = policies.filter(({ withinObjectives }) => !withinObjectives).map(({ title }) => title);
  const when = `with ${percent(lostRatio)} of the zones gone at the busiest hour`;
  return missing.length === 0
    ? `${when} fixed replicas and both autoscalers keep them`
    : `${when} they are missed by: ${missing.join(', ')}`;
}
