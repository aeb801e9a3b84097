import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeReplicas, type LoadLimit, sizeTier, type TierModel } from '../../../planner/size/tier.ts';
import { gpusInHardware } from '../../../planner/size/unit-scale.ts';
import type { ModeTier } from '../../../scenarios/mode.ts';

const tierOf = (changes: Partial<ModeTier> = {}): ModeTier => ({
  id: 'app',
  role: 'gateway',
  service: 'app',
  runsOn: 'somewhere',
  operatedBy: 'you',
  replicaAvailabilityRatio: 0.99,
  sizing: { kind: 'memory', memoryGib: 1, maxUtilisation: 1 },
  unit: { kind: 'service', name: 'pod' },
  minReplicas: 1,
  zones: 1,
  survives: { zones: 0, replicas: 0 },
  costs: [],
  ...changes,
});

const limit = (name: LoadLimit['name'], demand: number, perReplica: number): LoadLimit => ({
  name,
  demand,
  perReplica,
  explanation: `${demand} over ${perReplica}`,
  measuredAs: name === 'load' ? 'capacity' : 'none',
});

const model = (limits: readonly LoadLimit[], changes: Partial<ModeTier> = {}): TierModel => {
  const tier = tierOf(changes);
  return { tier, unit: 'pod', limits, minReplicas: tier.minReplicas, capacity: [], headroomRatio: 0 };
};

function planOf(given: TierModel) {
  const plan = sizeTier(given);
  if (plan.kind === 'refused') throw new Error(plan.reason);
  return plan.value;
}

describe('sizing a tier', () => {
  test('every limit is computed and the largest binds', () => {
    const plan = planOf(
      model([limit('load', 5.2, 2), limit('concurrency', 112, 35), limit('memory', 1, 10)]),
    );
    expect(plan.replicas).toBe(4);
    expect(plan.limits.map(({ name, requiredReplicas }) => [name, requiredReplicas])).toEqual([
      ['load', 3],
      ['concurrency', 4],
      ['memory', 1],
      ['minimum', 1],
    ]);
    expect(plan.bindingConstraint).toBe('concurrency');
    expect(plan.slackRatio).toBeCloseTo((4 * 35) / 112 - 1, 12);
    expect(plan.utilisation).toBeCloseTo(112 / (4 * 35), 12);
  });

  test('redundancy is named with what drives it', () => {
    const zones = { zones: 3, survives: { zones: 1, replicas: 0 } };
    const plan = planOf(model([limit('concurrency', 112, 35)], zones));
    expect([plan.replicasForLoad, plan.replicas]).toEqual([4, 6]);
    expect(plan.bindingConstraint).toBe('concurrency with redundancy');
    const redundancy = plan.limits.find(({ name }) => name === 'redundancy');
    expect(redundancy?.explanation).toContain('4 must remain after losing 1 of 3 zones');
  });

  test('the minimum binds when nothing else asks for as many', () => {
    const plan = planOf(model([limit('load', 1, 10)], { minReplicas: 3 }));
    expect(plan.replicas).toBe(3);
    expect(plan.bindingConstraint).toContain('minimum');
    expect(plan.slackRatio).toBeCloseTo(29, 9);
  });

  test('more than the mode allows is refused with what binds', () => {
    const plan = sizeTier(model([limit('load', 100, 1)], { maxReplicas: 50 }));
    expect(plan).toMatchObject({
      kind: 'refused',
      reason: 'tier app needs 100 × pod and the mode allows 50 (100 over 1)',
      liftedBy: expect.stringContaining('raise maxReplicas'),
    });
  });

  test('the slack is exactly the load that can be added: within it the count holds, beyond it one more', () => {
    const cases = fc.tuple(
      fc.double({ min: 1, max: 1000, noNaN: true }),
      fc.double({ min: 0.5, max: 50, noNaN: true }),
      fc.integer({ min: 1, max: 4 }),
    );
    fc.assert(
      fc.property(cases, ([demand, perReplica, zones]) => {
        const survives = { zones: zones - 1 > 0 ? 1 : 0, replicas: 0 };
        const given = model([limit('load', demand, perReplica)], { zones, survives });
        const plan = planOf(given);
        const within = computeReplicas(given, {
          demand: (1 + plan.slackRatio) * (1 - 1e-9),
          capacity: 1,
          gatewayCpu: 1,
        });
        const beyond = computeReplicas(given, {
          demand: (1 + plan.slackRatio) * 1.0001 + 1e-6,
          capacity: 1,
          gatewayCpu: 1,
        });
        expect(plan.slackRatio).toBeGreaterThanOrEqual(0);
        expect(within.replicas).toBe(plan.replicas);
        expect(beyond.replicas).toBeGreaterThan(plan.replicas);
      }),
    );
  });

  test('half the measured capacity needs twice the replicas; only limits from a measurement move', () => {
    const both = model([limit('load', 10, 1), limit('memory', 4, 1)]);
    expect(computeReplicas(both, { demand: 1, capacity: 0.5, gatewayCpu: 1 }).replicas).toBe(20);
    expect(
      computeReplicas(model([limit('memory', 4, 1)]), { demand: 1, capacity: 0.5, gatewayCpu: 1 }).replicas,
    ).toBe(4);
  });

  test('a fixed tier has what was decided and no slack to speak of', () => {
    const sizing = { kind: 'fixed', replicas: 2, reason: 'primary and standby' } as const;
    const plan = planOf(model([], { sizing, minReplicas: 1 }));
    expect(plan).toMatchObject({ replicas: 2, replicasForLoad: 2, slackRatio: 0, utilisation: 0 });
    expect(plan.bindingConstraint).toBe('minimum');
  });
});

