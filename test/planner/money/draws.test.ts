import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawTriangular } from '../../../planner/uncertainty/ranges.ts';
import { createRandom } from '../../../vocabulary/random.ts';

describe('triangular draws', () => {
  test('mean (a + b + c)/3 and variance of the closed form, over ten seeds', () => {
    const range = { low: 0.08, value: 0.15, high: 0.18 };
    const { low: a, value: c, high: b } = range;
    const mean = (a + b + c) / 3;
    const variance = (a * a + b * b + c * c - a * b - a * c - b * c) / 18;
    for (let seed = 1; seed <= 10; seed++) {
      const random = createRandom(seed);
      const draws = Array.from({ length: 20_000 }, () => drawTriangular(random, range));
      const average = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
      const spread = draws.reduce((sum, draw) => sum + (draw - average) ** 2, 0) / draws.length;
      // Four standard errors of the mean.
      expect(Math.abs(average - mean)).toBeLessThan(4 * Math.sqrt(variance / draws.length));
      expect(Math.abs(spread / variance - 1)).toBeLessThan(0.05);
    }
  });

  test('stays inside its ends, which may be the value itself', () => {
    const triple = fc
      .array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 3, maxLength: 3 })
      .map((values) => values.sort((a, b) => a - b));
    fc.assert(
      fc.property(triple, fc.integer({ min: 0, max: 1000 }), ([low = 0, value = 0, high = 0], seed) => {
        const draw = drawTriangular(createRandom(seed), { low, value, high });
        expect(draw).toBeGreaterThanOrEqual(low - 1e-9);
        expect(draw).toBeLessThanOrEqual(high + 1e-9);
      }),
    );
    expect(drawTriangular(createRandom(1), { low: 2, value: 2, high: 2 })).toBe(2);
  });
});
