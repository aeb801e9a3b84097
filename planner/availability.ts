import type { DeploymentMode } from '../scenarios/mode.ts';
import { computeBinomialCdf } from '../vocabulary/binomial.ts';
import type { TierPlan } from '../vocabulary/plan-file.ts';

/** Probability that at least `needed` of `replicas` are up, each up with `ratio`, independent of one another. */
export const computeTierAvailability = (replicas: number, needed: number, ratio: number): number =>
  computeBinomialCdf(replicas - needed, replicas, 1 - ratio);

/**
 * Product over the tiers of the probability that enough replicas for the busy hour are up. Independence is assumed;
 * a zone that takes several down at once makes the truth lower.
 */
export function computeModeAvailability(mode: DeploymentMode, plans: readonly TierPlan[]): number {
  return mode.tiers.reduce((product, tier, index) => {
    const plan = plans[index];
    if (plan === undefined || plan.replicas === 0) return product;
    // A fixed tier serves while one of its replicas does: its standby is not there for load.
    const needed = tier.sizing.kind === 'fixed' ? 1 : plan.replicasForLoad;
    return product * computeTierAvailability(plan.replicas, needed, tier.replicaAvailabilityRatio);
  }, 1);
}
