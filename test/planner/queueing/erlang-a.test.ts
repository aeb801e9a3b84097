import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeServiceLevel } from '../../../planner/queueing/erlang.ts';
import {
  computeErlangA,
  computeErlangAServiceLevel,
  computeErlangAWaitBeyond,
  type ImpatientQueue,
} from '../../../planner/queueing/erlang-a.ts';

/** The birth–death chain state by state, weights as logarithms so that none overflows. */
function byChain({ arrivalRatePerS, meanServiceS, meanPatienceS, servers }: ImpatientQueue) {
  const logs = [0];
  for (let n = 1; n < 60_000; n++) {
    const busy = Math.min(n, servers) / meanServiceS;
    const leaving = Math.max(0, n - servers) / meanPatienceS;
    logs.push((logs[n - 1] ?? 0) + Math.log(arrivalRatePerS / (busy + leaving)));
    if (
      n > servers &&
      (logs[n] ?? 0) < Math.max(logs[servers] ?? 0, 0) - 60 &&
      (logs[n] ?? 0) < (logs[n - 1] ?? 0)
    )
      break;
  }
  const most = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = logs.map((log) => Math.exp(log - most));
  const total = weights.reduce((a, b) => a + b, 0);
  const sum = (of: (n: number) => number): number =>
    weights.reduce((acc, weight, n) => acc + weight * of(n), 0) / total;
  const waiting = sum((n) => Math.max(0, n - servers));
  return {
    waitProbability: sum((n) => (n >= servers ? 1 : 0)),
    abandonProbability: waiting / meanPatienceS / arrivalRatePerS,
    meanWaitS: waiting / arrivalRatePerS,
    occupancy: sum((n) => Math.min(n, servers)) / servers,
  };
}

describe('Erlang A', () => {
  test('agrees with its chain, from light load to five times overload', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0.05, max: 5, noNaN: true }),
        fc.double({ min: 0.05, max: 20, noNaN: true }),
        (servers, utilisation, patience) => {
          const queue = {
            servers,
            meanServiceS: 180,
            meanPatienceS: 180 * patience,
            arrivalRatePerS: (utilisation * servers) / 180,
          };
          const state = computeErlangA(queue);
          const chain = byChain(queue);
          for (const name of ['waitProbability', 'abandonProbability', 'meanWaitS', 'occupancy'] as const) {
            expect(Math.abs(state[name] - chain[name])).toBeLessThan(1e-8 * Math.max(1e-3, chain[name]));
          }
        },
      ),
    );
  });

  test('pools and loads that used to overflow: many idle servers, a million callers, endless patience', () => {
    const idle = computeErlangA({ arrivalRatePerS: 0.01, meanServiceS: 1, meanPatienceS: 60, servers: 5000 });
    expect(idle.waitProbability).toBe(0);
    expect(idle.occupancy).toBeCloseTo(0.01 / 5000, 12);
    const flood = computeErlangA({
      arrivalRatePerS: 1e6,
      meanServiceS: 180,
      meanPatienceS: 1e9,
      servers: 100,
    });
    expect(flood.waitProbability).toBe(1);
    expect(flood.abandonProbability).toBeCloseTo(1 - 100 / 180e6, 9);
    expect(flood.occupancy).toBeCloseTo(1, 6);
    const pool = computeErlangA({
      arrivalRatePerS: 1e6,
      meanServiceS: 1,
      meanPatienceS: 2,
      servers: 1_001_000,
    });
    // Garnett, Mandelbaum & Reiman 2002, theorem 4: 1 ÷ (1 + √(θ/μ) h(β√(μ/θ)) ÷ h(−β)), β = 1, θ/μ = ½.
    const [densityWide, densityOne, tailWide, cdfOne] = [0.1467626, 0.2419707, 0.0786496, 0.8413447];
    const hazard = densityWide / tailWide;
    const limit = 1 / (1 + (Math.sqrt(0.5) * hazard * cdfOne) / densityOne);
    expect(pool.waitProbability).toBeCloseTo(limit, 2);
  });

  test('served and abandoned are all, and more agents never lose more callers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0.01, max: 1e4, noNaN: true }),
        fc.double({ min: 0.1, max: 1e6, noNaN: true }),
        (servers, erlangs, meanPatienceS) => {
          const queue = { servers, meanServiceS: 100, meanPatienceS, arrivalRatePerS: erlangs / 100 };
          const [state, more] = [computeErlangA(queue), computeErlangA({ ...queue, servers: servers + 1 })];
          expect(Object.values(state).every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
          expect(state.occupancy * servers).toBeCloseTo(erlangs * (1 - state.abandonProbability), 5);
          expect(more.abandonProbability).toBeLessThanOrEqual(state.abandonProbability + 1e-12);
        },
      ),
    );
  });

  test('arguments without meaning throw', () => {
    const good = { arrivalRatePerS: 1, meanServiceS: 1, meanPatienceS: 1, servers: 1 };
    for (const bad of [
      { meanPatienceS: Number.POSITIVE_INFINITY },
      { arrivalRatePerS: Number.NaN },
      { servers: 1.5 },
    ])
      expect(() => computeErlangA({ ...good, ...bad })).toThrow(RangeError);
    expect(() => computeErlangAServiceLevel(good, -1)).toThrow(RangeError);
  });
});

describe('Erlang A over time', () => {
  const queue = { arrivalRatePerS: 100 / 1800, meanServiceS: 180, meanPatienceS: 300, servers: 12 };

  test('the share that waits longer integrates to the mean wait', () => {
    const stepS = 0.5;
    let sum = 0;
    for (let s = 0; s < 6000; s++) sum += computeErlangAWaitBeyond(queue, (s + 0.5) * stepS) * stepS;
    // 12.813332 s: published for 12 agents.
    expect(sum).toBeCloseTo(12.813332, 3);
    expect(computeErlangAWaitBeyond(queue, 0)).toBeCloseTo(0.33180204, 7);
  });

  test('answered in time: nobody at once but who does not wait, in the end all who do not leave', () => {
    expect(computeErlangAServiceLevel(queue, 0)).toBeCloseTo(1 - 0.33180204, 7);
    expect(computeErlangAServiceLevel(queue, 1e7)).toBeCloseTo(1 - 0.04271111, 7);
  });

  test('endless patience is the service level of Erlang C: 0.8883500192 in 20 s with 14', () => {
    const patient = { ...queue, arrivalRatePerS: 10 / 180, meanPatienceS: 1e8, servers: 14 };
    expect(computeErlangAServiceLevel(patient, 20)).toBeCloseTo(0.8883500192, 5);
    expect(computeServiceLevel({ offeredErlangs: 10, servers: 14, meanServiceTime: 180 }, 20)).toBeCloseTo(
      0.8883500192,
      9,
    );
  });
});
