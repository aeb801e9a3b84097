import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareOptions } from '../../../../planner/money/break-even/compare.ts';
import type { CostOption } from '../../../../planner/money/break-even/option.ts';
import { breakEvenVolumes } from '../../../../planner/money/break-even/volumes.ts';

const option = (id: string, usdPerMonth: (perDay: number) => number, most = 1e12): CostOption => ({
  id,
  title: id,
  basis: 'assumed',
  source: 'this test',
  entryIds: [],
  priceAt: (perDay) =>
    perDay > most
      ? { kind: 'refused', reason: `no more than ${most}` }
      : { kind: 'priced', usdPerMonth: usdPerMonth(perDay) },
});

const VOLUMES = breakEvenVolumes(25_000);

describe('options over volume', () => {
  test('a constant cost against one by use: the crossing is the constant ÷ the price', () => {
    const found = compareOptions([option('own', () => 6000), option('api', (v) => v * 0.03)], VOLUMES);
    expect(found.crossings).toHaveLength(1);
    const [crossing] = found.crossings;
    expect(crossing).toMatchObject({
      cheaperBelow: 'api',
      cheaperAbove: 'own',
      lasting: true,
      onEnvelope: true,
    });
    expect(Math.abs((crossing?.interactionsPerDay ?? 0) / 200_000 - 1)).toBeLessThan(0.001);
    expect(crossing?.sentence).toBe('from 200,000 interactions a day own is cheaper than api');
    expect(crossing?.usdPerInteraction).toBeCloseTo(6000 / (200_000 * (730 / 24)), 5);
    expect(found.cheapest.map(({ id }) => id)).toEqual(['api', 'own']);
  });

  test('machines in whole steps cross a line more than once; the last one lasts', () => {
    // A machine of 100 USD for each 10,000 a day, against 0.011 USD each: dearer after each step, cheaper before it.
    const steps = option('steps', (v) => Math.ceil(v / 10_000) * 100);
    const found = compareOptions([steps, option('line', (v) => v * 0.011)], VOLUMES);
    const lasting = found.crossings.filter((crossing) => crossing.lasting);
    expect(lasting).toHaveLength(1);
    expect(lasting[0]?.cheaperAbove).toBe('steps');
    // From ten machines on the steps are within a tenth of their mean.
    expect(lasting[0]?.interactionsPerDay).toBeLessThan(110_000);
    for (const { interactionsPerDay: v } of found.crossings) {
      // What is cheaper from there on is really cheaper there, and the other just before it.
      const gap = (at: number) => Math.ceil(at / 10_000) * 100 - at * 0.011;
      expect(Math.sign(gap(v))).not.toBe(Math.sign(gap(v / 1.0011)));
    }
  });

  test('the cheapest at every volume, and crossings where the order changes: as found by asking each one', () => {
    const cost = fc.record({
      fixed: fc.double({ min: 0, max: 1e5, noNaN: true }),
      each: fc.double({ min: 1e-6, max: 1, noNaN: true }),
      most: fc.constantFrom(1e12, 1e6, 1e5),
    });
    fc.assert(
      fc.property(fc.array(cost, { minLength: 2, maxLength: 5 }), (costs) => {
        const options = costs.map(({ fixed, each, most }, i) =>
          option(`o${i}`, (v) => fixed + each * v, most),
        );
        const found = compareOptions(options, VOLUMES);
        for (const { id, fromPerDay, toPerDay } of found.cheapest) {
          const middle = Math.sqrt(fromPerDay * toPerDay);
          const usd = costs
            .map(({ fixed, each, most }, i) => ({
              id: `o${i}`,
              usd: middle > most ? Infinity : fixed + each * middle,
            }))
            .sort((a, b) => a.usd - b.usd);
          const own = usd.find((other) => other.id === id)?.usd ?? Number.NaN;
          // A crossing is placed to a thousandth, so in a span as short as that two may differ by it.
          expect(own).toBeLessThanOrEqual((usd[0]?.usd ?? 0) * 1.002);
        }
        for (const { curve, most } of found.curves.map((curve, i) => ({
          curve,
          most: costs[i]?.most ?? 0,
        }))) {
          if (most < 1e7)
            expect(Math.abs((curve.end?.interactionsPerDay ?? 0) / most - 1)).toBeLessThan(0.0011);
          else expect(curve.end).toBeUndefined();
        }
      }),
      { numRuns: 50 },
    );
  });

  test('nobody who carries the least volume: nothing to compare', () => {
    expect(compareOptions([option('none', () => 1, 0)], VOLUMES)).toEqual({
      curves: [],
      crossings: [],
      cheapest: [],
    });
  });
});
