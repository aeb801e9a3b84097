import { describe, expect, test } from 'vitest';
import {
  estimateAllenCunneenWait,
  estimateHalfinWhittWait,
  estimateHayward,
  sizeSquareRootStaffing,
} from '../../../planner/queueing/approximations.ts';
import { computeErlangC, computeMeanWait } from '../../../planner/queueing/erlang.ts';
import {
  classifyLittle,
  computeInteractivePopulation,
  computeInteractiveRatePerS,
  computePopulation,
} from '../../../planner/queueing/little.ts';

describe('Allen–Cunneen', () => {
  test('published value', () => {
    const wait = estimateAllenCunneenWait({
      arrivalRate: 9,
      meanServiceTime: 1,
      servers: 10,
      arrivalScv: 2,
      serviceScv: 1.5,
    });
    expect(wait).toBeCloseTo(1.17028017, 7);
  });
  test('exact for M/D/1: ρ / (2(1 − ρ)) (Pollaczek–Khinchine)', () => {
    const wait = estimateAllenCunneenWait({
      arrivalRate: 0.8,
      meanServiceTime: 1,
      servers: 1,
      arrivalScv: 1,
      serviceScv: 0,
    });
    expect(wait).toBeCloseTo(0.8 / (2 * 0.2), 12);
  });
  test('no answer without a steady state', () => {
    const unstable = { arrivalRate: 1, meanServiceTime: 1, servers: 1, arrivalScv: 1, serviceScv: 1 };
    expect(estimateAllenCunneenWait(unstable)).toBeUndefined();
  });
});

describe('Hayward', () => {
  test('published value at 90 erlangs, 100 servers, peakedness 2', () => {
    const state = estimateHayward(90, 100, 2);
    expect(state?.waitProbability).toBeCloseTo(0.36386447, 7);
    expect(state?.meanWait).toBeCloseTo(0.07277289, 7);
  });
  test('peakedness 1 is Erlang C', () => {
    const state = estimateHayward(10, 14, 1);
    expect(state?.waitProbability).toBeCloseTo(0.1741319336, 9);
    expect((state?.meanWait ?? 0) * 180).toBeCloseTo(7.8359, 4);
  });
  test('overload has no answer', () => {
    expect(estimateHayward(14, 14, 2)).toBeUndefined();
  });
});

describe('square-root staffing', () => {
  test('the limit agrees with Erlang C to one agent at 1,000 erlangs', () => {
    const servers = sizeSquareRootStaffing(1000, 0.2230633477);
    expect(Math.abs(servers - 1032)).toBeLessThanOrEqual(1);
    expect(computeErlangC(1000, servers + 1)).toBeLessThan(0.2231);
  });
  test('no spare server: all wait', () => {
    expect(estimateHalfinWhittWait(0)).toBe(1);
  });
});

describe("Little's law and the interactive law", () => {
  test('5.2 turns/s at 1.5 s and 20 s think time hold 112 conversations (corrected guide)', () => {
    const turnsPerS = (25_000 * 0.15 * 5) / 3600;
    expect(turnsPerS).toBeCloseTo(5.2, 1);
    expect(Math.round(computeInteractivePopulation(turnsPerS, 1500, 20_000))).toBe(112);
  });
  test('50 back-to-back at 1.5 s is 33.3/s', () => {
    expect(computeInteractiveRatePerS(50, 1500)).toBeCloseTo(33.33, 2);
  });
  test('both laws invert one another', () => {
    const rate = computeInteractiveRatePerS(40, 800, 1200);
    expect(computeInteractivePopulation(rate, 800, 1200)).toBeCloseTo(40, 12);
    expect(computePopulation(rate, 2000)).toBeCloseTo(40, 12);
  });
  test('inputs that contradict each other are told apart from those that agree', () => {
    expect(classifyLittle(10, 5, 2000, 0.05).kind).toBe('agrees');
    expect(classifyLittle(10, 5, 200, 0.05)).toEqual({ kind: 'violated', errorRatio: 0.9 });
    expect(classifyLittle(0, 0, 0, 0.05).kind).toBe('agrees');
  });
  test('a cycle of no time is refused', () => {
    expect(() => computeInteractiveRatePerS(1, 0, 0)).toThrow('0 ms');
  });
  test('M/M/c: mean wait and queue length agree by Little', () => {
    const wait = computeMeanWait({ offeredErlangs: 10, servers: 14, meanServiceTime: 180 }) ?? 0;
    // Queue length of M/M/c: C·ρ/(1 − ρ).
    const length = (0.1741319336 * (10 / 14)) / (1 - 10 / 14);
    expect(computePopulation(10 / 180, wait * 1000)).toBeCloseTo(length, 8);
  });
});
