import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseNextRate,
  chooseWindowMs,
  isNarrow,
  narrowBracket,
  OPEN_BRACKET,
} from '../../../bench/run/search-capacity.ts';
import { loadPlanSchema } from '../../../scenarios/load.ts';

/** Searches for a known threshold without noise. */
function search(capacityPerS: number, firstPerS: number, maxSteps: number) {
  let bracket = OPEN_BRACKET;
  let ratePerS = firstPerS;
  let steps = 0;
  for (; steps < maxSteps && !isNarrow(bracket, 0.1); steps++) {
    bracket = narrowBracket(bracket, ratePerS, ratePerS <= capacityPerS);
    ratePerS = chooseNextRate(bracket, ratePerS);
  }
  return { bracket, steps };
}

describe('the search for the crossing', () => {
  it('closes in on any threshold, within a tenth, from any first rate', () => {
    const rate = fc.double({ min: 0.1, max: 1_000, noNaN: true });
    fc.assert(
      fc.property(rate, rate, (capacityPerS, firstPerS) => {
        const { bracket } = search(capacityPerS, firstPerS, 60);
        expect(bracket.metPerS).toBeLessThanOrEqual(capacityPerS);
        expect(bracket.missedPerS).toBeGreaterThan(capacityPerS);
        expect(bracket.missedPerS).toBeLessThanOrEqual(bracket.metPerS * 1.1 + 1e-9);
      }),
    );
  });

  it('needs at most seven steps from an estimate within a factor of two', () => {
    for (const share of [0.3, 0.5, 0.6, 0.9, 1.2])
      expect(search(100, 100 * share, 60).steps).toBeLessThanOrEqual(7);
  });

  it('takes back a success above a later miss', () => {
    const bracket = narrowBracket({ metPerS: 20, missedPerS: 40 }, 15, false);
    expect(bracket).toEqual({ metPerS: 0, missedPerS: 15 });
  });

  it('gives low rates longer windows, as far as there is time', () => {
    const plan = loadPlanSchema.parse({ kind: 'find-capacity' });
    if (plan.kind !== 'find-capacity') throw new Error('another plan');
    expect(chooseWindowMs(plan, 1_000, 30_000)).toBe(plan.windowMs);
    expect(chooseWindowMs(plan, 20, 30_000)).toBe(6_500);
    expect(chooseWindowMs(plan, 1, 30_000)).toBeLessThan(11_000);
  });
});
