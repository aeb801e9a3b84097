import { describe, expect, test } from 'vitest';
import type { RankCorrelation } from '../../../planner/uncertainty/correlation.ts';
import { DEFAULT_CORRELATIONS } from '../../../planner/uncertainty/default-correlations.ts';
import { computeQuantile, endsOf, isCertain } from '../../../planner/uncertainty/distribution.ts';
import { computeCorrelation, createDraws, drawColumn } from '../../../planner/uncertainty/draws.ts';
import { sortSamples } from '../../../vocabulary/percentiles.ts';
import { spearman } from '../fixtures/uncertain.ts';

const COUNT = 10_000;
const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);

const stated = (a: string, b: string, rankCorrelation: number): RankCorrelation => ({
  a,
  b,
  rankCorrelation,
  reason: 'stated by the test',
});

const drawsOf = (seed: number, correlations: readonly RankCorrelation[]) =>
  createDraws({ seed, count: COUNT, correlations });

describe('correlated draws, ten seeds', () => {
  test.each([-0.9, -0.3, 0, 0.5, 0.8])('a rank correlation of %d is that of the draws', (rank) => {
    for (const seed of SEEDS) {
      const draws = drawsOf(seed, [stated('x', 'y', rank), stated('y', 'z', 0.2)]);
      const [x, y] = [draws.uniformsOf('x'), draws.uniformsOf('y')];
      // The error of a rank correlation near 0 is 1/√n, and less elsewhere.
      expect(Math.abs(spearman(x, y) - rank)).toBeLessThan(4 / Math.sqrt(COUNT));
      expect(computeCorrelation(x, y)).toBeCloseTo(spearman(x, y), 1);
    }
  });

  test('every assumed correlation at once', () => {
    const draws = drawsOf(3, DEFAULT_CORRELATIONS);
    for (const { a, b, rankCorrelation } of DEFAULT_CORRELATIONS) {
      const drawn = spearman(draws.uniformsOf(a), draws.uniformsOf(b));
      expect(Math.abs(drawn - rankCorrelation), `${a} with ${b}`).toBeLessThan(0.04);
    }
  });

  test('triangles keep the rank correlation of their uniforms, and each its own shape', () => {
    const draws = drawsOf(1, [stated('x', 'y', 0.7)]);
    const skewed = { kind: 'triangular', range: { low: 0, value: 0, high: 9 } } as const;
    const narrow = { kind: 'triangular', range: { low: -1, value: 0.5, high: 1 } } as const;
    const [x, y] = [drawColumn(draws, 'x', skewed), drawColumn(draws, 'y', narrow)];
    expect(Math.abs(spearman(x, y) - 0.7)).toBeLessThan(0.03);
    // Mean of a triangle: a third of its corners.
    expect(x.reduce((sum, value) => sum + value, 0) / COUNT).toBeCloseTo(3, 1);
    expect(y.reduce((sum, value) => sum + value, 0) / COUNT).toBeCloseTo(0.5 / 3, 1);
  });

  test('correlated or not, each is uniform: Kolmogorov–Smirnov', () => {
    for (const seed of SEEDS) {
      const draws = drawsOf(seed, [stated('x', 'y', 0.8)]);
      for (const key of ['x', 'y', 'alone']) {
        const sorted = sortSamples(draws.uniformsOf(key));
        const gap = Math.max(...sorted.map((value, index) => Math.abs(value - (index + 0.5) / COUNT)));
        // 1.95/√n is exceeded once in a thousand; thirty columns are looked at.
        expect(gap).toBeLessThan(2.3 / Math.sqrt(COUNT));
      }
    }
  });

  test('wholly correlated inputs are one', () => {
    const draws = drawsOf(1, [stated('x', 'y', 1), stated('x', 'z', -1), stated('y', 'z', -1)]);
    const [x, y, z] = ['x', 'y', 'z'].map((key) => draws.uniformsOf(key));
    for (let row = 0; row < 100; row++) {
      expect(y?.[row]).toBeCloseTo(x?.[row] ?? Number.NaN, 9);
      expect(z?.[row]).toBeCloseTo(1 - (x?.[row] ?? Number.NaN), 9);
    }
  });
});

describe('streams', () => {
  test('an input has the same draws whatever is drawn beside it', () => {
    const few = drawsOf(7, [stated('x', 'y', 0.5)]);
    const many = drawsOf(7, [stated('x', 'y', 0.5), stated('y', 'z', 0.3)]);
    many.uniformsOf('z');
    for (const key of ['x', 'y', 'alone']) expect(many.uniformsOf(key)).toEqual(few.uniformsOf(key));
    expect(drawsOf(8, []).uniformsOf('alone')).not.toEqual(few.uniformsOf('alone'));
  });

  test('two inputs without a stated correlation have none', () => {
    for (const seed of SEEDS) {
      const draws = drawsOf(seed, [stated('x', 'y', 0.9)]);
      expect(Math.abs(spearman(draws.uniformsOf('x'), draws.uniformsOf('alone')))).toBeLessThan(0.04);
    }
  });
});

describe('empirical values', () => {
  const seen = { kind: 'empirical', samples: sortSamples([3, 1, 2, 2]) } as const;

  test('are drawn as often as they were seen', () => {
    const column = drawColumn(drawsOf(1, []), 'x', seen);
    const share = (value: number): number => column.filter((drawn) => drawn === value).length / COUNT;
    expect([1, 2, 3].map((value) => share(value))).toEqual([
      expect.closeTo(0.25, 1),
      expect.closeTo(0.5, 1),
      expect.closeTo(0.25, 1),
    ]);
    expect(share(1) + share(2) + share(3)).toBe(1);
  });

  test('have the ends that were seen', () => {
    expect(endsOf(seen)).toEqual({ low: 1, high: 3 });
    expect(isCertain(seen)).toBe(false);
    expect(isCertain({ kind: 'empirical', samples: sortSamples([4, 4]) })).toBe(true);
    expect(isCertain({ kind: 'triangular', range: { low: 1 - 1e-12, value: 1, high: 1 + 1e-12 } })).toBe(
      true,
    );
    expect(isCertain({ kind: 'triangular', range: { low: 0, value: 0, high: 1e-12 } })).toBe(false);
    expect(computeQuantile(seen, 0)).toBe(1);
    expect(computeQuantile(seen, 0.999999)).toBe(3);
  });
});
