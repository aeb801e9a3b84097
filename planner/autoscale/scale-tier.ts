import type {
  ScaledTier,
  ScalingHeadroom,
  ScalingOutcome,
  ScalingPolicyRow,
} from '../../vocabulary/plan-sections/autoscaling.ts';
import { HOURS_PER_MONTH, S_PER_HOUR } from '../../vocabulary/units.ts';
import type { ScalingPolicy } from './controllers.ts';
import type { StartLags } from './fleet.ts';
import { fewestThat } from './headroom.ts';
import { hpaPolicy, kedaPolicy, type PolicyInput, policyFigures, schedulePolicy } from './policies.ts';
import type { TierReplica } from './replica-behaviour.ts';
import { type ScalingSettings, startLagS, startLags } from './settings.ts';
import { type FleetRun, simulateFleet } from './simulate-fleet.ts';
import { judgeRun } from './verdict.ts';
import type { TurnWeek, TurnWeeks } from './week-of-turns.ts';

/** A tier whose replicas may follow the hours. */
export interface ScalableTier {
  readonly tier: string;
  readonly unit: string;
  readonly replica: TierReplica;
  readonly settings: ScalingSettings;
  /** Lags at the slow end of their ranges. */
  readonly slowLags: StartLags;
  readonly plannedReplicas: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Share of what the sizing plans with that the autoscaler aims at. */
  readonly targetRatio: number;
  /** What the mode runs, where it says so. */
  readonly autoscaler: 'hpa' | 'keda' | undefined;
  /** Price of a replica; undefined where it has none by the hour. */
  readonly usdPerHour: number | undefined;
  readonly busyHourTurnsPerS: number;
  readonly weeks: TurnWeeks;
}

/** How many replicas a search looks up to, as multiples of the plan's. */
const SEARCH_FACTOR = 8;

const targetOf = ({ replica, targetRatio }: ScalableTier): number => replica.plannedTurnsPerS * targetRatio;

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

function run(
  tier: ScalableTier,
  policy: ScalingPolicy,
  week: TurnWeek = tier.weeks.busiest,
  lags: StartLags = startLags(tier.settings),
): FleetRun {
  const atStart = (week.turnsPerSByHour[0] ?? 0) / targetOf(tier);
  return simulateFleet({
    arrivals: week.arrivals,
    replica: tier.replica,
    policy,
    lags,
    initialReplicas: clamp(Math.ceil(atStart), tier.minReplicas, tier.maxReplicas),
  });
}

/** The objectives are judged in the busiest week; what is paid for is an average one. */
function outcomeOf(result: FleetRun, policy: ScalingPolicy, tier: ScalableTier): ScalingOutcome {
  const { stepsPerHour, hours } = result;
  const { busiest, average } = tier.weeks;
  const { replicaHours } = average === busiest ? result : run(tier, policy, average);
  const judged = judgeRun(result, tier.replica.allowed);
  const { usdPerHour } = tier;
  const ready = hours.reduce((sum, { readySteps }) => sum + readySteps, 0);
  return {
    ...judged,
    minReplicas: Math.min(...hours.map(({ minReady }) => minReady)),
    maxReplicas: Math.max(...hours.map(({ maxReady }) => maxReady)),
    meanReplicas: ready / (stepsPerHour * hours.length),
    replicaHours,
    ...(usdPerHour === undefined
      ? {}
      : { usdPerMonth: (replicaHours / hours.length) * HOURS_PER_MONTH * usdPerHour }),
    scaleUps: result.scaleUps,
    scaleDowns: result.scaleDowns,
    longestShortageS: result.longestShortageS,
  };
}

const hoursOf = ({ hours, stepsPerHour }: FleetRun): NonNullable<ScalingPolicyRow['hours']> =>
  hours.map((hour) => ({
    turnsPerS: hour.turns / S_PER_HOUR,
    meanReplicas: hour.readySteps / stepsPerHour,
    minReplicas: hour.minReady,
    maxReplicas: hour.maxReady,
    rejectedRatio: hour.turns === 0 ? 0 : Math.min(1, hour.rejected / hour.turns),
    lateRatio: hour.turns === 0 ? 0 : Math.min(1, hour.late / hour.turns),
  }));

