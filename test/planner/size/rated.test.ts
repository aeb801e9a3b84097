import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeploymentMode, ModeTier } from '../../../scenarios/mode.ts';
import { buildResult } from '../fixtures/result.ts';
import { MODES, type SizedFixture, scaledCatalogue, sizeMode, unbounded } from '../fixtures/sized.ts';

const tierOf = ({ plans }: SizedFixture, id: string) => {
  const plan = plans.find(({ tier }) => tier === id);
  if (plan === undefined) throw new Error(`no tier ${id}`);
  return plan;
};

const limitsOf = (sized: SizedFixture, id: string) =>
  Object.fromEntries(tierOf(sized, id).limits.map((limit) => [limit.explanation, limit]));

const limitAbout = (sized: SizedFixture, id: string, words: string) => {
  const found = Object.entries(limitsOf(sized, id)).find(([explanation]) => explanation.includes(words));
  if (found === undefined) throw new Error(`no limit about ${words}`);
  return found[1];
};

// 15 % of the day, 5 turns: 4.8 million a day are 1,000 turns/s.
const PER_DAY = 4_800_000;
const kubernetes = (interactionsPerDay = PER_DAY) =>
  sizeMode({
    mode: unbounded(MODES.kubernetes),
    interactionsPerDay,
    overrides: { busyHourShareRatio: 0.15 },
  });

