import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeVolumes, quantityOf } from '../../../planner/money/volumes.ts';
import { MODES, sizeMode, unbounded } from '../fixtures/sized.ts';

const volumesOf = (interactionsPerDay: number) =>
  computeVolumes(sizeMode({ mode: unbounded(MODES.kubernetes), interactionsPerDay }).context);

describe('quantities of a month', () => {
  test('by hand: 24,000 interactions a day of 5 turns', () => {
    // 24,000 × 730 ÷ 24 = 730,000 interactions, 3.65 million turns.
    const volumes = volumesOf(24_000);
    expect(volumes.interactionsPerMonth).toBeCloseTo(730_000, 6);
    expect(volumes.turnsPerMonth).toBeCloseTo(3_650_000, 5);
    expect(volumes.egressGb).toBeCloseTo(29.2, 9);
    expect(volumes.vendorEgressGb).toBeCloseTo(29.2, 9);
    expect(volumes.logGb).toBeCloseTo(7.3, 9);
    // 14.6 GB a month, thirteen months of it.
    expect(volumes.historyGb).toBeCloseTo(189.8, 9);
  });

  test('load balancer units: the larger of traffic and new connections, an average month', () => {
    // 3.65 million turns in 2.628 million seconds is 1.39 a second of 25; 0.04 GB an hour is less.
    expect(volumesOf(24_000).loadBalancerUnits).toBeCloseTo(3_650_000 / (730 * 3600) / 25, 9);
  });

  test('a decimal gigabyte is 10⁹ bytes, not 2³⁰', () => {
    expect(volumesOf(24_000).egressGb * 1e9).toBeCloseTo(3_650_000 * 8000, 0);
  });

  test('all in proportion to the day', () => {
    const factor = fc.double({ min: 0.01, max: 1000, noNaN: true });
    const base = volumesOf(24_000);
    fc.assert(
      fc.property(factor, (k) => {
        const scaled = volumesOf(24_000 * k);
        for (const key of Object.keys(base) as (keyof typeof base)[]) {
          expect(Math.abs(scaled[key] / (base[key] * k) - 1)).toBeLessThan(1e-12);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('what a price multiplies', () => {
  const volumes = volumesOf(24_000);
  const counts = { replicas: 4, zones: 3, copies: 2 };
  test.each([
    ['mode', 1, 'months'],
    ['zone', 3, 'zones'],
    ['replica', 4, 'replicas'],
    ['egress-gb', 29.2, 'GB'],
    ['vendor-egress-gb', 29.2, 'GB'],
    ['log-gb', 7.3, 'GB'],
    ['history-gb-month', 189.8, 'GB-months'],
    ['history-gb-month-per-replica', 2 * 189.8, 'GB-months'],
    ['lcu', 3_650_000 / (730 * 3600) / 25, 'LCU-months'],
  ] as const)('%s', (per, quantity, unit) => {
    const given = quantityOf(per, volumes, counts);
    expect(given.quantity).toBeCloseTo(quantity, 9);
    expect(given.unit).toBe(unit);
  });
});
