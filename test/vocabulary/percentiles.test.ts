import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  classifyPercentile,
  computePercentile,
  MIN_SAMPLES_BY_PERCENT,
  nearestRank,
  sortSamples,
} from '../../vocabulary/percentiles.ts';

const samples = fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 300 });
const percents = fc.constantFrom(1, 10, 25, 50, 75, 90, 95, 99, 99.9, 100);

/** The definition itself: the smallest value with at least `percent` of the samples at or below it. */
function naive(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const found = sorted.find(
    (value) => sorted.filter((other) => other <= value).length * 100 >= percent * values.length,
  );
  return found ?? Number.NaN;
}

describe('nearest-rank percentiles', () => {
  it('are the smallest value with that share of the samples at or below it', () => {
    fc.assert(
      fc.property(samples, percents, (values, percent) => {
        expect(computePercentile(sortSamples(values), percent)).toBe(naive(values, percent));
      }),
    );
  });

  it('are values that were observed, and grow with the percent', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const read = [1, 50, 95, 99, 100].map((percent) => computePercentile(sortSamples(values), percent));
        for (const value of read) expect(values).toContain(value);
        expect(read).toEqual([...read].sort((a, b) => (a ?? 0) - (b ?? 0)));
        expect(read.at(-1)).toBe(Math.max(...values));
      }),
    );
  });

  it.each([
    // The worked example of the nearest-rank method: five values.
    [5, 15],
    [30, 20],
    [40, 20],
    [50, 35],
    [100, 50],
  ])('p%d of 15, 20, 35, 40, 50 is %d', (percent, value) =>
    expect(computePercentile(sortSamples([50, 15, 40, 20, 35]), percent)).toBe(value),
  );

  it('multiply before dividing, so that no rank is off by rounding', () => {
    // 0.29 × 100 is 28.999999999999996 in floating point; 29 × 100 ÷ 100 is 29.
    for (let n = 1; n <= 1000; n++) expect(nearestRank(100, n)).toBe(n);
    for (let percent = 1; percent <= 100; percent++) expect(nearestRank(percent, 100)).toBe(percent);
  });

  it('are absent for no samples', () => expect(computePercentile(sortSamples([]), 50)).toBeUndefined());
});

describe('sortSamples', () => {
  it('orders by value, not by text, and leaves its input alone', () => {
    const input = [10, 9, 100, 1];
    expect([...sortSamples(input)]).toEqual([1, 9, 10, 100]);
    expect(input).toEqual([10, 9, 100, 1]);
  });
});

describe('classifyPercentile', () => {
  it.each([...MIN_SAMPLES_BY_PERCENT])('certifies p%d from %d samples on', (percent, min) => {
    expect(classifyPercentile(percent, 5, min).kind).toBe('certified');
    expect(classifyPercentile(percent, 5, min - 1)).toEqual({
      kind: 'withheld',
      value: 5,
      samples: min - 1,
      minSamples: min,
    });
  });

  it('has the counts of MLPerf: p90 64, p95 130, p99 662, p99.9 6,636', () => {
    expect([90, 95, 99, 99.9].map((percent) => MIN_SAMPLES_BY_PERCENT.get(percent))).toEqual([
      64, 130, 662, 6636,
    ]);
  });

  it('needs ten samples past any other percentile', () => {
    expect(classifyPercentile(80, 1, 50).kind).toBe('certified');
    expect(classifyPercentile(80, 1, 49).kind).toBe('withheld');
  });

  it('says empty, not zero', () => {
    expect(classifyPercentile(50, undefined, 0)).toEqual({ kind: 'empty' });
    expect(classifyPercentile(50, 0, 20)).toMatchObject({ kind: 'certified', value: 0 });
  });
});
