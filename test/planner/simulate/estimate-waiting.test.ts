import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeMeanWait } from '../../../planner/queueing/erlang.ts';
import { computeErlangA } from '../../../planner/queueing/erlang-a.ts';
import { estimateWaiting, type WaitingEstimate } from '../../../planner/simulate/estimate-waiting.ts';
import { fitArrivals, observedAt60S } from '../../../planner/simulate/fit-arrivals.ts';
import { simulateWaiting, type WaitingQueue } from '../../../planner/simulate/simulate-waiting.ts';

const poisson = (servers: number, erlangs: number, scv = 1): WaitingQueue => ({
  servers,
  arrivals: { kind: 'poisson', ratePerS: erlangs },
  service: { kind: 'drawn', meanMs: 1000, scv },
});

const QUICK = { seed: 1, maxCustomers: 100_000 };

function steady(estimate: WaitingEstimate): Extract<WaitingEstimate, { kind: 'steady' }> {
  if (estimate.kind !== 'steady') throw new Error(estimate.explanation);
  return estimate;
}

describe('which method', () => {
  test('below both limits: the equation, exact for Poisson arrivals and exponential service', () => {
    const estimate = steady(estimateWaiting(poisson(10, 6.9), QUICK));
    const exactMs = computeMeanWait({ offeredErlangs: 6.9, servers: 10, meanServiceTime: 1000 }) ?? 0;
    expect(estimate).toMatchObject({ method: 'closed-form', model: 'Erlang C' });
    expect(estimate.meanWaitMs).toBeCloseTo(exactMs, 9);
    expect(estimate.meanWaitLowMs).toBe(estimate.meanWaitHighMs);
    expect(estimate.simulation).toBeUndefined();
  });

  test('utilisation 0.7 and more: simulation, and it says so', () => {
    const estimate = steady(estimateWaiting(poisson(10, 7), QUICK));
    const exactMs = computeMeanWait({ offeredErlangs: 7, servers: 10, meanServiceTime: 1000 }) ?? 0;
    expect(estimate).toMatchObject({ method: 'simulation', model: 'simulated: Poisson arrivals' });
    expect(estimate.explanation).toContain('utilisation 0.70');
    expect(estimate.simulation).toMatchObject({ seed: 1, batches: 30, reducedBy: 1 });
    expect(estimate.meanWaitLowMs).toBeLessThan(exactMs);
    expect(estimate.meanWaitHighMs).toBeGreaterThan(exactMs);
  });

  test('dispersion of 2 and more: simulation even at light load', () => {
    const arrivals = fitArrivals(observedAt60S(5, 1, 2.01));
    const estimate = steady(estimateWaiting({ ...poisson(10, 5), arrivals }, QUICK));
    expect(estimate.model).toBe('simulated: modulated arrivals');
    expect(estimate.explanation).toContain('2.01 times as much');
    const calmer = fitArrivals(observedAt60S(5, 1, 1.9));
    expect(steady(estimateWaiting({ ...poisson(10, 5), arrivals: calmer }, QUICK)).model).toBe(
      'Allen–Cunneen',
    );
  });

  test('a trace too short for two windows of a minute is simulated', () => {
    const instantsMs = Array.from({ length: 500 }, (_, i) => i * 100);
    const queue = { ...poisson(20, 1), arrivals: { kind: 'trace', instantsMs } } as const;
    const estimate = steady(estimateWaiting(queue, QUICK));
    expect(estimate.explanation).toContain('less than two minutes');
    expect(estimate.utilisation).toBeCloseTo(0.5, 9);
  });

  test('the load reaches the servers: no wait is given, with patience there is one', () => {
    expect(estimateWaiting(poisson(10, 10), QUICK)).toMatchObject({ kind: 'overloaded', utilisation: 1 });
    const patient = steady(estimateWaiting({ ...poisson(10, 15), meanPatienceMs: 3000 }, QUICK));
    const exact = computeErlangA({ arrivalRatePerS: 15, meanServiceS: 1, meanPatienceS: 3, servers: 10 });
    expect(patient.method).toBe('simulation');
    expect(patient.abandonProbability / exact.abandonProbability).toBeCloseTo(1, 1);
    expect(patient.utilisation).toBe(1);
  });

  test('patience below the limits: Erlang A', () => {
    const estimate = steady(estimateWaiting({ ...poisson(10, 6), meanPatienceMs: 3000 }, QUICK));
    const exact = computeErlangA({ arrivalRatePerS: 6, meanServiceS: 1, meanPatienceS: 3, servers: 10 });
    expect(estimate.model).toBe('Erlang A');
    expect(estimate.meanWaitMs).toBeCloseTo(exact.meanWaitS * 1000, 9);
    expect(estimate.abandonProbability).toBeCloseTo(exact.abandonProbability, 12);
  });

  test('a load that is none is a mistake of the caller', () => {
    expect(() => estimateWaiting(poisson(10, 0), QUICK)).toThrow(RangeError);
    expect(() => estimateWaiting(poisson(10, Number.NaN), QUICK)).toThrow(RangeError);
  });
});

