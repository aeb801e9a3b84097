import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planAutoscaling } from '../../../planner/autoscale/plan-autoscaling.ts';
import { allowedRatios, tierReplica } from '../../../planner/autoscale/replica-behaviour.ts';
import type { DeploymentMode } from '../../../scenarios/mode.ts';
import { exactCapacityPerS, SLOS } from '../fixtures/result.ts';
import { MODES, type SizedFixture, sizeMode, unbounded } from '../fixtures/sized.ts';

/** The CPU inference of compose on as many rented machines as it takes, in three zones of which one may be lost. */
const RENTED: DeploymentMode = {
  ...MODES.compose,
  id: 'rented',
  tiers: MODES.compose.tiers.map(({ maxReplicas: _, ...tier }) =>
    tier.id === 'host' ? { ...tier, minReplicas: 3, zones: 3, survives: { zones: 1, replicas: 0 } } : tier,
  ),
};

const sized = sizeMode({ mode: RENTED, interactionsPerDay: 1_000_000 });

function replicaOf({ tiers, plans }: SizedFixture, index: number) {
  const [tier, plan] = [tiers[index], plans[index]];
  if (tier === undefined || plan === undefined) throw new Error('no such tier');
  const made = tierReplica({ tier, slos: SLOS, maxWaitS: 10, undisturbedMs: 40, replicas: plan.replicas });
  if (made === undefined) throw new Error('nothing is known of the replica');
  return { made, plan };
}

describe('a replica that was measured', () => {
  const { made, plan } = replicaOf(sized, 0);

  test('is late by what the objective allows at its capacity, by next to nothing far below, by most past it', () => {
    // M/M/1 at 20/s: p95 = 2 s at 20 − ln 20 ÷ 2 = 18.5 turns/s.
    expect(made.turnsPerSAtObjectives).toBeCloseTo(exactCapacityPerS(20, 2000), 0);
    expect(made.lateRatioAt(made.turnsPerSAtObjectives)).toBeCloseTo(0.05, 1);
    expect(made.lateRatioAt(5)).toBeLessThan(1e-6);
    // e^(−(20 − 19)·2) of those at 19/s take longer than 2 s.
    expect(made.lateRatioAt(19)).toBeCloseTo(Math.exp(-2), 2);
    expect(made.maxTurnsPerS).toBeGreaterThanOrEqual(made.turnsPerSAtObjectives);
    expect(made.basis).toBe('measured');
  });

  test('the objective leaves 2 s less the time of an undisturbed turn to wait', () => {
    expect(made.lateWaitS).toBeCloseTo(1.96, 9);
    expect(made.allowed).toEqual({ lateRatio: expect.closeTo(0.05, 9), rejectedRatio: 0.01 });
  });

  test('an autoscaler aims at what the sizing plans with: with a zone lost the rest carries it all', () => {
    const [load] = sized.tiers[0]?.model.limits ?? [];
    const left = Math.floor((plan.replicas * 2) / 3);
    expect(made.plannedTurnsPerS).toBeCloseTo(((load?.perReplica ?? 0) * left) / plan.replicas, 1);
  });

  test('its tier scales, and starts with the time of a machine, a container and a small model', () => {
    const section = planAutoscaling({ ...sized, slos: SLOS, seed: 1 });
    const [host] = section.tiers;
    expect(host).toMatchObject({ kind: 'scaled', startLagS: 90 + 15 + 20 });
    if (host?.kind !== 'scaled') throw new Error('not scaled');
    const [planned, hpa] = host.policies;
    expect(planned?.outcome.withinObjectives).toBe(true);
    // With all zones up a planned replica never gets past 10 turns/s, where e^(−10·2) are late.
    expect(planned?.outcome.lateRatio).toBeLessThan(1e-3);
    expect(hpa?.outcome.replicaHours).toBeLessThan(planned?.outcome.replicaHours ?? 0);
  });
});

test('objectives without latency make nothing late, without errors turn nothing away for that', () => {
  expect(allowedRatios([{ kind: 'error-ratio', limitRatio: 0.02 }])).toEqual({
    lateRatio: 1,
    rejectedRatio: 0.02,
  });
  expect(allowedRatios([SLOS[0] ?? { kind: 'error-ratio', limitRatio: 1 }]).rejectedRatio).toBeUndefined();
});

/** Every number in a value, wherever it lies. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

test('any volume, share and mode: no figure of the section is NaN or infinite, and no share leaves 0…1', () => {
  const inputs = fc.record({
    perDay: fc.double({ min: Math.log(0.01), max: Math.log(1e8), noNaN: true }),
    busyHourShareRatio: fc.double({ min: 0.001, max: 1, noNaN: true }),
    mode: fc.constantFrom(unbounded(MODES.kubernetes), RENTED),
  });
  fc.assert(
    fc.property(inputs, ({ perDay, busyHourShareRatio, mode }) => {
      const fixture = sizeMode({
        mode,
        interactionsPerDay: Math.exp(perDay),
        overrides: { busyHourShareRatio },
      });
      const section = planAutoscaling({ ...fixture, slos: SLOS, seed: 2 });
      expect(numbersIn(section).filter((value) => !Number.isFinite(value))).toEqual([]);
      const outcomes = section.tiers.flatMap((tier) =>
        tier.kind === 'scaled' ? tier.policies.map(({ outcome }) => outcome) : [],
      );
      for (const { lateRatio, rejectedRatio, minReplicas, maxReplicas, meanReplicas } of outcomes) {
        expect(lateRatio + rejectedRatio).toBeLessThanOrEqual(1 + 1e-9);
        expect(Math.min(lateRatio, rejectedRatio)).toBeGreaterThanOrEqual(0);
        expect(meanReplicas).toBeGreaterThanOrEqual(minReplicas);
        expect(meanReplicas).toBeLessThanOrEqual(maxReplicas);
      }
      for (const { coldStartRatio } of section.serverless) {
        expect(coldStartRatio).toBeGreaterThanOrEqual(0);
        expect(coldStartRatio).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 12, seed: 1 },
  );
}, 120_000);
