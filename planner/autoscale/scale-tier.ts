import type {
  ScaledTier,
  ScalingHeadroom,
  ScalingOutcome,
  ScalingPolicyRow,
} from '../../vocabulary/plan-sections/autoscaling.ts';
import { HOURS_PER_MONTH, S_PER_HOUR } from '../../vocabulary/units.ts';
import { fewestThat } from '../fewest-that.ts';
import type { ScalingPolicy } from './controllers.ts';
import type { StartLags } from './fleet.ts';
import { hpaPolicy, kedaPolicy, type PolicyInput, policyFigures, schedulePolicy } from './policies.ts';
import type { TierReplica } from './replica-behaviour.ts';
import { cheapestSentence, headroomSentence, replicasWord, slowSentence, zoneSentence } from './sentences.ts';
import { type ScalingSettings, startLagS, startLags } from './settings.ts';
import { type FleetRun, simulateFleet } from './simulate-fleet.ts';
import { judgeRun } from './verdict.ts';
import type { TurnWeek, TurnWeeks } from './week-of-turns.ts';
import { simulateZoneLoss } from './zone-loss.ts';

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
  /** Share of the zones that the plan survives losing; 0 where it plans no such loss. */
  readonly zonesLostRatio: number;
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

const initialReplicas = (tier: ScalableTier, turnsPerS: number): number =>
  clamp(Math.ceil(turnsPerS / targetOf(tier)), tier.minReplicas, tier.maxReplicas);

function run(
  tier: ScalableTier,
  policy: ScalingPolicy,
  week: TurnWeek = tier.weeks.busiest,
  lags: StartLags = startLags(tier.settings),
): FleetRun {
  return simulateFleet({
    arrivals: week.arrivals,
    replica: tier.replica,
    policy,
    lags,
    initialReplicas: initialReplicas(tier, week.turnsPerSByHour[0] ?? 0),
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

const mostOf = ({ maxReplicas, plannedReplicas }: ScalableTier): number =>
  Math.max(maxReplicas, plannedReplicas * SEARCH_FACTOR);

/** Fewest replicas at all hours that keep the objectives; the search ends at a multiple of the plan's. */
function staticNeeded(tier: ScalableTier): number | undefined {
  const keeps = (replicas: number): boolean =>
    judgeRun(run(tier, { kind: 'static', replicas }), tier.replica.allowed).withinObjectives;
  return fewestThat(keeps, 1, mostOf(tier));
}

/** The least floor under which an autoscaler keeps the objectives. */
function floorNeeded(tier: ScalableTier, most: number): number | undefined {
  const keeps = (minReplicas: number): boolean =>
    judgeRun(run(tier, hpaPolicy(policyInput(tier, minReplicas))), tier.replica.allowed).withinObjectives;
  return fewestThat(keeps, tier.minReplicas, Math.min(most, tier.maxReplicas));
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
    sentence: headroomSentence({ staticReplicas, floor, minReplicas: tier.minReplicas, most: mostOf(tier) }),
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

/** Fixed replicas and both autoscalers with a zone gone at the busiest hour. */
function zoneLossOf(tier: ScalableTier): ScaledTier['zoneLoss'] {
  const input = policyInput(tier, tier.minReplicas);
  return simulateZoneLoss({
    week: tier.weeks.busiest,
    replica: tier.replica,
    lags: startLags(tier.settings),
    lostRatio: tier.zonesLostRatio,
    initialReplicas: (turnsPerS) => initialReplicas(tier, turnsPerS),
    policies: [
      { title: 'as planned', policy: { kind: 'static', replicas: tier.plannedReplicas } },
      { title: TITLES.hpa, policy: hpaPolicy(input) },
      { title: TITLES.keda, policy: kedaPolicy(input) },
    ],
  });
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
  const zoneLoss = zoneLossOf(tier);
  const { turnsPerSAtObjectives, maxTurnsPerS, basis } = tier.replica;
  return {
    kind: 'scaled',
    tier: tier.tier,
    unit: tier.unit,
    replica: { turnsPerSAtObjectives, maxTurnsPerS, basis },
    startLagS: startLagS(tier.settings),
    ...(slowStart === undefined ? {} : { slowStart }),
    policies,
    ...(zoneLoss === undefined ? {} : { zoneLoss }),
    headroom,
    ...(cheapestPolicy === undefined ? {} : { cheapestPolicy }),
    sentence: [
      cheapestSentence(policies, cheapestPolicy, costOf),
      ...(slowStart === undefined ? [] : [slowSentence(slowStart, TITLES.hpa)]),
      ...(zoneLoss === undefined ? [] : [zoneSentence(zoneLoss)]),
    ].join('; '),
  };
}