describe('burstiness', () => {
  test('at one load, more dispersion never waits less, and far more than Erlang C says', () => {
    const wait = (index: number): number =>
      steady(
        estimateWaiting(
          { ...poisson(20, 15), arrivals: fitArrivals(observedAt60S(15, 1, index)) },
          { seed: 1 },
        ),
      ).meanWaitMs;
    const erlangMs = computeMeanWait({ offeredErlangs: 15, servers: 20, meanServiceTime: 1000 }) ?? 0;
    const waits = [3, 10, 30].map(wait);
    expect(waits[0]).toBeGreaterThan(erlangMs);
    expect(waits[1]).toBeGreaterThan(1.5 * (waits[0] ?? 0));
    expect(waits[2]).toBeGreaterThan(1.5 * (waits[1] ?? 0));
  });

  test('a large pool simulated in small waits as the large one, ten seeds', () => {
    const swings = [{ varianceRatio: 0.05, blockMs: 2_000 }];
    const arrivals = { kind: 'modulated', ratePerS: 800, gapCv: 1, swings } as const;
    const queue: WaitingQueue = { servers: 1000, arrivals, service: { kind: 'drawn', meanMs: 1000, scv: 1 } };
    const over = (maxCustomers: number): { mean: number; error: number; reducedBy: number } => {
      const runs = Array.from({ length: 10 }, (_, seed) =>
        simulateWaiting(queue, { seed, precisionRatio: 0, maxCustomers }),
      );
      const means = runs.map(({ meanWaitMs }) => meanWaitMs.mean);
      const mean = means.reduce((sum, x) => sum + x, 0) / means.length;
      const squares = means.reduce((sum, x) => sum + (x - mean) ** 2, 0);
      return { mean, error: Math.sqrt(squares / 90), reducedBy: runs[0]?.reducedBy ?? 0 };
    };
    const [small, whole] = [over(120_000), over(480_000)];
    expect(small.reducedBy).toBeGreaterThan(whole.reducedBy);
    expect(Math.abs(small.mean - whole.mean)).toBeLessThan(4 * Math.hypot(small.error, whole.error));
  });
});

describe('every estimate', () => {
  test('ends and is finite for arrivals beyond belief', () => {
    for (const observed of [
      observedAt60S(5, 1, 1e300),
      observedAt60S(5, 1e200, 1),
      observedAt60S(1e9, 0, 1e9),
      observedAt60S(1e-9, 1e9, 1e9),
    ]) {
      const arrivals = fitArrivals(observed);
      const queue = {
        ...poisson(7, 1),
        arrivals,
        service: { kind: 'drawn', meanMs: 1000 / observed.ratePerS, scv: 1 },
      };
      const estimate = steady(estimateWaiting(queue as WaitingQueue, { seed: 1, maxCustomers: 3_000 }));
      expect(Number.isFinite(estimate.meanWaitMs)).toBe(true);
      expect(Number.isFinite(estimate.meanWaitHighMs)).toBe(true);
    }
  });

  test('is finite, ordered, and the same for the same seed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.double({ min: 0.01, max: 0.98, noNaN: true }),
        fc.double({ min: 0, max: 4, noNaN: true }),
        fc.double({ min: 0, max: 200, noNaN: true }),
        (servers, utilisation, scv, index) => {
          const ratePerS = utilisation * servers;
          const arrivals = fitArrivals(observedAt60S(ratePerS, undefined, index));
          const queue = { ...poisson(servers, ratePerS, scv), arrivals };
          const options = { seed: 7, maxCustomers: 5_000 };
          const estimate = steady(estimateWaiting(queue, options));
          for (const value of [estimate.meanWaitMs, estimate.p95WaitMs, estimate.meanWaitHighMs]) {
            expect(Number.isFinite(value) && value >= 0).toBe(true);
          }
          expect(estimate.meanWaitLowMs).toBeLessThanOrEqual(estimate.meanWaitMs);
          expect(estimate.meanWaitHighMs).toBeGreaterThanOrEqual(estimate.meanWaitMs);
          expect(estimate.waitProbability).toBeLessThanOrEqual(1);
          expect(estimateWaiting(queue, options)).toEqual(estimate);
        },
      ),
      { numRuns: 40 },
    );
  });
});
