import { describe, expect, test } from 'vitest';
import {
  computeGapCv,
  computeIndexOfDispersion,
  computeIndexOfDispersionOfWork,
  computeScv,
} from '../../vocabulary/dispersion.ts';
import { createRandom, sampleExponential } from '../../vocabulary/random.ts';

/** A Poisson process of 20/s over 2,000 s. */
function poissonInstants(seed: number): number[] {
  const random = createRandom(seed);
  const instantsMs: number[] = [0];
  while ((instantsMs.at(-1) ?? 0) < 2_000_000)
    instantsMs.push((instantsMs.at(-1) ?? 0) + sampleExponential(random, 50));
  return instantsMs;
}

const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

describe('index of dispersion of work', () => {
  test('by hand: windows of 3 + 1, 2 and 6 in units of their mean', () => {
    // Sums 4, 2, 6: mean 4, variance 8/3; mean work 3, of four arrivals.
    const index = computeIndexOfDispersionOfWork([0, 900, 1500, 2100, 3000], [3, 1, 2, 6, 3], 1);
    expect(index).toBeCloseTo(8 / 3 / 4 / 3, 12);
  });

  test('work of one unit each: the index of counts', () => {
    const instantsMs = poissonInstants(1);
    expect(
      computeIndexOfDispersionOfWork(
        instantsMs,
        instantsMs.map(() => 1),
        10,
      ),
    ).toBe(computeIndexOfDispersion(instantsMs, 10));
  });

  test('independent Poisson arrivals and exponential work: 1 + 1, ten seeds', () => {
    const indices = SEEDS.map((seed) => {
      const instantsMs = poissonInstants(seed);
      const random = createRandom(seed).fork('work');
      const work = instantsMs.map(() => sampleExponential(random, 7));
      return computeIndexOfDispersionOfWork(instantsMs, work, 1) ?? 0;
    });
    // 2,000 windows a run: ten runs know it to √(2/20,000) = 1 %.
    expect(Math.abs(mean(indices) / 2 - 1)).toBeLessThan(0.05);
  });

  test('where a busier window brings smaller work, work swings less than counts', () => {
    const instantsMs: number[] = [];
    const work: number[] = [];
    for (let second = 0; second < 100; second++) {
      const arrivals = second % 2 === 0 ? 30 : 10;
      for (let i = 0; i < arrivals; i++) {
        instantsMs.push(second * 1000 + i);
        work.push(1 / arrivals);
      }
    }
    expect(computeIndexOfDispersion(instantsMs, 1)).toBeGreaterThan(4);
    expect(computeIndexOfDispersionOfWork(instantsMs, work, 1)).toBeCloseTo(0, 12);
  });

  test('no work at all, and fewer than two windows, have no index', () => {
    expect(computeIndexOfDispersionOfWork([0, 500, 2500], [0, 0, 0], 1)).toBeUndefined();
    expect(computeIndexOfDispersionOfWork([0, 500, 2500], [1, 2, 3], 60)).toBeUndefined();
  });
});

describe('variability', () => {
  test('of constant values 0, of one large among none its number less one, of no mean none', () => {
    expect(computeScv([3, 3, 3])).toBe(0);
    expect(computeScv([0, 0, 0, 8])).toBe(3);
    expect(computeScv([0, 0])).toBeUndefined();
  });

  test('gaps of a Poisson process: 1', () => {
    expect(mean(SEEDS.map((seed) => computeGapCv(poissonInstants(seed))))).toBeCloseTo(1, 1);
  });
});
