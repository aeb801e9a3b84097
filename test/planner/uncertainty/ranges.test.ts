import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CERTAIN, drawTriangular, estimateMeanRange, relativeRange } from '../../../planner/uncertainty/ranges.ts';
import { createRandom, sampleExponential } from '../../../vocabulary/random.ts';

describe('triangular draws', () => {
  test('quantiles of the closed form, P(X ≤ x) = (x − a)² / ((b − a)(c − a)) below the mode, ten seeds', () => {
    const range = { low: 2, value: 5, high: 11 };
    const draws = Array.from({ length: 10 }, (_, seed) => {
      const random = createRandom(seed + 1);
      return Array.from({ length: 10_000 }, () => drawTriangular(random, range));
    }).flat();
    const expectBelow = (x: number, share: number): void => {
      const error = Math.sqrt((share * (1 - share)) / draws.length);
      expect(Math.abs(draws.filter((draw) => draw <= x).length / draws.length - share)).toBeLessThan(
        4 * error,
      );
    };
    expectBelow(3, 1 / 27);
    expectBelow(5, 9 / 27);
    expectBelow(8, 1 - 9 / 54);
  });
});

describe('relative ranges', () => {
  test('over the value, which lies inside whatever the source says', () => {
    expect(relativeRange(4, { low: 2, high: 6 })).toEqual({ low: 0.5, value: 1, high: 1.5 });
    expect(relativeRange(4, { low: 5, high: 6 })).toEqual({ low: 1, value: 1, high: 1.5 });
    expect(relativeRange(4, undefined)).toBe(CERTAIN);
    expect(relativeRange(0, { low: 0, high: 6 })).toBe(CERTAIN);
  });
});

describe('range of a mean from its batches', () => {
  const deviation = (values: readonly number[]): number => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  };

  test('the triangle deviates as much as the mean of simulated runs does, over 400 runs', () => {
    // Exponential with mean 7: the mean of 600 has a relative standard error of 1/√600.
    const runs = Array.from({ length: 400 }, (_, seed) => {
      const random = createRandom(seed + 1);
      const batches = Array.from({ length: 6 }, () => {
        const values = Array.from({ length: 100 }, () => sampleExponential(random, 7));
        return { total: values.reduce((sum, value) => sum + value, 0), count: 100 };
      });
      const mean = batches.reduce((sum, { total }) => sum + total, 0) / 600;
      return { mean, range: estimateMeanRange(batches) };
    });
    const truth = deviation(runs.map(({ mean }) => mean / 7));
    expect(truth * Math.sqrt(600)).toBeCloseTo(1, 1);
    const squares = runs.map(({ range }) => (range.high - 1) ** 2 / 6);
    const stated = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
    expect(Math.abs(stated / truth - 1)).toBeLessThan(0.1);
  });

  test('batches of any size weigh as they count; the unit does not matter; always inside (0, 2)', () => {
    const batches = fc.array(
      fc.record({
        total: fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e6, noNaN: true })),
        count: fc.integer({ min: 0, max: 1000 }),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(batches, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (given, unit) => {
        const range = estimateMeanRange(given);
        expect(range.low).toBeGreaterThan(0);
        expect(range.low).toBeLessThanOrEqual(1);
        expect(range.high).toBeGreaterThanOrEqual(1);
        expect(range.high).toBeLessThan(2);
        const other = estimateMeanRange(given.map(({ total, count }) => ({ total: total * unit, count })));
        expect(other.high).toBeCloseTo(range.high, 6);
      }),
    );
  });

  test('equal batches are certain, and so are fewer than three', () => {
    const equal = [10, 20, 30].map((count) => ({ total: count * 5, count }));
    expect(estimateMeanRange(equal).high).toBeCloseTo(1, 12);
    expect(
      estimateMeanRange([
        { total: 1, count: 1 },
        { total: 9, count: 1 },
      ]),
    ).toBe(CERTAIN);
    expect(estimateMeanRange([])).toBe(CERTAIN);
    expect(estimateMeanRange([0, 0, 0].map((total) => ({ total, count: 4 })))).toBe(CERTAIN);
  });
});
