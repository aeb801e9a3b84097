import { describe, expect, test } from 'vitest';
import type { ScalingPolicy } from '../../../planner/autoscale/controllers.ts';
import { advanceFleet, createFleet, loseReplicas, paidNodes } from '../../../planner/autoscale/fleet.ts';
import { simulateZoneLoss } from '../../../planner/autoscale/zone-loss.ts';

const LAGS = { nodeS: 90, replicaS: 30, idleNodeS: 0 };
const REPLICA = {
  turnsPerSAtObjectives: 10,
  maxTurnsPerS: 10,
  lateRatioAt: () => 0,
  lateWaitS: 2,
  maxWaitS: 10,
  basis: 'measured',
  allowed: { lateRatio: 0.05, rejectedRatio: 0.01 },
  plannedTurnsPerS: 6,
} as const;

/** 100 turns/s without chance in every hour but the one at noon, which has 120. */
const perSByHour = Array.from({ length: 24 }, (_, hour) => (hour === 12 ? 120 : 100));
const WEEK = {
  turnsPerSByHour: perSByHour,
  arrivals: {
    stepS: 15,
    counts: Float64Array.from(
      { length: 24 * 240 },
      (_, step) => (perSByHour[Math.floor(step / 240)] ?? 0) * 15,
    ),
  },
};

const lose = (replicas: number, lostRatio = 1 / 3) =>
  simulateZoneLoss({
    week: WEEK,
    replica: REPLICA,
    lags: LAGS,
    lostRatio,
    initialReplicas: () => replicas,
    policies: [{ title: 'fixed', policy: { kind: 'static', replicas } satisfies ScalingPolicy }],
  });

describe('a third of fixed replicas gone at noon, back after 120 s', () => {
  test('enough are left: nobody notices', () => {
    // 18 − 6 = 12 carry exactly 120 turns/s.
    expect(lose(18)).toMatchObject({
      hourOfWeek: 12,
      policies: [{ lateRatio: 0, rejectedRatio: 0, withinObjectives: true }],
    });
  });

  test('too few are left: by hand, late until the queue is gone', () => {
    // 13 of 12 needed; 5 lost, 8 left carry 80 of 120/s for 120 s. The queue grows by 40/s: after 4 s it takes 2 s,
    // after 20 s it takes 10 s and 40/s are turned away: 100 s × 40 = 4,000 of 432,000.
    const [fixed] = lose(13)?.policies ?? [];
    expect(fixed?.rejectedRatio).toBeCloseTo(4_000 / 432_000, 5);
    // Then 13 carry 130/s: 800 waiting fall by 10/s, later than 2 s (260) for 54 s. Late before: 116 s × 120 less 4,000.
    expect(fixed?.lateRatio).toBeCloseTo((116 * 120 - 4_000 + 54 * 120) / 432_000, 2);
    expect(fixed?.withinObjectives).toBe(true);
    expect(lose(12, 0.5)?.policies[0]?.withinObjectives).toBe(false);
  });

  test('no loss is planned: nothing is simulated', () => {
    expect(lose(12, 0)).toBeUndefined();
  });
});

test('what is lost starts again on new machines and is paid for', () => {
  const fleet = createFleet(6);
  loseReplicas(fleet, 2, LAGS, 100);
  expect([fleet.ready, fleet.starting, paidNodes(fleet)]).toEqual([4, 2, 6]);
  advanceFleet(fleet, 219);
  expect(fleet.ready).toBe(4);
  advanceFleet(fleet, 220);
  expect(fleet.ready).toBe(6);
  loseReplicas(fleet, 9, LAGS, 300);
  expect([fleet.ready, fleet.starting]).toEqual([0, 6]);
});
