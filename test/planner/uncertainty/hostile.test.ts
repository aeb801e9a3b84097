import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateReplicateSpread } from '../../../planner/uncertainty/capacity-inputs.ts';
import { endsOf } from '../../../planner/uncertainty/distribution.ts';
import { MODES, unbounded } from '../fixtures/sized.ts';
import { uncertaintyOf } from '../fixtures/uncertain.ts';

/** Every number of a value, however deep. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(numbersIn) : [];
}

const orderedIntervals = (value: unknown): void => {
  if (value === null || typeof value !== 'object') return;
  const { p10, p50, p90 } = value as Record<string, unknown>;
  if (typeof p10 === 'number' && typeof p50 === 'number' && typeof p90 === 'number') {
    expect(p10).toBeLessThanOrEqual(p50);
    expect(p50).toBeLessThanOrEqual(p90);
  }
  for (const inner of Object.values(value)) orderedIntervals(inner);
};

const stated = (max: number) =>
  fc
    .array(fc.double({ min: 0, max, noNaN: true }), { minLength: 3, maxLength: 3 })
    .map((values) => values.sort((a, b) => a - b))
    .map(([low = 0, value = 0, high = 0]) => ({ low, value, high }));

const seen = (max: number) =>
  fc
    .array(fc.double({ min: 0, max, noNaN: true }), { minLength: 2, maxLength: 30 })
    .map((samples) => ({ samples }));

const figure = (max: number) => fc.option(fc.oneof(stated(max), seen(max)), { nil: undefined });

const overrides = fc.record({
  escalationRatio: figure(1),
  repeatRatio: figure(0.99),
  humanContactUsd: figure(1e9),
  operatorUsdPerHour: figure(1e9),
  retryRatio: figure(0.99),
});

describe('any ranges that an input may have', () => {
  test('give finite figures and intervals in order, never NaN', () => {
    const perDay = fc.double({ min: 0.001, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom('kubernetes', 'onprem'),
        overrides,
        perDay,
        (id, own, interactionsPerDay) => {
          const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
          const result = uncertaintyOf({
            mode: unbounded(MODES[id as 'kubernetes' | 'onprem']),
            interactionsPerDay,
            overrides: given,
          });
          expect(numbersIn(result).every(Number.isFinite)).toBe(true);
          orderedIntervals(result);
        },
      ),
      { numRuns: 12 },
    );
  });

  test('runs however different leave a capacity above nothing', () => {
    const capacities = fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), {
      minLength: 3,
      maxLength: 9,
    });
    fc.assert(
      fc.property(capacities, fc.integer({ min: 0, max: 1000 }), (runs, seed) => {
        const spread = estimateReplicateSpread(runs, seed);
        if (spread === undefined) throw new Error('three runs have a spread');
        expect(endsOf(spread).low).toBeGreaterThan(0);
        expect(Number.isFinite(endsOf(spread).high)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