describe('units that are a replica only together', () => {
  const grouped = (
    limits: readonly LoadLimit[],
    group: NonNullable<TierModel['group']>,
    changes: Partial<ModeTier> = {},
  ): TierModel => ({ ...model(limits, changes), group });

  test('nodes under a tensor-parallel group are bought in whole groups', () => {
    const zones = { zones: 2, survives: { zones: 1, replicas: 0 }, minReplicas: 1 };
    const plan = planOf(grouped([limit('load', 5, 2)], { kind: 'spanning', units: 3 }, zones));
    // Three groups carry it; six groups of three nodes leave three when a zone goes.
    expect([plan.replicasForLoad, plan.replicas]).toEqual([9, 18]);
    expect(plan.whenLost?.replicas).toBe(9);
    expect(plan.limits.map(({ name, requiredReplicas }) => [name, requiredReplicas])).toEqual([
      ['load', 9],
      ['minimum', 1],
      ['redundancy', 18],
    ]);
    expect(plan.slackRatio).toBeCloseTo(6 / 5 - 1, 12);
  });

  test('a single lost node takes its whole group', () => {
    const one = { zones: 1, survives: { zones: 0, replicas: 1 } };
    const plan = planOf(grouped([limit('load', 5, 2)], { kind: 'spanning', units: 2 }, one));
    expect([plan.replicasForLoad, plan.replicas]).toEqual([6, 8]);
  });

  test('a minimum is rounded up to whole groups', () => {
    const plan = planOf(grouped([limit('load', 1, 2)], { kind: 'spanning', units: 4 }, { minReplicas: 5 }));
    expect(plan.replicas).toBe(8);
  });

  test('copies: each share of the load has its standby, and loses nothing with a zone', () => {
    const zones = { zones: 2, survives: { zones: 1, replicas: 0 } };
    const plan = planOf(grouped([limit('load', 5, 2)], { kind: 'copies', units: 2 }, zones));
    expect([plan.replicasForLoad, plan.replicas]).toEqual([3, 6]);
    expect(plan.whenLost).toEqual({ replicas: 3, utilisation: plan.utilisation });
    expect(plan.utilisation).toBeCloseTo(5 / 6, 12);
    const redundancy = plan.limits.find(({ name }) => name === 'redundancy');
    expect(redundancy?.explanation).toContain('3 × 2 copies');
  });
});

describe('after the planned losses', () => {
  test('survivors absorb what the lost ones carried: N ÷ (N − lost) of their share', () => {
    const zones = { zones: 3, survives: { zones: 1, replicas: 0 } };
    const plan = planOf(model([limit('concurrency', 112, 35)], zones));
    expect(plan.replicas).toBe(6);
    expect(plan.whenLost?.replicas).toBe(4);
    expect(plan.whenLost?.utilisation).toBeCloseTo((plan.utilisation * 6) / 4, 12);
    expect(plan.whenLost?.utilisation).toBeLessThanOrEqual(1);
  });

  test('a tier that is planned to lose nothing says nothing of it', () => {
    expect(planOf(model([limit('load', 1, 10)])).whenLost).toBeUndefined();
  });
});

describe('every limit with its slack', () => {
  test('that of the tier is the least, and each is the load that it alone leaves room for', () => {
    const plan = planOf(model([limit('load', 5, 2), limit('memory', 1, 10), limit('kv', 0, 10)]));
    expect(plan.limits.map(({ name, slackRatio }) => [name, slackRatio])).toEqual([
      ['load', (3 * 2) / 5 - 1],
      ['memory', 29],
      ['kv', undefined],
      ['minimum', undefined],
    ]);
    expect(plan.slackRatio).toBeCloseTo(0.2, 12);
  });

  test('of limits that ask for equally many the one with less slack binds', () => {
    const plan = planOf(model([limit('memory', 1, 10), limit('load', 9, 10)]));
    expect(plan.bindingConstraint).toBe('load');
  });
});

describe('accelerators in a hardware text', () => {
  test.each([
    ['2 x H100 SXM 80 GB (simulated)', 2],
    ['8 × H200', 8],
    ['H100 80 GB (simulated)', 1],
    ['CPU, 1 thread', 1],
    ['0 x H100', 1],
  ])('%s', (text, gpus) => {
    expect(gpusInHardware(text)).toBe(gpus);
  });
});