const replicasWord = (count: number): string => `${count} replica${count === 1 ? '' : 's'}`;

function tryStatic(tier: ScalableTier): ScalingPolicyRow {
  const { plannedReplicas } = tier;
  const policy = { kind: 'static' as const, replicas: plannedReplicas };
  return {
    kind: 'static',
    title: `${replicasWord(plannedReplicas)} at all hours, as planned`,
    settings: [],
    outcome: outcomeOf(run(tier, policy), policy, tier),
  };
}

const policyInput = (tier: ScalableTier, minReplicas: number): PolicyInput => ({
  settings: tier.settings,
  replica: tier.replica,
  minReplicas,
  maxReplicas: tier.maxReplicas,
  targetTurnsPerS: targetOf(tier),
});

const MAKERS = { hpa: hpaPolicy, keda: kedaPolicy } as const;
const TITLES = {
  hpa: 'HorizontalPodAutoscaler on utilisation',
  keda: 'KEDA on arrivals',
} as const;

function tryScaler(kind: 'hpa' | 'keda', tier: ScalableTier, minReplicas: number): ScalingPolicyRow {
  const input = policyInput(tier, minReplicas);
  const policy = MAKERS[kind](input);
  const result = run(tier, policy);
  const floor = minReplicas > tier.minReplicas ? `, never under ${minReplicas} replicas` : '';
  return {
    kind,
    title: `${TITLES[kind]}${tier.autoscaler === kind ? ', as the mode runs it' : ''}${floor}`,
    settings: policyFigures(kind, input),
    outcome: outcomeOf(result, policy, tier),
    hours: hoursOf(result),
  };
}

/** By the clock, as the hours of the week say: the schedule knows the mean of each hour and no burst. */
function trySchedule(tier: ScalableTier): ScalingPolicyRow {
  const input = policyInput(tier, tier.minReplicas);
  const policy = schedulePolicy(input, tier.weeks.busiest.turnsPerSByHour);
  const result = run(tier, policy);
  return {
    kind: 'schedule',
    title: 'Schedule by the hours of the week',
    settings: policyFigures('schedule', input),
    outcome: outcomeOf(result, policy, tier),
    hours: hoursOf(result),
  };
}

/** Fewest replicas at all hours that keep the objectives; the search ends at a multiple of the plan's. */
function staticNeeded(tier: ScalableTier): number | undefined {
  const most = Math.max(tier.maxReplicas, tier.plannedReplicas * SEARCH_FACTOR);
  const keeps = (replicas: number): boolean =>
    judgeRun(run(tier, { kind: 'static', replicas }), tier.replica.allowed).withinObjectives;
  return fewestThat(keeps, 1, most);
}

/** The least floor under which an autoscaler keeps the objectives. */
function floorNeeded(tier: ScalableTier, most: number): number | undefined {
  const keeps = (minReplicas: number): boolean =>
    judgeRun(run(tier, hpaPolicy(policyInput(tier, minReplicas))), tier.replica.allowed).withinObjectives;
  return fewestThat(keeps, tier.minReplicas, Math.min(most, tier.maxReplicas));
}

function headroomSentence(
  staticReplicas: number | undefined,
  floor: number | undefined,
  tier: ScalableTier,
): string {
  if (staticReplicas === undefined) {
    return `no fixed number up to ${Math.max(tier.maxReplicas, tier.plannedReplicas * SEARCH_FACTOR)} keeps the objectives in every hour of the week`;
  }
  const keep = staticReplicas === 1 ? 'keeps' : 'keep';
  const instead = `${replicasWord(staticReplicas)} at all hours ${keep} the objectives with nothing lost`;
  if (floor === undefined)
    return `${instead}; no floor lets an autoscaler keep them, since a replica starts too late`;
  return floor === tier.minReplicas
    ? `${instead}; an autoscaler keeps them from its minimum of ${floor} up`
    : `${instead}; an autoscaler keeps them when it never goes under ${floor}`;
}

