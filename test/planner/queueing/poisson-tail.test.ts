import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  computeErlangB,
  computeLogErlangB,
  computeServersForBlocking,
  computeServersForServiceLevel,
  computeServiceLevel,
} from '../../../planner/queueing/erlang.ts';
import {
  computeLogAbove,
  computeLogPoisson,
  computeLogUpToOverMass,
} from '../../../planner/queueing/poisson-tail.ts';

/** Erlang's own recursion 1/B(c) = 1 + (c/a)/B(c − 1), as logarithms, server by server. */
function logErlangBByRecursion(offeredErlangs: number, servers: number): number {
  let logInverse = 0;
  for (let c = 1; c <= servers; c++) {
    const x = Math.log(c / offeredErlangs) + logInverse;
    logInverse = x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
  }
  return -logInverse;
}

/** 1/B(a, c) = ∫ e^(−t) (1 + t/a)^c dt over t ≥ 0, for c that need not be whole, by Simpson's rule. */
function inverseErlangBByIntegral(offeredErlangs: number, servers: number): number {
  const integrand = (t: number): number => Math.exp(-t + servers * Math.log1p(t / offeredErlangs));
  const to = 60 + 8 * servers;
  const pieces = 200_000;
  let sum = 0;
  for (let piece = 0; piece <= pieces; piece++) {
    const weight = piece === 0 || piece === pieces ? 1 : piece % 2 === 1 ? 4 : 2;
    sum += weight * integrand((to * piece) / pieces);
  }
  return (sum * to) / (3 * pieces);
}

describe('Poisson probabilities', () => {
  test('the mass at counts with a hand-made factorial', () => {
    expect(Math.exp(computeLogPoisson(3, 2))).toBeCloseTo((Math.exp(-2) * 8) / 6, 14);
    expect(Math.exp(computeLogPoisson(0, 2))).toBeCloseTo(Math.exp(-2), 15);
    expect(Math.exp(computeLogPoisson(20, 20))).toBeCloseTo(
      Math.exp(-20) * Array.from({ length: 20 }, (_, i) => 20 / (i + 1)).reduce((x, y) => x * y, 1),
      14,
    );
  });

  test('all counts together are certain, and up to plus above is all', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 300, noNaN: true }), fc.nat({ max: 400 }), (mean, count) => {
        let upTo = 0;
        for (let k = 0; k <= count; k++) upTo += Math.exp(computeLogPoisson(k, mean));
        const above = Math.exp(computeLogAbove(count, mean));
        expect(upTo + above).toBeCloseTo(1, 11);
        const ratio = Math.exp(computeLogUpToOverMass(count, mean) + computeLogPoisson(count, mean));
        expect(ratio).toBeCloseTo(upTo, 11);
      }),
    );
  });

  test('what is not finite or negative throws, and does not loop for ever', () => {
    for (const [count, mean] of [
      [Number.NaN, 1],
      [1, Number.NaN],
      [Number.POSITIVE_INFINITY, 1],
      [1, Number.POSITIVE_INFINITY],
      [-1, 1],
    ] as const) {
      expect(() => computeLogUpToOverMass(count, mean)).toThrow(RangeError);
      expect(() => computeLogAbove(count, mean)).toThrow(RangeError);
    }
  });
});

describe('Erlang B by its definition', () => {
  test("agrees with Erlang's recursion to 1e-10 for one to 20,000 servers", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 30_000, noNaN: true }),
        fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20_000 })),
        (offeredErlangs, servers) => {
          const byRecursion = logErlangBByRecursion(offeredErlangs, servers);
          const error = Math.abs(computeLogErlangB(offeredErlangs, servers) - byRecursion);
          expect(error).toBeLessThan(1e-10 * Math.max(1, Math.abs(byRecursion)));
        },
      ),
    );
  });

  test('servers that are not whole: the integral of Jagerman', () => {
    for (const [erlangs, servers] of [
      [0.7, 0.4],
      [3, 2.5],
      [8, 11.25],
      [45, 50.5],
    ] as const) {
      const logInverse = computeLogUpToOverMass(servers, erlangs);
      expect(Math.exp(logInverse) / inverseErlangBByIntegral(erlangs, servers)).toBeCloseTo(1, 8);
    }
  });

  test('a square-root pool of 100 million: B √a tends to φ(β)/Φ(β), and it takes no time', () => {
    const erlangs = 1e8;
    const servers = 1e8 + 1e4;
    // β = 1: φ(1) = 0.2419707245, Φ(1) = 0.8413447461 (Jagerman 1974; Halfin & Whitt 1981).
    const limit = 0.2419707245 / 0.8413447461;
    const startMs = performance.now();
    expect(computeErlangB(erlangs, servers) * Math.sqrt(erlangs)).toBeCloseTo(limit, 3);
    expect(performance.now() - startMs).toBeLessThan(1000);
  });

  test('ten million servers against the recursion', () => {
    const servers = 10_000_000;
    const byRecursion = logErlangBByRecursion(9_990_000, servers);
    expect(Math.abs(computeLogErlangB(9_990_000, servers) / byRecursion - 1)).toBeLessThan(1e-7);
  });
});

describe('fewest servers', () => {
  test('for blocking: one fewer misses, at a million erlangs too', () => {
    for (const erlangs of [0.2, 37, 1e6]) {
      const servers = computeServersForBlocking(erlangs, 0.01);
      expect(computeErlangB(erlangs, servers)).toBeLessThanOrEqual(0.01);
      expect(computeErlangB(erlangs, servers - 1)).toBeGreaterThan(0.01);
    }
  });

  test('for a service level: 10 erlangs of 180 s, 80 % in 20 s are 14 (88.8 %), and 13 miss', () => {
    const load = { offeredErlangs: 10, meanServiceTime: 180 };
    const servers = computeServersForServiceLevel(load, 20, 0.8);
    expect(computeServiceLevel({ ...load, servers }, 20)).toBeGreaterThanOrEqual(0.8);
    expect(computeServiceLevel({ ...load, servers: servers - 1 }, 20)).toBeLessThan(0.8);
    expect(computeServersForServiceLevel(load, 20, 0.88835)).toBe(14);
    expect(computeServersForServiceLevel({ ...load, offeredErlangs: 0 }, 20, 0.8)).toBe(0);
  });
});
