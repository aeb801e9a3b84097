import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  computeOnDemandUsdPerMonth,
  computeReservedUsdPerMonth,
  computeSpot,
  optimiseReservation,
} from '../../../planner/money/purchase.ts';
import { createRandom } from '../../../vocabulary/random.ts';

const hours = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 168 });
const price = fc.double({ min: 0.01, max: 100, noNaN: true });

describe('reserved and on demand', () => {
  test('by hand: 2, 2, 4 and 8 machines at 1 USD, reserved at 0.6', () => {
    const need = { replicasByHour: [2, 2, 4, 8], onDemandUsdPerHour: 1 };
    // Level 2: 2 · 0.6 + (0 + 0 + 2 + 6) ÷ 4 = 3.2. Level 4: 2.4 + 1 = 3.4. Level 0: 4. Level 8: 4.8.
    const best = optimiseReservation(need, 0.6);
    expect(best.reserved).toBe(2);
    expect(best.usdPerMonth).toBeCloseTo(3.2 * 730, 9);
    expect(computeOnDemandUsdPerMonth(need)).toBeCloseTo(4 * 730, 9);
  });

  test('the level costs no more than any other, tried one by one', () => {
    fc.assert(
      fc.property(
        hours,
        price,
        fc.double({ min: 0, max: 1.5, noNaN: true }),
        (replicasByHour, usd, ratio) => {
          const need = { replicasByHour, onDemandUsdPerHour: usd };
          const best = optimiseReservation(need, usd * ratio);
          const tried = Array.from({ length: 42 }, (_, level) => {
            let sum = 0;
            for (const replicas of replicasByHour)
              sum += level * usd * ratio + Math.max(0, replicas - level) * usd;
            return (sum / replicasByHour.length) * 730;
          });
          const least = Math.min(...tried);
          expect(best.usdPerMonth).toBeLessThanOrEqual(least * (1 + 1e-9) + 1e-9);
          expect(best.usdPerMonth).toBeGreaterThanOrEqual(least * (1 - 1e-9) - 1e-9);
          expect(best.usdPerMonth).toBeLessThanOrEqual(computeOnDemandUsdPerMonth(need) * (1 + 1e-9));
        },
      ),
    );
  });

  test('a price as high as on demand reserves nothing, and a free one reserves the peak', () => {
    const need = { replicasByHour: [1, 5, 3], onDemandUsdPerHour: 2 };
    expect(optimiseReservation(need, 2).reserved).toBe(0);
    expect(optimiseReservation(need, 0).reserved).toBe(5);
    expect(computeReservedUsdPerMonth(need, 1, 5)).toBeCloseTo(5 * 730, 9);
  });

  test('hours that are none, and needs or prices below 0, are refused', () => {
    expect(() => optimiseReservation({ replicasByHour: [], onDemandUsdPerHour: 1 }, 1)).toThrow('hours');
    expect(() => computeOnDemandUsdPerMonth({ replicasByHour: [-1], onDemandUsdPerHour: 1 })).toThrow(
      '0 or more',
    );
    expect(() =>
      computeOnDemandUsdPerMonth({ replicasByHour: [Number.NaN], onDemandUsdPerHour: 1 }),
    ).toThrow();
  });
});

describe('interruptible machines', () => {
  const need = { replicasByHour: [10], onDemandUsdPerHour: 3 };
  const terms = { spotUsdPerHour: 1, interruptedPerMonthRatio: 0.2, noticeS: 120, replacementS: 3720 };

  test('a fifth taken back in a month, an hour empty each time', () => {
    const spot = computeSpot(need, terms);
    const perHour = -Math.log(0.8) / 730;
    expect(spot.emptyRatio).toBeCloseTo(perHour / (1 + perHour), 12);
    expect(spot.interruptionsPerMonth).toBeCloseTo(-10 * Math.log(0.8), 9);
    expect(spot.usdPerMonth).toBeCloseTo(10 * 730 * (1 + perHour), 6);
  });

  test('the empty share of a simulated place, ten seeds', () => {
    // Interruptions more often and replacements slower than in life, so that a short simulation has many.
    const often = { ...terms, interruptedPerMonthRatio: 0.99, noticeS: 0, replacementS: 36_000 };
    const { emptyRatio } = computeSpot(need, often);
    const meanUpHours = 730 / -Math.log(0.01);
    const simulated = Array.from({ length: 10 }, (_, seed) => {
      const random = createRandom(seed + 1);
      let upHours = 0;
      const cycles = 20_000;
      for (let i = 0; i < cycles; i++) upHours += -Math.log(1 - random.next()) * meanUpHours;
      return (cycles * 10) / (cycles * 10 + upHours);
    });
    const mean = simulated.reduce((sum, ratio) => sum + ratio, 0) / simulated.length;
    expect(Math.abs(emptyRatio / mean - 1)).toBeLessThan(0.01);
  });

  test('a notice longer than the replacement loses nothing; a share of 1 is refused', () => {
    expect(computeSpot(need, { ...terms, replacementS: 60 })).toMatchObject({
      emptyRatio: 0,
      overProvisionRatio: 1,
    });
    expect(() => computeSpot(need, { ...terms, interruptedPerMonthRatio: 1 })).toThrow('[0, 1)');
  });
});
