import type { Sourced } from '../../vocabulary/plan-file.ts';
import { percentFromRatio, S_PER_HOUR } from '../../vocabulary/units.ts';
import { sourced } from '../sourced.ts';
import { createHourlyRate } from './arrivals.ts';
import type { HpaPolicy, KedaPolicy, SchedulePolicy } from './controllers.ts';
import type { TierReplica } from './replica-behaviour.ts';
import type { ScalingRules } from './scaling-rules.ts';
import { type ScalingSettings, type SettingName, startLagS } from './settings.ts';

/** Bounds of the replicas and what they are aimed at. */
export interface PolicyInput {
  readonly settings: ScalingSettings;
  readonly replica: TierReplica;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Turns/s per replica that the autoscaler holds. */
  readonly targetTurnsPerS: number;
}

const RULE_NAMES = ['scaleUpRatio', 'scaleUpReplicas', 'scaleUpPeriodS', 'scaleDownWindowS'] as const;

function rulesOf({ settings, minReplicas, maxReplicas }: PolicyInput): ScalingRules {
  const value = (name: (typeof RULE_NAMES)[number]): number => settings[name].value;
  return {
    minReplicas,
    maxReplicas,
    scaleUpRatio: value('scaleUpRatio'),
    scaleUpReplicas: value('scaleUpReplicas'),
    scaleUpPeriodS: value('scaleUpPeriodS'),
    scaleDownWindowS: value('scaleDownWindowS'),
  };
}

/** Utilisation is of all that a replica completes; the target is the same load as KEDA's. */
export const hpaPolicy = (input: PolicyInput): HpaPolicy => ({
  kind: 'hpa',
  rules: rulesOf(input),
  toleranceRatio: input.settings.toleranceRatio.value,
  syncS: input.settings.syncS.value,
  metricWindowS: input.settings.hpaMetricWindowS.value,
  metricLagS: input.settings.hpaMetricLagS.value,
  targetRatio: input.targetTurnsPerS / input.replica.maxTurnsPerS,
});

export const kedaPolicy = (input: PolicyInput): KedaPolicy => ({
  kind: 'keda',
  rules: rulesOf(input),
  toleranceRatio: input.settings.toleranceRatio.value,
  syncS: input.settings.syncS.value,
  metricWindowS: input.settings.kedaMetricWindowS.value,
  metricLagS: input.settings.kedaMetricLagS.value,
  targetTurnsPerS: input.targetTurnsPerS,
  pollS: input.settings.pollS.value,
  cooldownS: input.settings.cooldownS.value,
});

/** A quarter of an hour: as fine as people write schedules. */
const SLOT_S = 900;
const SAMPLE_S = 60;

/**
 * Replicas for the most that the hours bring within a slot and the start lag after it, so that those that are asked for
 * now answer before they are needed.
 */
export function schedulePolicy(input: PolicyInput, turnsPerSByHour: readonly number[]): SchedulePolicy {
  const { settings, minReplicas, maxReplicas, targetTurnsPerS } = input;
  const rateAt = createHourlyRate(turnsPerSByHour);
  const aheadS = SLOT_S + startLagS(settings);
  const slots = (turnsPerSByHour.length * S_PER_HOUR) / SLOT_S;
  const replicasBySlot = Array.from({ length: slots }, (_, slot) => {
    let most = 0;
    for (let offsetS = 0; offsetS <= aheadS; offsetS += SAMPLE_S) {
      most = Math.max(most, rateAt(slot * SLOT_S + offsetS));
    }
    return Math.min(maxReplicas, Math.max(minReplicas, Math.ceil(most / targetTurnsPerS)));
  });
  const { value: syncS } = settings.syncS;
  return { kind: 'schedule', slotS: SLOT_S, replicasBySlot, syncS, metricWindowS: syncS, metricLagS: 0 };
}

const SHARED: readonly SettingName[] = [
  'toleranceRatio',
  'syncS',
  ...RULE_NAMES,
  'nodeStartS',
  'containerStartS',
  'modelStartS',
  'idleNodeS',
  'maxWaitS',
];

const OWN = {
  hpa: ['hpaMetricWindowS', 'hpaMetricLagS'],
  keda: ['kedaMetricWindowS', 'kedaMetricLagS', 'pollS', 'cooldownS'],
  schedule: [],
} as const satisfies Record<string, readonly SettingName[]>;

/** Settings of an autoscaler as figures of the plan. */
export function policyFigures(kind: keyof typeof OWN, input: PolicyInput): Sourced[] {
  const { settings, targetTurnsPerS, replica, minReplicas } = input;
  const target = sourced('targetTurnsPerS', targetTurnsPerS, 'turns per second per replica', {
    basis: 'derived',
    source: `what a replica may carry so that those left after the planned losses carry it all; ${Math.round(percentFromRatio(targetTurnsPerS / replica.maxTurnsPerS))} % of the most that it completes`,
  });
  const floor = sourced('minReplicas', minReplicas, 'replicas', {
    basis: 'assumed',
    source: 'the least that the mode runs',
  });
  return [target, floor, ...[...SHARED, ...OWN[kind]].map((name) => settings[name])];
}
