import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  computeErlangB,
  computeErlangC,
  computeLoadForServiceLevel,
  computeLogErlangB,
  computeMeanWait,
  computeServersForBlocking,
  computeServiceLevel,
} from '../../../planner/queueing/erlang.ts';
import { computeErlangA } from '../../../planner/queueing/erlang-a.ts';

const queue = { offeredErlangs: 10, servers: 14, meanServiceTime: 180 };

describe('Erlang B and C', () => {
  test.each([
    ['B(10, 14)', computeErlangB(10, 14), 0.0568191434],
    ['C(10, 14)', computeErlangC(10, 14), 0.1741319336],
    ['B(100, 100)', computeErlangB(100, 100), 0.0757004527],
    ['C(100, 110)', computeErlangC(100, 110), 0.2370075003],
    ['C(1000, 1032)', computeErlangC(1000, 1032), 0.2230633477],
    ['SL(10, 14, 20 s, 180 s)', computeServiceLevel(queue, 20), 0.8883500192],
  ])('%s', (_, value, published) => {
    expect(Math.abs(value - published)).toBeLessThan(1e-9);
  });

  test('average speed of answer of 10 erlangs on 14 agents with 180 s calls', () => {
    expect(computeMeanWait(queue)).toBeCloseTo(7.8359, 4);
  });

  test('no load blocks nothing; no servers block all; a full system has no mean wait', () => {
    expect(computeErlangB(0, 3)).toBe(0);
    expect(computeErlangB(5, 0)).toBe(1);
    expect(computeErlangC(14, 14)).toBe(1);
    expect(computeMeanWait({ ...queue, offeredErlangs: 14 })).toBeUndefined();
    expect(computeServiceLevel({ ...queue, offeredErlangs: 15 }, 20)).toBe(0);
  });

  test('bad arguments throw with the value', () => {
    expect(() => computeErlangB(-1, 3)).toThrow('got -1');
    expect(() => computeErlangB(Number.NaN, 3)).toThrow('got NaN');
    expect(() => computeErlangB(1, 2.5)).toThrow('got 2.5');
    expect(() => computeServersForBlocking(1, 0)).toThrow('got 0');
  });

  test('more servers block less, more load blocks more, C is at least B', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 500, noNaN: true }),
        fc.integer({ min: 1, max: 600 }),
        (a, c) => {
          const b = computeLogErlangB(a, c);
          expect(b).toBeLessThanOrEqual(0);
          expect(computeLogErlangB(a, c + 1)).toBeLessThan(b);
          expect(computeLogErlangB(a * 1.1, c)).toBeGreaterThan(b);
          expect(computeErlangC(a, c)).toBeGreaterThanOrEqual(computeErlangB(a, c) * (1 - 1e-12));
        },
      ),
    );
  });

  test('fewest servers for a blocking limit: one fewer blocks more', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 200, noNaN: true }), (a) => {
        const servers = computeServersForBlocking(a, 0.01);
        expect(computeErlangB(a, servers)).toBeLessThanOrEqual(0.01);
        expect(computeErlangB(a, servers - 1)).toBeGreaterThan(0.01);
      }),
    );
  });

  test('load for a service level inverts the service level', () => {
    const load = computeLoadForServiceLevel({ servers: 14, meanServiceTime: 180 }, 20, 0.8883500192);
    expect(load).toBeCloseTo(10, 6);
  });
});

describe('Erlang A', () => {
  test.each([
    [14, 0.14526011, 0.01398374, 4.195123],
    [12, 0.33180204, 0.04271111, 12.813332],
    [10, 0.59943332, 0.109438, 32.8314],
  ])('%i agents, 100 calls per half hour, 180 s, patience 300 s', (servers, wait, abandon, meanWaitS) => {
    const state = computeErlangA({
      arrivalRatePerS: 100 / 1800,
      meanServiceS: 180,
      meanPatienceS: 300,
      servers,
    });
    expect(state.waitProbability).toBeCloseTo(wait, 7);
    expect(state.abandonProbability).toBeCloseTo(abandon, 7);
    expect(state.meanWaitS).toBeCloseTo(meanWaitS, 5);
  });

  test('endless patience is Erlang C', () => {
    const state = computeErlangA({
      arrivalRatePerS: 10 / 180,
      meanServiceS: 180,
      meanPatienceS: 1e9,
      servers: 14,
    });
    expect(state.waitProbability).toBeCloseTo(0.1741319336, 5);
  });

  test('overload is stable: what is not served leaves', () => {
    const state = computeErlangA({ arrivalRatePerS: 2, meanServiceS: 10, meanPatienceS: 30, servers: 10 });
    expect(state.occupancy).toBeGreaterThan(0.99);
    // Flow balance: served rate = λ(1 − P_abandon) = busy servers ÷ S.
    expect(2 * (1 - state.abandonProbability)).toBeCloseTo((state.occupancy * 10) / 10, 9);
  });

  test('arguments without meaning throw', () => {
    const good = { arrivalRatePerS: 1, meanServiceS: 1, meanPatienceS: 1, servers: 1 };
    expect(() => computeErlangA({ ...good, servers: 0 })).toThrow(RangeError);
    expect(() => computeErlangA({ ...good, meanPatienceS: 0 })).toThrow(RangeError);
  });
});