/** `fromMinimum`: the autoscaler keeps the objectives with the mode's own minimum, so no floor need be looked for. */
function headroomOf(tier: ScalableTier, fromMinimum: boolean): ScalingHeadroom {
  const staticReplicas = staticNeeded(tier);
  const search = staticReplicas !== undefined && !fromMinimum;
  const floor = search ? floorNeeded(tier, staticReplicas) : fromMinimum ? tier.minReplicas : undefined;
  const carried = (staticReplicas ?? 0) * tier.replica.turnsPerSAtObjectives;
  return {
    ...(staticReplicas === undefined
      ? {}
      : { staticReplicas, staticHeadroomRatio: 1 - tier.busyHourTurnsPerS / carried }),
    ...(floor === undefined ? {} : { minReplicas: floor }),
    sentence: headroomSentence(staticReplicas, floor, tier),
  };
}

type SlowStart = NonNullable<ScaledTier['slowStart']>;

/** Start lags at the slow end of what is assumed: whether an autoscaler still keeps up. */
function slowStartOf(tier: ScalableTier): SlowStart | undefined {
  const { slowLags } = tier;
  const slowestS = slowLags.nodeS + slowLags.replicaS;
  if (slowestS <= startLagS(tier.settings)) return undefined;
  const policy = hpaPolicy(policyInput(tier, tier.minReplicas));
  const { lateRatio, rejectedRatio, withinObjectives } = judgeRun(
    run(tier, policy, tier.weeks.busiest, slowLags),
    tier.replica.allowed,
  );
  return { startLagS: slowestS, lateRatio, rejectedRatio, withinObjectives };
}

/** Paid hours decide where a replica has no price by the hour. */
const costOf = ({ outcome }: ScalingPolicyRow): number => outcome.usdPerMonth ?? outcome.replicaHours;

function cheapestOf(policies: readonly ScalingPolicyRow[]): number | undefined {
  return policies.reduce<number | undefined>((best, policy, index) => {
    if (!policy.outcome.withinObjectives) return best;
    const held = best === undefined ? undefined : policies[best];
    return held === undefined || costOf(policy) < costOf(held) ? index : best;
  }, undefined);
}

const percent = (ratio: number): string => `${Number((ratio * 100).toPrecision(3))} %`;

function tierSentence(policies: readonly ScalingPolicyRow[], cheapest: number | undefined): string {
  const [planned] = policies;
  const best = cheapest === undefined ? undefined : policies[cheapest];
  if (best === undefined || planned === undefined) {
    return 'no policy keeps the objectives in every hour of the simulated week';
  }
  if (best === planned) return `${planned.title}: nothing cheaper keeps the objectives in every hour`;
  const share = costOf(best) / costOf(planned);
  return `${best.title} keeps the objectives for ${percent(share)} of what the planned replicas cost at all hours`;
}

function slowSentence({ startLagS: lagS, withinObjectives, lateRatio, rejectedRatio }: SlowStart): string {
  const missed = `would miss them, with ${percent(lateRatio)} late and ${percent(rejectedRatio)} turned away`;
  return `with replicas that take ${lagS} s to start, the ${TITLES.hpa} ${withinObjectives ? 'keeps them too' : missed}`;
}

/** Every policy over the same simulated week, and what fixed replicas would have to be instead. */
export function scaleTier(tier: ScalableTier): ScaledTier {
  const hpa = tryScaler('hpa', tier, tier.minReplicas);
  const headroom = headroomOf(tier, hpa.outcome.withinObjectives);
  const policies = [
    tryStatic(tier),
    hpa,
    tryScaler('keda', tier, tier.minReplicas),
    trySchedule(tier),
    ...(headroom.minReplicas === undefined || headroom.minReplicas === tier.minReplicas
      ? []
      : [tryScaler('hpa', tier, headroom.minReplicas)]),
  ];
  const cheapestPolicy = cheapestOf(policies);
  const slowStart = slowStartOf(tier);
  const { turnsPerSAtObjectives, maxTurnsPerS, basis } = tier.replica;
  return {
    kind: 'scaled',
    tier: tier.tier,
    unit: tier.unit,
    replica: { turnsPerSAtObjectives, maxTurnsPerS, basis },
    startLagS: startLagS(tier.settings),
    ...(slowStart === undefined ? {} : { slowStart }),
    policies,
    headroom,
    ...(cheapestPolicy === undefined ? {} : { cheapestPolicy }),
    sentence: [
      tierSentence(policies, cheapestPolicy),
      ...(slowStart === undefined ? [] : [slowSentence(slowStart)]),
    ].join('; '),
  };
}
