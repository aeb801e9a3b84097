import { describe, expect, test } from 'vitest';
import { BATCHES, batchMeansOf, estimateMeanByBatches } from '../../../planner/simulate/batch-means.ts';
import { createRandom, sampleNormal } from '../../../vocabulary/random.ts';

/** A first-order autoregression about 10 with correlation r from one value to the next. */
function autoregression(values: number, r: number, seed: number): number[] {
  const random = createRandom(seed);
  const series: number[] = [];
  let deviation = sampleNormal(random);
  for (let i = 0; i < values; i++) {
    deviation = r * deviation + Math.sqrt(1 - r * r) * sampleNormal(random);
    series.push(10 + deviation);
  }
  return series;
}

const heldOf = (values: number, r: number): number =>
  Array.from({ length: 400 }, (_, seed) => {
    const { low, high } = estimateMeanByBatches(autoregression(values, r, seed));
    return low <= 10 && 10 <= high;
  }).filter(Boolean).length / 400;

describe('batch means', () => {
  test('by hand: thirty batches of two', () => {
    const values = Array.from({ length: 60 }, (_, i) => i);
    expect(batchMeansOf(values)).toHaveLength(BATCHES);
    expect(batchMeansOf(values).slice(0, 3)).toEqual([0.5, 2.5, 4.5]);
    expect(estimateMeanByBatches(values).mean).toBe(29.5);
  });

  test('what is left over after the last batch counts in the mean', () => {
    const values = [...new Array<number>(60).fill(1), 62];
    expect(estimateMeanByBatches(values).mean).toBe(2);
  });

  test('constant values: no width', () => {
    expect(estimateMeanByBatches(new Array<number>(300).fill(7))).toEqual({
      mean: 7,
      low: 7,
      high: 7,
      lagCorrelation: 0,
    });
  });

  test('independent values: 95 % of intervals hold the mean, 92 to 98 of a hundred', () => {
    const held = heldOf(3000, 0);
    expect(held).toBeGreaterThan(0.92);
    expect(held).toBeLessThanOrEqual(0.99);
  });

  test('values that lean on each other within a batch: as many', () => {
    expect(heldOf(6000, 0.9)).toBeGreaterThan(0.92);
  });

  test('batches too short for that: the correlation that is left widens the interval, most still hold', () => {
    expect(heldOf(600, 0.95)).toBeGreaterThan(0.8);
  });
});
