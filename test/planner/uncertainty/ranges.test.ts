import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CERTAIN,
  computeTriangularQuantile,
  estimateMeanRange,
  relativeRange,
} from '../../../planner/uncertainty/ranges.ts';
import { createRandom, sampleExponential } from '../../../vocabulary/random.ts';

describe('quantiles of a triangle', () => {
  const triples = fc
    .array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 3, maxLength: 3 })
    .map((values) => values.sort((a, b) => a - b));

  test('invert the closed form, P(X ≤ x) = (x − a)² / ((b − a)(c − a)) up to the mode c', () => {
    const range = { low: 2, value: 5, high: 11 };
    expect(computeTriangularQuantile(range, 1 / 27)).toBeCloseTo(3, 12);
    expect(computeTriangularQuantile(range, 9 / 27)).toBeCloseTo(5, 12);
    expect(computeTriangularQuantile(range, 1 - 9 / 54)).toBeCloseTo(8, 12);
  });

  test('mean (a + b + c)/3 and variance of the closed form, over equally spaced probabilities', () => {
    const range = { low: 0.08, value: 0.15, high: 0.18 };
    const { low: a, value: c, high: b } = range;
    const count = 100_000;
    const values = Array.from({ length: count }, (_, i) =>
      computeTriangularQuantile(range, (i + 0.5) / count),
    );
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    expect(mean).toBeCloseTo((a + b + c) / 3, 7);
    expect(variance / ((a * a + b * b + c * c - a * b - a * c - b * c) / 18)).toBeCloseTo(1, 5);
  });

  test('inside its ends, which may be the value itself, and rising with the probability', () => {
    const probability = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(triples, probability, probability, ([low = 0, value = 0, high = 0], p, q) => {
        const at = (share: number): number => computeTriangularQuantile({ low, value, high }, share);
        expect(at(p)).toBeGreaterThanOrEqual(low - 1e-9);
        expect(at(p)).toBeLessThanOrEqual(high + 1e-9);
        expect(at(Math.max(p, q))).toBeGreaterThanOrEqual(at(Math.min(p, q)) - 1e-9);
      }),
    );
    expect(computeTriangularQuantile({ low: 2, value: 2, high: 2 }, 0.3)).toBe(2);
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
