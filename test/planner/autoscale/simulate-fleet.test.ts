import { describe, expect, test } from 'vitest';
import type { ArrivalSteps } from '../../../planner/autoscale/arrivals.ts';
import type { HpaPolicy, KedaPolicy, ScalingPolicy } from '../../../planner/autoscale/controllers.ts';
import { type FleetRun, simulateFleet } from '../../../planner/autoscale/simulate-fleet.ts';
import { judgeRun } from '../../../planner/autoscale/verdict.ts';
import type { ReplicaBehaviour } from '../../../planner/autoscale/waiting-line.ts';
import { createRandom, samplePoisson } from '../../../vocabulary/random.ts';
import { simulateNaively } from './naive-fleet.ts';

const RULES = {
  minReplicas: 2,
  maxReplicas: 60,
  scaleUpRatio: 1,
  scaleUpReplicas: 4,
  scaleUpPeriodS: 15,
  scaleDownWindowS: 300,
};
const HPA: HpaPolicy = {
  kind: 'hpa',
  rules: RULES,
  toleranceRatio: 0.1,
  syncS: 15,
  metricWindowS: 15,
  metricLagS: 15,
  targetRatio: 0.7,
};
const KEDA: KedaPolicy = {
  kind: 'keda',
  rules: RULES,
  toleranceRatio: 0.1,
  syncS: 15,
  metricWindowS: 60,
  metricLagS: 15,
  targetTurnsPerS: 7,
  pollS: 30,
  cooldownS: 300,
};
const LAGS = { nodeS: 60, replicaS: 15, idleNodeS: 0 };

/** Ten turns/s: 20 slots of 2 s. */
const REPLICA: ReplicaBehaviour = {
  turnsPerSAtObjectives: 8,
  maxTurnsPerS: 10,
  lateRatioAt: () => 0,
  lateWaitS: 2,
  maxWaitS: 10,
};

/** Calm, then three times as much within a minute, then calm again: a mailing goes out. */
const SPIKE = { spanS: 300, perS: [100, 100, 300, 300, 300, 100, 100, 100, 100] };

function fluid(policy: ScalingPolicy, seed: number, stepS = 15): FleetRun {
  const random = createRandom(seed);
  const steps = (SPIKE.perS.length * SPIKE.spanS) / stepS;
  const counts = Float64Array.from({ length: steps }, (_, step) =>
    samplePoisson(random, (SPIKE.perS[Math.floor((step * stepS) / SPIKE.spanS)] ?? 0) * stepS),
  );
  const arrivals: ArrivalSteps = { stepS, counts };
  return simulateFleet({ arrivals, replica: REPLICA, policy, lags: LAGS, initialReplicas: 15 });
}

const NAIVE = {
  ...SPIKE,
  slotsPerReplica: 20,
  meanServiceS: 2,
  lateWaitS: 2,
  maxWaitS: 10,
  lags: LAGS,
  initialReplicas: 15,
};
const SEEDS = Array.from({ length: 10 }, (_, seed) => seed + 1);
const meanOver = <T>(runs: readonly T[], pick: (run: T) => number): number =>
  runs.reduce((sum, run) => sum + pick(run), 0) / runs.length;

describe('against turns and replicas simulated one by one, ten seeds of a spike', () => {
  const cases: readonly (readonly [string, ScalingPolicy])[] = [
    ['HPA', HPA],
    ['KEDA', KEDA],
    ['25 at all times', { kind: 'static', replicas: 25 }],
    ['40 at all times', { kind: 'static', replicas: 40 }],
  ];
  test.each(cases)('%s: late, turned away, and paid for', { timeout: 120_000 }, (_, policy) => {
    const input = policy.kind === 'static' ? { ...NAIVE, initialReplicas: policy.replicas } : NAIVE;
    const naive = SEEDS.map((seed) => simulateNaively({ ...input, policy }, seed));
    const own = SEEDS.map((seed) => fluid(policy, seed));
    const allowed = { lateRatio: 0.05, rejectedRatio: 0.01 };
    const judged = own.map((run) => judgeRun(run, allowed));
    const naiveLate = meanOver(naive, (run) => run.lateRatio);
    const naiveRejected = meanOver(naive, (run) => run.rejectedRatio);
    expect(Math.abs(meanOver(judged, (run) => run.lateRatio) - naiveLate)).toBeLessThan(
      0.01 + 0.05 * naiveLate,
    );
    expect(Math.abs(meanOver(judged, (run) => run.rejectedRatio) - naiveRejected)).toBeLessThan(
      0.005 + 0.05 * naiveRejected,
    );
    const hours = meanOver(naive, (run) => run.replicaHours);
    expect(Math.abs(meanOver(own, (run) => run.replicaHours) / hours - 1)).toBeLessThan(0.05);
  });

  test('the cases are not idle: a fixed 25 misses, 40 do not', () => {
    const judge = (replicas: number) =>
      judgeRun(fluid({ kind: 'static', replicas }, 1), { lateRatio: 0.05, rejectedRatio: 0.01 });
    expect(judge(25).withinObjectives).toBe(false);
    expect(judge(25).lateRatio).toBeGreaterThan(0.2);
    expect(judge(40).withinObjectives).toBe(true);
  });
});

describe('what an autoscaler does', () => {
  test('the length of a step changes little', () => {
    const late = [1, 2.5, 5, 7.5, 15].map((stepS) => {
      const run = fluid(HPA, 1, stepS);
      return judgeRun(run, { lateRatio: 0.05, rejectedRatio: undefined }).lateRatio;
    });
    for (const ratio of late) expect(Math.abs(ratio - (late[0] ?? 0))).toBeLessThan(0.01);
  });

  test('a slower start makes more turns late, a faster one fewer', () => {
    const late = [0, 60, 300].map((nodeS) => {
      const random = createRandom(3);
      const counts = Float64Array.from({ length: 540 }, (_, step) =>
        samplePoisson(random, (SPIKE.perS[Math.floor(step / 60)] ?? 0) * 5),
      );
      const run = simulateFleet({
        arrivals: { stepS: 5, counts },
        replica: REPLICA,
        policy: HPA,
        lags: { ...LAGS, nodeS },
        initialReplicas: 15,
      });
      return judgeRun(run, { lateRatio: 0.05, rejectedRatio: undefined }).lateRatio;
    });
    expect(late[0]).toBeLessThan(late[1] ?? 0);
    expect(late[1]).toBeLessThan(late[2] ?? 0);
  });

  test('KEDA takes a silent tier to none after the cooldown and brings it back, late for who wakes it', () => {
    const counts = new Float64Array(2 * 720);
    counts.fill(50, 0, 100);
    counts.fill(50, 1000, 1440);
    const run = simulateFleet({
      arrivals: { stepS: 5, counts },
      replica: REPLICA,
      policy: { ...KEDA, rules: { ...RULES, minReplicas: 0 } },
      lags: LAGS,
      initialReplicas: 2,
    });
    const [first, second] = run.hours;
    expect(first?.minReady).toBe(0);
    expect(second?.late).toBeGreaterThan(0);
    expect(second?.maxReady).toBeGreaterThanOrEqual(2);
  });

  test('every turn of every hour is counted once', () => {
    const run = fluid(HPA, 4);
    const counted = run.hours.reduce((sum, { turns }) => sum + turns, 0);
    const random = createRandom(4);
    let drawn = 0;
    for (let step = 0; step < 180; step++) {
      drawn += samplePoisson(random, (SPIKE.perS[Math.floor(step / 20)] ?? 0) * 15);
    }
    expect(counted).toBe(drawn);
  });
});