describe('a database sized from load', () => {
  test('row writes: 2 per turn of 1,500 at 70 %, a standby for each primary', () => {
    const history = tierOf(kubernetes(), 'history');
    const shares = Math.ceil((1000 * 2) / (1500 * 0.7));
    expect([history.replicasForLoad, history.replicas]).toEqual([shares, 2 * shares]);
    expect(history.bindingConstraint).toBe('load with redundancy');
    expect(history.utilisation).toBeCloseTo(2000 / (1050 * shares), 9);
  });

  test('a small day is one primary and its standby, as before it was sized', () => {
    const history = tierOf(kubernetes(25_000), 'history');
    expect([history.replicasForLoad, history.replicas]).toEqual([1, 2]);
    // Either copy carries it alone.
    expect(history.whenLost).toMatchObject({ replicas: 1, utilisation: history.utilisation });
  });

  test('connections follow the gateways that were sized before it, whatever the order in the mode', () => {
    for (const tiers of [MODES.kubernetes.tiers, [...MODES.kubernetes.tiers].reverse()]) {
      const sized = sizeMode({
        mode: unbounded({ ...MODES.kubernetes, tiers: [...tiers] }),
        interactionsPerDay: PER_DAY,
        overrides: { busyHourShareRatio: 0.15 },
      });
      const gateways = tierOf(sized, 'gateway').replicas;
      const connections = limitAbout(sized, 'history', 'replicas of gateway');
      expect(connections.name).toBe('connections');
      expect(connections.requiredReplicas).toBe(Math.ceil((gateways * 10) / (850 * 0.7)));
      expect(sized.plans.map(({ tier }) => tier)).toEqual(tiers.map(({ id }) => id));
    }
  });

  test('disk: 13 months of turns at 4,000 bytes, and as much more with as many more bytes', () => {
    const storage = (factor: number) =>
      limitAbout(
        sizeMode({
          mode: unbounded(MODES.kubernetes),
          interactionsPerDay: PER_DAY,
          catalogue: scaledCatalogue('default/turn-bytes', 'historyBytesPerTurn', factor),
        }),
        'history',
        'GB of history',
      );
    const gb = (PER_DAY * (730 / 24) * 5 * 4000 * 13) / 1e9;
    expect(storage(1).requiredReplicas).toBe(Math.ceil(gb / (64_000 * 0.7)));
    expect(storage(10).requiredReplicas).toBe(Math.ceil((10 * gb) / (64_000 * 0.7)));
  });

  test('four databases hold the history twice, not four times', () => {
    const sized = kubernetes();
    expect(tierOf(sized, 'history').replicas).toBe(4);
    const disk = sized.lines.find(({ line }) => line.line.startsWith('history on disk'));
    expect(disk?.line.quantity).toBeCloseTo((2 * PER_DAY * (730 / 24) * 5 * 4000 * 13) / 1e9, 3);
  });

  test('too large a day is refused by name where the mode has so many databases and no more', () => {
    const bounded: DeploymentMode = {
      ...MODES.kubernetes,
      tiers: unbounded(MODES.kubernetes).tiers.map((tier) =>
        tier.id === 'history' ? { ...tier, maxReplicas: 4 } : tier,
      ),
    };
    expect(() => sizeMode({ mode: bounded, interactionsPerDay: 100_000_000 })).toThrow(
      /tier history needs \d+ × db\.t3\.large and the mode allows 4 \(.*row writes\/s/,
    );
  });
});

describe('a cache sized from load', () => {
  test('operations bind before memory where conversations are short', () => {
    const sized = sizeMode({
      mode: unbounded(MODES.kubernetes),
      interactionsPerDay: 480_000_000,
      overrides: { busyHourShareRatio: 0.15 },
      results: [
        buildResult({
          engine: 'simulated',
          rates: [10, 20, 30, 39],
          servicePerS: 40,
          thinkTimeMs: 0,
          step: { gatewayCpuSPerTurn: 0.004 },
        }),
      ],
    });
    const context = tierOf(sized, 'context');
    // 100,000 turns/s × 4 ÷ 35,000, and as many in the other zone.
    expect(limitAbout(sized, 'context', 'operations/s').requiredReplicas).toBe(12);
    expect(limitAbout(sized, 'context', 'operations/s').requiredReplicas).toBeGreaterThan(
      limitAbout(sized, 'context', 'MiB of open').requiredReplicas,
    );
    expect(context.replicas).toBe(2 * context.replicasForLoad);
  });
});

describe('what is rated and not measured', () => {
  test('is a doubt of each such tier and no other, and a figure with its reason', () => {
    const { tiers } = kubernetes();
    const doubted = tiers.filter(({ diagnostics }) =>
      diagnostics.some(({ message }) => message.startsWith('rated, not measured: ')),
    );
    expect(doubted.map(({ model }) => model.tier.id)).toEqual(['context', 'history', 'edge']);
    const history = tiers.find(({ model }) => model.tier.id === 'history')?.model.capacity ?? [];
    expect(history.map(({ name, value, basis }) => [name, value, basis])).toEqual([
      ['loadPerReplica', 1500, 'assumed'],
      ['connectionsPerReplica', 850, 'assumed'],
      ['storagePerReplica', 64_000, 'assumed'],
    ]);
  });
});

describe('a load balancer sized from load', () => {
  test('new connections, open ones, traffic and targets, each with its slack', () => {
    const edge = tierOf(kubernetes(), 'edge');
    const sized = kubernetes();
    expect(limitAbout(sized, 'edge', 'new connections/s').requiredReplicas).toBe(
      Math.ceil(1000 / (2500 * 0.7)),
    );
    const gbPerHour = (1000 * 8000 * 3600) / 1e9;
    const traffic = limitAbout(sized, 'edge', 'GB/h of answers');
    expect(traffic.requiredReplicas).toBe(Math.ceil(gbPerHour / 70));
    expect(traffic.slackRatio).toBeCloseTo(70 / gbPerHour - 1, 9);
    expect(edge.replicas).toBe(1);
    for (const limit of edge.limits.filter(({ name }) => name !== 'minimum')) {
      expect(limit.slackRatio).toBeGreaterThanOrEqual(0);
    }
    expect(edge.slackRatio).toBeCloseTo(
      Math.min(...edge.limits.flatMap(({ slackRatio }) => slackRatio ?? [])),
      12,
    );
  });

  test('twenty times the day is more balancers, at the price of each', () => {
    const small = kubernetes();
    const large = kubernetes(20 * PER_DAY);
    const balancers = tierOf(large, 'edge').replicas;
    expect(balancers).toBe(Math.ceil((20 * 1000) / (2500 * 0.7)));
    const priceOf = ({ lines }: SizedFixture) =>
      lines.find(({ line }) => line.line === 'load balancer')?.line.usdPerMonth ?? 0;
    expect(priceOf(large)).toBeCloseTo(balancers * priceOf(small), 9);
  });
});

describe('rated limits of any kind', () => {
  const drivers = ['turns-per-s', 'interactions-per-s', 'turns-in-flight', 'open-interactions'] as const;

  test('replicas are the demand of the driver over what one carries at the cap, and never fewer for more', () => {
    const cases = fc.record({
      driver: fc.constantFrom(...drivers),
      perDriver: fc.double({ min: 0.01, max: 100, noNaN: true }),
      carries: fc.double({ min: 1, max: 10_000, noNaN: true }),
      maxUtilisation: fc.double({ min: 0.1, max: 1, noNaN: true }),
      interactionsPerDay: fc.double({ min: 1000, max: 1e8, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ driver, perDriver, carries, maxUtilisation, interactionsPerDay }) => {
        const sizing: ModeTier['sizing'] = {
          kind: 'rated',
          maxUtilisation,
          limits: [{ name: 'load', driver, perDriver, carries, unit: 'things' }],
          assumption: 'for the test',
        };
        const mode: DeploymentMode = {
          ...MODES.kubernetes,
          tiers: unbounded(MODES.kubernetes).tiers.map((tier) =>
            tier.id === 'edge' ? { ...tier, sizing } : tier,
          ),
        };
        const sized = sizeMode({ mode, interactionsPerDay, overrides: { busyHourShareRatio: 0.15 } });
        const { demand } = sized.context;
        const amount = {
          'turns-per-s': (interactionsPerDay * 0.15 * 5) / 3600,
          'interactions-per-s': (interactionsPerDay * 0.15) / 3600,
          'turns-in-flight': demand.turnsInFlight,
          'open-interactions': demand.openInteractions,
        }[driver];
        const exact = (amount * perDriver) / (carries * maxUtilisation);
        expect(Math.abs(tierOf(sized, 'edge').replicas - Math.max(1, Math.ceil(exact)))).toBeLessThanOrEqual(
          Math.abs(exact - Math.round(exact)) < 1e-6 * exact ? 1 : 0,
        );
      }),
      { numRuns: 200 },
    );
  });
});
