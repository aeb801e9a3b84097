import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  classifyLittle,
  computeInteractivePopulation,
  computeInteractiveRatePerS,
  computePopulation,
} from '../../../planner/queueing/little.ts';

describe("Little's law and the interactive law", () => {
  test('corrected guide: 50 at once and 1.5 s each, back to back, is 33.3 a second', () => {
    expect(computeInteractiveRatePerS(50, 1500)).toBeCloseTo(33.333, 3);
    expect(computePopulation(33.333_333, 1500)).toBeCloseTo(50, 4);
  });

  test('corrected guide: 5.2083 turns/s with 1.5 s of answer and 20 s of thinking are 112 open', () => {
    expect(computeInteractivePopulation(5.2083, 1500, 20_000)).toBeCloseTo(112, 0);
  });

  test('rate and population are each the inverse of the other', () => {
    const positive = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(positive, positive, positive, (ratePerS, responseMs, thinkTimeMs) => {
        const population = computeInteractivePopulation(ratePerS, responseMs, thinkTimeMs);
        expect(computeInteractiveRatePerS(population, responseMs, thinkTimeMs) / ratePerS).toBeCloseTo(1, 9);
        expect(computeInteractivePopulation(ratePerS, responseMs, 0)).toBe(
          computePopulation(ratePerS, responseMs),
        );
        expect(classifyLittle(population, ratePerS, responseMs + thinkTimeMs, 1e-9).kind).toBe('agrees');
        expect(classifyLittle(population * 1000, ratePerS, responseMs + thinkTimeMs, 0.5).kind).toBe(
          'violated',
        );
      }),
    );
  });

  test('nobody there at no rate; no cycle has no rate', () => {
    expect(classifyLittle(0, 0, 100, 0.1)).toEqual({ kind: 'agrees', errorRatio: 0 });
    expect(classifyLittle(5, 0, 100, 0.1)).toEqual({ kind: 'violated', errorRatio: 1 });
    expect(() => computeInteractiveRatePerS(5, 0)).toThrow('must be positive');
  });
});
