import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  classifyProportion,
  computeBinomialCdf,
  estimateBinomialInterval,
} from '../../vocabulary/binomial.ts';

/** Row n of Pascal's triangle, exact below 2⁵³. */
function pascal(n: number): number[] {
  let row = [1];
  for (let i = 0; i < n; i++) row = [1, ...row.slice(1).map((value, at) => value + (row[at] ?? 0)), 1];
  return row;
}
const naivePmf = (k: number, n: number, p: number): number =>
  (pascal(n)[k] ?? 0) * p ** k * (1 - p) ** (n - k);
const naiveCdf = (k: number, n: number, p: number): number =>
  Array.from({ length: k + 1 }, (_, i) => naivePmf(i, n, p)).reduce((sum, value) => sum + value, 0);

const counts = fc
  .integer({ min: 1, max: 40 })
  .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));
const shares = fc.double({ min: 0.001, max: 0.999, noNaN: true });

describe('the binomial', () => {
  it("agrees with Pascal's triangle", () => {
    fc.assert(
      fc.property(counts, shares, ([k, n], p) => {
        expect(computeBinomialCdf(k, n, p)).toBeCloseTo(Math.min(1, naiveCdf(k, n, p)), 10);
      }),
    );
  });

  it('is one at the end and at p = 0, and nothing below n at p = 1', () => {
    expect(computeBinomialCdf(5, 5, 0.3)).toBe(1);
    expect(computeBinomialCdf(0, 5, 0)).toBe(1);
    expect(computeBinomialCdf(4, 5, 1)).toBe(0);
  });

  it('stands where e^(−np) is less than the smallest double', () => {
    // Median of binomial(100,000, 0.05) is its mean, 5,000: about half lies at or below it.
    expect(computeBinomialCdf(5000, 100_000, 0.05)).toBeGreaterThan(0.5);
    expect(computeBinomialCdf(5000, 100_000, 0.05)).toBeLessThan(0.51);
  });
});

describe('the Clopper–Pearson bounds', () => {
  // Two-sided 95 % intervals as printed in textbooks are one-sided bounds at 97.5 %.
  it.each([
    [5, 10, 0.187086, 0.812914],
    [1, 10, 0.002529, 0.445016],
    [8, 10, 0.443905, 0.974789],
  ])('of %d in %d are the published ones', (successes, samples, low, high) => {
    const interval = estimateBinomialInterval(successes, samples, 0.975);
    expect(interval.low).toBeCloseTo(low, 5);
    expect(interval.high).toBeCloseTo(high, 5);
  });

  it.each([1, 10, 59, 298, 5000])('of none in %d are 0 and 1 − 0.05^(1/n); of all its mirror', (samples) => {
    const bound = 1 - 0.05 ** (1 / samples);
    expect(estimateBinomialInterval(0, samples, 0.95)).toMatchObject({ low: 0 });
    expect(estimateBinomialInterval(0, samples, 0.95).high).toBeCloseTo(bound, 9);
    expect(estimateBinomialInterval(samples, samples, 0.95).low).toBeCloseTo(1 - bound, 9);
    expect(estimateBinomialInterval(samples, samples, 0.95).high).toBe(1);
  });

  it('certify p95 from 59 clean requests on, and not from 58', () => {
    expect(estimateBinomialInterval(0, 59, 0.95).high).toBeCloseTo(0.04951, 5);
    expect(estimateBinomialInterval(0, 58, 0.95).high).toBeGreaterThan(0.05);
  });

  it('are mirrored when successes and failures change places', () => {
    fc.assert(
      fc.property(counts, ([k, n]) => {
        const one = estimateBinomialInterval(k, n, 0.95);
        const other = estimateBinomialInterval(n - k, n, 0.95);
        expect(one.low).toBeCloseTo(1 - other.high, 9);
      }),
    );
  });

  it('cover the truth at least as often as they promise', () => {
    // Exact coverage: P over all k that high(k) ≥ p, by Pascal's triangle.
    for (const p of [0.01, 0.05, 0.2, 0.5]) {
      const n = 40;
      const coverage = Array.from({ length: n + 1 }, (_, k) => k)
        .filter((k) => estimateBinomialInterval(k, n, 0.95).high >= p)
        .reduce((sum, k) => sum + naivePmf(k, n, p), 0);
      expect(coverage).toBeGreaterThanOrEqual(0.95 - 1e-9);
    }
  });
});

describe('a proportion against a ratio', () => {
  it('lies where the ends of its interval lie', () => {
    const many = fc
      .integer({ min: 1, max: 3000 })
      .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));
    fc.assert(
      fc.property(many, fc.double({ min: 0, max: 1, noNaN: true }), ([k, n], ratio) => {
        const { low, high } = estimateBinomialInterval(k, n, 0.95);
        // Bisection places the ends to about 1e-16: what lies that near may fall on either side.
        fc.pre(Math.abs(low - ratio) > 1e-12 && Math.abs(high - ratio) > 1e-12);
        const expected = high <= ratio ? 'within' : low > ratio ? 'beyond' : 'open';
        expect(classifyProportion(k, n, ratio, 0.95)).toBe(expected);
      }),
    );
  });

  it('59 clean requests keep p95 and 58 do not tell; any number is within all', () => {
    expect(classifyProportion(0, 59, 0.05, 0.95)).toBe('within');
    expect(classifyProportion(0, 58, 0.05, 0.95)).toBe('open');
    expect(classifyProportion(10, 10, 1, 0.95)).toBe('within');
    expect(classifyProportion(1, 10, 0, 0.95)).toBe('beyond');
    expect(classifyProportion(0, 10, 0, 0.95)).toBe('open');
  });
});
