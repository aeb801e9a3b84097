import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateCapacity } from '../../../planner/calibrate/capacity.ts';
import { CAPACITY_DERATE, diagnoseThinHeadroom, keptFreeOf } from '../../../planner/calibrate/derate.ts';
import { proposeNextTurnsPerS } from '../../../planner/calibrate/next-loads.ts';
import { buildResult, exactCapacityPerS, SLOS } from '../fixtures/result.ts';

const curveOf = (...rates: number[]) =>
  estimateCapacity([buildResult({ engine: 'llama', rates, servicePerS: 20 })], SLOS);
const EXACT = exactCapacityPerS(20, 2000);

describe('the two rates that would tell most', () => {
  test('on either side of the predicted crossing, and with them the capacity is nearer to the closed form', () => {
    const before = curveOf(5, 10, 19.5);
    const next = proposeNextTurnsPerS(before);
    expect(next).toHaveLength(2);
    const after = curveOf(5, 10, ...next.map((rate) => Number(rate.toFixed(3))), 19.5);
    const errorOf = ({ capacity }: typeof before): number =>
      Math.abs((capacity.kind === 'refused' ? 0 : capacity.turnsPerS) / EXACT - 1);
    expect(errorOf(after)).toBeLessThan(errorOf(before));
    expect(errorOf(after)).toBeLessThan(0.02);
  });

  test('inside the bracket, ascending and new, for any rates', () => {
    const shares = fc.array(fc.double({ min: 0.1, max: 0.99, noNaN: true }), { minLength: 3, maxLength: 6 });
    fc.assert(
      fc.property(shares, (given) => {
        const rates = given.toSorted((a, b) => a - b).map((share) => share * 20);
        const curve = curveOf(...rates);
        const next = proposeNextTurnsPerS(curve);
        expect(next.toSorted((a, b) => a - b)).toEqual([...next]);
        for (const rate of next) expect(rate).toBeGreaterThan(0);
        if (curve.capacity.kind !== 'bracketed') return;
        for (const rate of next) {
          expect(rate).toBeGreaterThan(curve.capacity.lowTurnsPerS);
          expect(rate).toBeLessThan(curve.capacity.highTurnsPerS);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('above where all were met, below where none was, none where it is known', () => {
    const lowerBound = proposeNextTurnsPerS(curveOf(5, 8, 10));
    expect(Math.min(...lowerBound)).toBeGreaterThan(10);
    const allMissed = proposeNextTurnsPerS(curveOf(19, 19.9));
    expect(Math.max(...allMissed)).toBeLessThan(10);
    expect(proposeNextTurnsPerS(curveOf(5, 18, 18.2, 18.7, 19))).toEqual([]);
  });
});

describe('headroom against the derate', () => {
  test('said below 5.4 % and not above', () => {
    expect(CAPACITY_DERATE.ratio).toBe(0.946);
    expect(diagnoseThinHeadroom(0.05, 'llm')).toEqual([
      expect.objectContaining({
        code: 'ASSUMED_INPUT',
        subject: 'llm',
        message: expect.stringContaining('5.4 %'),
      }),
    ]);
    expect(diagnoseThinHeadroom(0.2, 'llm')).toEqual([]);
  });

  test('a plan keeps free what its mode asks for, and never less than the derate takes', () => {
    expect([0, 0.05, 0.06, 0.2, 0.5].map(keptFreeOf)).toEqual([
      1 - CAPACITY_DERATE.ratio,
      1 - CAPACITY_DERATE.ratio,
      0.06,
      0.2,
      0.5,
    ]);
  });
});
