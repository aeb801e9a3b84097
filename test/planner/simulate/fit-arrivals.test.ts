import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createArrivals, ratePerSOf, splitArrivals } from '../../../planner/simulate/arrivals.ts';
import { computeSwingDispersion, indexOfDispersion60S } from '../../../planner/simulate/dispersion.ts';
import { fitArrivals, observedAt60S } from '../../../planner/simulate/fit-arrivals.ts';
import { computeGapCv, computeIndexOfDispersion } from '../../../vocabulary/dispersion.ts';
import { createRandom } from '../../../vocabulary/random.ts';

const drawn = (process: Parameters<typeof createArrivals>[0], count: number, seed: number): number[] => {
  const next = createArrivals(process, createRandom(seed));
  return Array.from({ length: count }, () => next());
};

const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

describe('drawn arrivals have what was asked for, ten seeds', () => {
  test('rate and gaps of renewals: even, Poisson and bursty', () => {
    for (const gapCv of [0, 0.5, 1, 2]) {
      const runs = SEEDS.map((seed) => drawn({ kind: 'renewal', ratePerS: 20, gapCv }, 20_000, seed));
      expect(mean(runs.map((run) => 20_000 / ((run.at(-1) ?? 0) / 1000)))).toBeCloseTo(20, 0);
      expect(Math.abs(mean(runs.map(computeGapCv)) - gapCv)).toBeLessThan(0.03 * Math.max(1, gapCv));
    }
  });

  test('a swing has the dispersion of its formula in every window', () => {
    const process = {
      kind: 'modulated',
      ratePerS: 10,
      gapCv: 1,
      swings: [{ varianceRatio: 0.1, blockMs: 20_000 }],
    } as const;
    for (const windowS of [1, 10, 60]) {
      const seen = mean(
        SEEDS.map((seed) => computeIndexOfDispersion(drawn(process, 200_000, seed), windowS) ?? 0),
      );
      // By hand for windows beyond the block: 1 + rate · V · (B − B²/3W).
      const [b, w] = [20, windowS];
      const memoryS = w >= b ? b - b ** 2 / (3 * w) : w - w ** 2 / (3 * b);
      expect(computeSwingDispersion(10, 1, process.swings, windowS * 1000)).toBeCloseTo(
        1 + 10 * 0.1 * memoryS,
        4,
      );
      // 3,300 windows of 60 s: known to √(2/3300) = 2.5 %, four of them.
      expect(Math.abs(seen / (1 + 10 * 0.1 * memoryS) - 1)).toBeLessThan(0.1);
    }
  });

  test('two swings multiply: the product has the variance of the product', () => {
    const swings = [
      { varianceRatio: 0.2, blockMs: 100_000 },
      { varianceRatio: 0.3, blockMs: 100_000 },
    ];
    // In a window far shorter than the blocks the rate is one draw: 1 + rate · window · ((1.2 · 1.3) − 1).
    expect(computeSwingDispersion(10, 1, swings, 10)).toBeCloseTo(1 + 10 * 0.01 * 0.56, 4);
  });
});

describe('fitting', () => {
  test('an index at 60 s and gaps come back from the fitted process, by formula and by drawing', () => {
    const fitted = fitArrivals(observedAt60S(8, 1.2, 6));
    expect(fitted.kind).toBe('modulated');
    expect(indexOfDispersion60S(fitted)).toBeCloseTo(6, 4);
    const runs = SEEDS.map((seed) => drawn(fitted, 200_000, seed));
    expect(Math.abs(mean(runs.map((run) => computeIndexOfDispersion(run, 60) ?? 0)) / 6 - 1)).toBeLessThan(
      0.1,
    );
    expect(Math.abs(mean(runs.map(computeGapCv)) - 1.2)).toBeLessThan(0.03);
  });

  test('all windows that a process can have at once come back', () => {
    const swings = [
      { varianceRatio: 0.05, blockMs: 300_000 },
      { varianceRatio: 0.1, blockMs: 10_000 },
    ];
    const windows = [1, 10, 60, 300];
    const indexOfDispersion = Object.fromEntries(
      windows.map((windowS) => [String(windowS), computeSwingDispersion(6, 1, swings, windowS * 1000)]),
    );
    const fitted = fitArrivals({ ratePerS: 6, indexOfDispersion });
    if (fitted.kind !== 'modulated') throw new Error('no swings');
    for (const windowS of windows) {
      const index = computeSwingDispersion(6, fitted.gapCv, fitted.swings, windowS * 1000);
      expect(index / (indexOfDispersion[String(windowS)] ?? 0)).toBeCloseTo(1, 1);
    }
  });

  test('an index of 1 and no more is a process without swings', () => {
    expect(fitArrivals(observedAt60S(8, 1, 1))).toEqual({ kind: 'renewal', ratePerS: 8, gapCv: 1 });
    expect(fitArrivals({ ratePerS: 8, gapCv: 1.5, indexOfDispersion: {} })).toEqual({
      kind: 'renewal',
      ratePerS: 8,
      gapCv: 1.5,
    });
  });

  test('whatever index is asked for at 60 s, the process has it; at ten times the rate the swings keep their size', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 2000, noNaN: true }),
        fc.double({ min: 1.5, max: 5000, noNaN: true }),
        (ratePerS, index) => {
          const observed = observedAt60S(ratePerS, undefined, index);
          const fitted = fitArrivals(observed);
          expect((indexOfDispersion60S(fitted) ?? 0) / index).toBeCloseTo(1, 3);
          const faster = fitArrivals(observed, 10 * ratePerS);
          expect(((indexOfDispersion60S(faster) ?? 0) - 1) / (10 * (index - 1))).toBeCloseTo(1, 3);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('traces and splitting', () => {
  test('a trace is replayed over and over, a mean gap between its end and its beginning', () => {
    const next = createArrivals({ kind: 'trace', instantsMs: [0, 10, 40] }, createRandom(1));
    expect(Array.from({ length: 7 }, () => next())).toEqual([0, 10, 40, 60, 70, 100, 120]);
    expect(ratePerSOf({ kind: 'trace', instantsMs: [0, 10, 40] })).toBe(50);
  });

  test('arrivals spread over ten queues by chance: a tenth of the rate, gaps nearer to Poisson', () => {
    const whole = { kind: 'renewal', ratePerS: 50, gapCv: 3 } as const;
    const one = splitArrivals(whole, 10);
    const seen = SEEDS.map((seed) => {
      const random = createRandom(seed).fork('coin');
      return drawn(whole, 200_000, seed).filter(() => random.next() < 0.1);
    });
    expect(one.ratePerS).toBe(5);
    expect(Math.abs(mean(seen.map(computeGapCv)) / one.gapCv - 1)).toBeLessThan(0.03);
    expect(splitArrivals({ kind: 'poisson', ratePerS: 4 }, 0.5).ratePerS).toBe(8);
  });
});
