import { describe, expect, test } from 'vitest';
import { computeTierAvailability, planAvailability } from '../../planner/availability.ts';
import type { TierModel, UnitGroup } from '../../planner/size/tier.ts';
import type { DeploymentMode, ModeTier } from '../../scenarios/mode.ts';
import type { TierPlan } from '../../vocabulary/plan-file.ts';
import { createRandom, sampleExponential } from '../../vocabulary/random.ts';
import { MODES } from './fixtures/sized.ts';

describe('availability', () => {
  test('two of three at 99 %: 3·0.99²·0.01 + 0.99³', () => {
    expect(computeTierAvailability(3, 2, 0.99)).toBeCloseTo(3 * 0.99 ** 2 * 0.01 + 0.99 ** 3, 12);
  });
  test('all of them, any of them, none to spare', () => {
    expect(computeTierAvailability(4, 4, 0.99)).toBeCloseTo(0.99 ** 4, 12);
    expect(computeTierAvailability(4, 1, 0.99)).toBeCloseTo(1 - 0.01 ** 4, 12);
    expect(computeTierAvailability(1, 1, 1)).toBe(1);
  });
  test('as counted in an independent simulation of replicas that fail and come back, ten seeds', () => {
    // Up 99 hours on average, down 1: 99 %. Three of four are needed.
    const counted = Array.from({ length: 10 }, (_, seed) => {
      const random = createRandom(seed + 1);
      let enoughH = 0;
      const events = Array.from({ length: 4 }, () => {
        const changes: (readonly [atH: number, step: number])[] = [];
        for (let atH = 0; atH < 200_000; ) {
          atH += sampleExponential(random, 99);
          changes.push([atH, -1]);
          atH += sampleExponential(random, 1);
          changes.push([atH, 1]);
        }
        return changes;
      })
        .flat()
        .sort(([a], [b]) => a - b);
      let [up, lastH] = [4, 0];
      for (const [atH, step] of events) {
        if (up >= 3) enoughH += atH - lastH;
        [up, lastH] = [up + step, atH];
      }
      return enoughH / lastH;
    });
    const mean = counted.reduce((sum, value) => sum + value, 0) / counted.length;
    // One minus each: 0.06 % down, so a factor of 1000 would show at once.
    expect((1 - mean) / (1 - computeTierAvailability(4, 3, 0.99))).toBeGreaterThan(0.85);
    expect((1 - mean) / (1 - computeTierAvailability(4, 3, 0.99))).toBeLessThan(1.15);
  });
});

interface TierOptions {
  readonly replicas: number;
  readonly needed: number;
  readonly ratio: number;
  readonly zones: number;
  readonly outsideZones?: boolean;
  readonly group?: UnitGroup;
  readonly providers?: TierModel['providers'];
}

function availabilityOf(tiers: readonly TierOptions[], zoneAvailabilityRatio?: number) {
  const [some] = MODES.onprem.tiers;
  if (some === undefined) throw new Error('no tier');
  const modeTiers = tiers.map(
    ({ ratio, zones, outsideZones }, index): ModeTier => ({
      ...some,
      id: `t${index}`,
      zones,
      replicaAvailabilityRatio: ratio,
      ...(outsideZones === undefined ? {} : { outsideZones }),
    }),
  );
  const { zoneAvailabilityRatio: _, ...bare } = MODES.onprem;
  const mode: DeploymentMode = {
    ...bare,
    tiers: modeTiers,
    ...(zoneAvailabilityRatio === undefined ? {} : { zoneAvailabilityRatio }),
  };
  const models = tiers.map(({ group, providers }, index): TierModel => {
    const tier = modeTiers[index] ?? some;
    return {
      tier,
      unit: 'u',
      limits: [],
      minReplicas: 0,
      capacity: [],
      headroomRatio: 0,
      ...(group === undefined ? {} : { group }),
      ...(providers === undefined ? {} : { providers }),
    };
  });
  const plans = tiers.map(
    ({ replicas, needed }, index): TierPlan => ({
      tier: `t${index}`,
      service: 's',
      unit: 'u',
      replicas,
      replicasForLoad: needed,
      limits: [],
      bindingConstraint: '',
      slackRatio: 0,
      utilisation: 0,
      capacity: [],
    }),
  );
  return planAvailability(mode, models, plans);
}

