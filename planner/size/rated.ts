import type { ModeTier, RatedLimit } from '../../scenarios/mode.ts';
import { createDiagnostic, type Diagnostic } from '../../vocabulary/diagnostics.ts';
import { assertNever } from '../../vocabulary/errors.ts';
import type { Sourced, TierPlan } from '../../vocabulary/plan-file.ts';
import { percentFromRatio, S_PER_HOUR } from '../../vocabulary/units.ts';
import { shownRate } from '../calibrate/capacity.ts';
import { computeVolumes } from '../money/volumes.ts';
import { type Planned, planned, refuse } from '../refusal.ts';
import { sourced } from '../sourced.ts';
import type { ModelledTier, SizingContext } from './context.ts';
import type { LoadLimit } from './limits.ts';

type RatedSizing = Extract<ModeTier['sizing'], { kind: 'rated' }>;

/** A driver's amount in the busy hour, with its unit for messages. */
interface Driven {
  readonly amount: number;
  readonly words: string;
}

function egressGbPerHour(context: SizingContext): number {
  const { egressGb, turnsPerMonth } = computeVolumes(context);
  return (egressGb / turnsPerMonth) * context.demand.sizingTurnsPerS * S_PER_HOUR;
}

function drivenBy(limit: RatedLimit, context: SizingContext, sized: readonly TierPlan[]): Planned<Driven> {
  const { demand } = context;
  switch (limit.driver) {
    case 'turns-per-s':
      return planned({ amount: demand.sizingTurnsPerS, words: 'turns/s' });
    case 'interactions-per-s':
      return planned({
        amount: demand.sizingTurnsPerS / demand.turnsPerInteraction,
        words: 'interactions/s',
      });
    case 'turns-in-flight':
      return planned({ amount: demand.turnsInFlight, words: 'turns in flight' });
    case 'open-interactions':
      return planned({ amount: demand.openInteractions, words: 'open interactions' });
    case 'history-gb':
      return planned({ amount: computeVolumes(context).historyGb, words: 'GB of history' });
    case 'egress-gb-per-hour':
      return planned({ amount: egressGbPerHour(context), words: 'GB/h of answers' });
    case 'replicas-of': {
      const plan = sized.find(({ tier }) => tier === limit.tier);
      return plan === undefined
        ? refuse(
            `tier ${limit.tier} could not be sized, and another depends on its replicas`,
            'see that tier',
          )
        : planned({ amount: plan.replicas, words: `replicas of ${limit.tier}` });
    }
    default:
      return assertNever(limit.driver);
  }
}

function loadLimit(limit: RatedLimit, maxUtilisation: number, driven: Driven): LoadLimit {
  const demand = driven.amount * limit.perDriver;
  const perReplica = limit.carries * maxUtilisation;
  return {
    name: limit.name,
    demand,
    perReplica,
    explanation: `${shownRate(driven.amount)} ${driven.words} × ${shownRate(limit.perDriver)} = ${shownRate(demand)} ${limit.unit} ÷ ${shownRate(perReplica)} at ${shownRate(percentFromRatio(maxUtilisation))} % of ${shownRate(limit.carries)}`,
    measuredAs: 'none',
    ...(limit.driver === 'history-gb' ? { fromVolume: true } : {}),
  };
}

/** The rated limits of a tier as loads, or the tier whose replicas one of them waits for. */
export function ratedLimits(
  limits: readonly RatedLimit[],
  maxUtilisation: number,
  context: SizingContext,
  sized: readonly TierPlan[],
): Planned<LoadLimit[]> {
  const loads: LoadLimit[] = [];
  for (const limit of limits) {
    const driven = drivenBy(limit, context, sized);
    if (driven.kind === 'refused') return driven;
    loads.push(loadLimit(limit, maxUtilisation, driven.value));
  }
  return planned(loads);
}

/** What each replica is rated to carry, as figures of the plan. */
export const ratedFigures = (limits: readonly RatedLimit[], assumption: string): Sourced[] =>
  limits.map(({ name, carries, unit }) =>
    sourced(`${name}PerReplica`, carries, unit, { basis: 'assumed', source: assumption }),
  );

/** The doubt that goes with them. */
export const ratedAssumption = (assumption: string, tierId: string): Diagnostic =>
  createDiagnostic('ASSUMED_INPUT', `rated, not measured: ${assumption}`, tierId);

/**
 * A service by its rated limits: database writes, connections and disk, the open connections and traffic of a load
 * balancer. With copies, each share of the data has that many replicas, one of which carries its load.
 */
export function modelRated(
  tier: ModeTier,
  sizing: RatedSizing,
  context: SizingContext,
  sized: readonly TierPlan[],
): Planned<ModelledTier> {
  const { maxUtilisation, assumption, copies } = sizing;
  const limits = ratedLimits(sizing.limits, maxUtilisation, context, sized);
  if (limits.kind === 'refused') return limits;
  return planned({
    model: {
      tier,
      unit: tier.unit.name,
      limits: limits.value,
      minReplicas: tier.minReplicas,
      capacity: ratedFigures(sizing.limits, assumption),
      headroomRatio: 0,
      ...(copies === undefined ? {} : { group: { kind: 'copies' as const, units: copies } }),
    },
    diagnostics: [ratedAssumption(assumption, tier.id)],
  });
}
