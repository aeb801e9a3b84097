import type { ScaledTier } from '../../vocabulary/plan-sections/autoscaling.ts';
import { S_PER_HOUR } from '../../vocabulary/units.ts';
import type { ScalingPolicy } from './controllers.ts';
import type { StartLags } from './fleet.ts';
import type { TierReplica } from './replica-behaviour.ts';
import { simulateFleet } from './simulate-fleet.ts';
import { isWithin } from './verdict.ts';
import type { TurnWeek } from './week-of-turns.ts';

/** What is needed to lose zones at the start of the busiest hour. */
export interface ZoneLossInput {
  readonly week: TurnWeek;
  readonly replica: TierReplica;
  readonly lags: StartLags;
  /** Share of the replicas in the zones that the plan survives losing. */
  readonly lostRatio: number;
  readonly initialReplicas: (turnsPerS: number) => number;
  readonly policies: readonly { readonly title: string; readonly policy: ScalingPolicy }[];
}

/** Hours simulated before the loss, so that an autoscaler stands where it would. */
const HOURS_BEFORE = 6;

type ZoneLoss = NonNullable<ScaledTier['zoneLoss']>;

function lossOf(
  input: ZoneLossInput,
  policy: ScalingPolicy,
  hour: number,
): Omit<ZoneLoss['policies'][number], 'title'> {
  const { week, replica, lags, lostRatio, initialReplicas } = input;
  const { stepS, counts } = week.arrivals;
  const before = Math.min(HOURS_BEFORE, hour);
  const stepAt = (hours: number): number => Math.round((hours * S_PER_HOUR) / stepS);
  const run = simulateFleet({
    arrivals: { stepS, counts: counts.subarray(stepAt(hour - before), stepAt(hour + 1)) },
    replica,
    policy,
    lags,
    initialReplicas: initialReplicas(week.turnsPerSByHour[hour - before] ?? 0),
    loss: { atS: before * S_PER_HOUR, ratio: lostRatio },
  });
  const { turns, late, rejected } = run.hours[before] ?? { turns: 0, late: 0, rejected: 0 };
  const share = (part: number): number => (turns === 0 ? 0 : Math.min(1, part / turns));
  return {
    lateRatio: share(late),
    rejectedRatio: share(rejected),
    withinObjectives: isWithin({ turns, late, rejected }, replica.allowed),
  };
}

/** The busiest hour when the zones that the plan survives losing are gone at its start, and their replicas start elsewhere. */
export function simulateZoneLoss(input: ZoneLossInput): ZoneLoss | undefined {
  const { week, lostRatio, policies } = input;
  if (lostRatio <= 0) return undefined;
  const hourOfWeek = week.turnsPerSByHour.indexOf(Math.max(...week.turnsPerSByHour));
  return {
    lostRatio,
    hourOfWeek,
    policies: policies.map(({ title, policy }) => ({ title, ...lossOf(input, policy, hourOfWeek) })),
  };
}