describe('zones lost whole', () => {
  test('one tier over two zones, either enough: a zone or its only replica must be up', () => {
    const [r, z] = [0.99, 0.999];
    const section = availabilityOf([{ replicas: 2, needed: 1, ratio: r, zones: 2 }], z);
    expect(section.ratio).toBeCloseTo(1 - (1 - z * r) ** 2, 12);
  });

  test('two tiers in the same two zones fail together: not the product', () => {
    const [r, z] = [0.99, 0.95];
    const tier = { replicas: 2, needed: 1, ratio: r, zones: 2 };
    const section = availabilityOf([tier, tier], z);
    const both = (1 - (1 - r) ** 2) ** 2;
    const byHand = z * z * both + 2 * z * (1 - z) * r * r;
    expect(section.ratio).toBeCloseTo(byHand, 12);
    expect(section.independentRatio).toBeCloseTo((1 - (1 - z * r) ** 2) ** 2, 12);
  });

  test('a tier that needs both zones goes down with either', () => {
    const section = availabilityOf([{ replicas: 4, needed: 3, ratio: 1, zones: 2 }], 0.99);
    expect(section.ratio).toBeCloseTo(0.99 ** 2, 12);
    expect(section.downMinutesPerMonth).toBeCloseTo((1 - 0.99 ** 2) * 730 * 60, 6);
  });

  test('a service outside of the zones does not go with them', () => {
    const outside = { replicas: 1, needed: 1, ratio: 0.98, zones: 1, outsideZones: true };
    expect(availabilityOf([outside], 0.9).ratio).toBeCloseTo(0.98, 12);
  });

  test('a mode that says nothing of its zones is a product, and the explanation says so', () => {
    const tier = { replicas: 2, needed: 1, ratio: 0.99, zones: 2 };
    const section = availabilityOf([tier, tier]);
    expect(section.ratio).toBeCloseTo((1 - 0.01 ** 2) ** 2, 12);
    expect(section.zoneAvailabilityRatio).toBeUndefined();
    expect(section.explanation).toContain('states no zoneAvailabilityRatio');
  });

  test('primary and standby of three shares of the data, one copy in each zone', () => {
    const [r, z] = [0.98, 0.97];
    const group = { kind: 'copies', units: 2 } as const;
    const section = availabilityOf([{ replicas: 6, needed: 3, ratio: r, zones: 2, group }], z);
    const byHand = z * z * (1 - (1 - r) ** 2) ** 3 + 2 * z * (1 - z) * r ** 3;
    expect(section.ratio).toBeCloseTo(byHand, 12);
  });

  test('nodes that are one replica only together: all of a group must be up', () => {
    const group = { kind: 'spanning', units: 2 } as const;
    // Three groups of two nodes, two groups needed.
    const section = availabilityOf([{ replicas: 6, needed: 4, ratio: 0.9, zones: 1, group }], 1);
    const up = 0.9 ** 2;
    expect(section.ratio).toBeCloseTo(3 * up * up * (1 - up) + up ** 3, 12);
  });

  test('accounts of one vendor fail together; a second vendor helps by what it carries', () => {
    const vendor = (service: string, callsRatioPerAccount: number, availabilityRatio: number) => ({
      service,
      priceId: service,
      callsRatioPerAccount,
      maxAccounts: 2,
      availabilityRatio,
    });
    const tier = { replicas: 2, needed: 2, ratio: 0.99, zones: 1, outsideZones: true };
    expect(availabilityOf([{ ...tier, providers: [vendor('a', 0.6, 0.99)] }]).ratio).toBeCloseTo(0.99, 12);
    const both = [vendor('a', 0.6, 0.99), vendor('b', 1, 0.95)];
    // Two accounts of a and one of b: either vendor alone carries all calls.
    expect(availabilityOf([{ ...tier, replicas: 3, providers: both }]).ratio).toBeCloseTo(
      1 - 0.01 * 0.05,
      12,
    );
    const weak = [vendor('a', 0.4, 0.99), vendor('b', 0.4, 0.95)];
    // 0.8 and 0.4: both are needed.
    expect(availabilityOf([{ ...tier, replicas: 3, providers: weak }]).ratio).toBeCloseTo(0.99 * 0.95, 12);
  });

  test('as counted in an independent simulation of zones and replicas that fail and come back, ten seeds', () => {
    // Zones down 2 % of the time, replicas 1 %; two tiers in three zones, three replicas each, two needed.
    const [zoneRatio, ratio, spanH] = [0.98, 0.99, 100_000];
    const counted = Array.from({ length: 10 }, (_, seed) => {
      const random = createRandom(seed + 1);
      const flips = (upH: number, downH: number, part: number) => {
        const changes: { atH: number; part: number }[] = [];
        for (let atH = 0; atH < spanH; ) {
          atH += sampleExponential(random, upH);
          changes.push({ atH, part });
          atH += sampleExponential(random, downH);
          changes.push({ atH, part });
        }
        return changes;
      };
      // Parts 0 to 2 are zones, 3 to 5 and 6 to 8 the replicas in them.
      const events = Array.from({ length: 9 }, (_, part) =>
        part < 3 ? flips(98, 2, part) : flips(99, 1, part),
      )
        .flat()
        .sort((a, b) => a.atH - b.atH);
      const up = Array.from({ length: 9 }, () => true);
      const serves = (first: number): boolean =>
        [0, 1, 2].filter((zone) => up[zone] && up[first + zone]).length >= 2;
      let [lastH, servedH] = [0, 0];
      for (const { atH, part } of events) {
        if (serves(3) && serves(6)) servedH += atH - lastH;
        lastH = atH;
        up[part] = !up[part];
      }
      return servedH / lastH;
    });
    const mean = counted.reduce((sum, value) => sum + value, 0) / counted.length;
    const tier = { replicas: 3, needed: 2, ratio, zones: 3 };
    const { ratio: predicted, independentRatio } = availabilityOf([tier, tier], zoneRatio);
    expect((1 - mean) / (1 - predicted)).toBeGreaterThan(0.9);
    expect((1 - mean) / (1 - predicted)).toBeLessThan(1.1);
    // Two tiers that fail together are down less often than two that fail apart: the product is not even a bound.
    expect(predicted).not.toBeCloseTo(independentRatio, 4);
  });

  test('a million replicas take no time', () => {
    const startedAtMs = performance.now();
    const huge = { replicas: 1_000_000, needed: 800_000, ratio: 0.95, zones: 3 };
    const { ratio } = availabilityOf([huge], 1);
    expect(ratio).toBe(1);
    expect(performance.now() - startedAtMs).toBeLessThan(500);
  });
});
