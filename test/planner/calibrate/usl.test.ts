import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitLinearTpot } from '../../../planner/calibrate/linear-tpot.ts';
import { computeUslThroughput, fitUsl } from '../../../planner/calibrate/usl.ts';

const law = fc.record({
  gamma: fc.double({ min: 0.01, max: 5_000, noNaN: true }),
  sigma: fc.double({ min: 0, max: 0.4, noNaN: true }),
  kappa: fc.double({ min: 0, max: 0.01, noNaN: true }),
});
const LOADS = [1, 2, 4, 8, 16, 32, 64];

describe('the scalability law', () => {
  test('points drawn from a law give that law back, whatever its scale', () => {
    fc.assert(
      fc.property(law, (parameters) => {
        const points = LOADS.map((load) => ({ load, throughput: computeUslThroughput(parameters, load) }));
        const fit = fitUsl(points);
        if (fit.kind === 'refused') throw new Error(fit.reason);
        for (const load of [1, 3, 11, 50, 64]) {
          const exact = computeUslThroughput(parameters, load);
          expect(Math.abs(computeUslThroughput(fit.value, load) / exact - 1)).toBeLessThan(1e-4);
        }
        expect(fit.value.sigma).toBeGreaterThanOrEqual(0);
        expect(fit.value.kappa).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 100 },
    );
  });

  test('one user is γ, and without contention throughput is proportional', () => {
    expect(computeUslThroughput({ gamma: 7, sigma: 0.2, kappa: 0.01 }, 1)).toBe(7);
    expect(computeUslThroughput({ gamma: 7, sigma: 0, kappa: 0 }, 9)).toBe(63);
  });

  test('faster than proportional: both coefficients stay at 0 or more', () => {
    const fit = fitUsl([1, 2, 4, 8].map((load) => ({ load, throughput: load ** 1.1 })));
    expect(fit).toMatchObject({ kind: 'planned', value: { sigma: 0, kappa: 0 } });
  });

  test.each([
    [
      'two loads',
      [
        [1, 5],
        [2, 9],
      ],
      'needs 3 loads',
    ],
    [
      'a throughput of nothing',
      [
        [1, 5],
        [2, 0],
        [3, 6],
      ],
      'throughput above 0',
    ],
    [
      'not a number',
      [
        [1, 5],
        [2, Number.NaN],
        [3, 6],
      ],
      'throughput above 0',
    ],
    [
      'noise',
      [
        [1, 5],
        [2, 1],
        [3, 9],
        [4, 1],
        [5, 9],
        [6, 2],
      ],
      'explains',
    ],
  ] as const)('refuses %s', (_, pairs, words) => {
    const fit = fitUsl(pairs.map(([load, throughput]) => ({ load, throughput })));
    expect(fit).toMatchObject({ kind: 'refused', reason: expect.stringContaining(words) });
  });
});

describe('time per output token as a line', () => {
  test('two points are joined, and the law is exact on a line', () => {
    const fit = fitLinearTpot([
      { x: 4, y: 10 },
      { x: 64, y: 40 },
    ]);
    expect(fit).toMatchObject({ kind: 'planned', value: { intercept: 8, slope: 0.5, r2: 1 } });
    expect(fit.kind === 'planned' && fit.value.at(34)).toBeCloseTo(25, 9);
    expect(() => (fit.kind === 'planned' ? fit.value.at(65) : 0)).toThrow('outside the measured range');
  });

  test('the normal equations by another road: covariance over variance', () => {
    const arbitrary = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 500 }), fc.double({ min: -3, max: 3, noNaN: true })),
      { minLength: 3, maxLength: 12 },
    );
    fc.assert(
      fc.property(arbitrary, (pairs) => {
        const points = pairs.map(([x, noise]) => ({ x, y: 20 + 0.3 * x + noise }));
        const fit = fitLinearTpot(points);
        if (fit.kind === 'refused') return;
        const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
        const [mx, my] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
        const covariance = mean(points.map(({ x, y }) => (x - mx) * (y - my)));
        const variance = mean(points.map(({ x }) => (x - mx) ** 2));
        expect(fit.value.slope).toBeCloseTo(covariance / variance, 6);
      }),
    );
  });

  test.each([
    [
      'one load',
      [
        [4, 10],
        [4, 11],
      ],
      'two different loads',
    ],
    [
      'a fall',
      [
        [4, 10],
        [8, 9],
      ],
      'falls as load rises',
    ],
    [
      'a curve that is no line',
      [
        [1, 10],
        [2, 11],
        [3, 90],
        [4, 12],
        [5, 14],
      ],
      'explains',
    ],
  ] as const)('refuses %s', (_, pairs, words) => {
    expect(fitLinearTpot(pairs.map(([x, y]) => ({ x, y })))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining(words),
    });
  });
});
