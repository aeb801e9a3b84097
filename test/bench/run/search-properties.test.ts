import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Bracket,
  chooseNextRate,
  chooseWindowMs,
  isNarrow,
  narrowBracket,
  OPEN_BRACKET,
} from '../../../bench/run/search-capacity.ts';
import { loadPlanSchema, type SearchPlan } from '../../../scenarios/load.ts';
import { createRandom } from '../../../vocabulary/random.ts';

/** For comparisons of figures that were reached by different operations. */
const ROUNDING = 1 + 1e-12;

const rate = fc.double({ min: 0.01, max: 10_000, noNaN: true });
const answers = fc.array(fc.record({ ratePerS: rate, isMet: fc.boolean() }), { maxLength: 40 });

function planOf(overrides: Partial<SearchPlan> = {}): SearchPlan {
  const plan = loadPlanSchema.parse({ kind: 'find-capacity', ...overrides });
  if (plan.kind !== 'find-capacity') throw new Error('another plan');
  return plan;
}

interface Search {
  readonly bracket: Bracket;
  readonly steps: number;
}

/** Follows the search with an oracle that answers yes or no to a rate; `offered` turns a rate into what was seen. */
function follow(
  isMet: (ratePerS: number) => boolean,
  offered: (ratePerS: number) => number,
  { firstPerS = 10, resolutionRatio = 0.1, maxSteps = 80 } = {},
): Search {
  let bracket = OPEN_BRACKET;
  let ratePerS = firstPerS;
  let steps = 0;
  for (; steps < maxSteps && !isNarrow(bracket, resolutionRatio); steps++) {
    const seenPerS = offered(ratePerS);
    bracket = narrowBracket(bracket, seenPerS, isMet(seenPerS));
    ratePerS = chooseNextRate(bracket, ratePerS);
  }
  return { bracket, steps };
}

describe('the bracket after any answers, contradictory ones too', () => {
  it('keeps its ends in order and its upper end never rises', () => {
    fc.assert(
      fc.property(answers, (given) => {
        let bracket = OPEN_BRACKET;
        for (const { ratePerS, isMet } of given) {
          const next = narrowBracket(bracket, ratePerS, isMet);
          expect(next.metPerS).toBeLessThan(next.missedPerS);
          expect(next.missedPerS).toBeLessThanOrEqual(bracket.missedPerS);
          // The lower end falls in one case alone: a miss at or below it.
          const isPulledDown = !isMet && ratePerS <= bracket.metPerS;
          if (isPulledDown) expect(next).toEqual({ metPerS: 0, missedPerS: ratePerS });
          else expect(next.metPerS).toBeGreaterThanOrEqual(bracket.metPerS);
          bracket = next;
        }
      }),
    );
  });

  it('says nothing that was not answered: each end is a rate that was tried', () => {
    fc.assert(
      fc.property(answers, (given) => {
        const bracket = given.reduce(
          (so, { ratePerS, isMet }) => narrowBracket(so, ratePerS, isMet),
          OPEN_BRACKET,
        );
        const met = given.filter(({ isMet }) => isMet).map(({ ratePerS }) => ratePerS);
        const missed = given.filter(({ isMet }) => !isMet).map(({ ratePerS }) => ratePerS);
        if (bracket.metPerS > 0) expect(met).toContain(bracket.metPerS);
        expect(bracket.missedPerS).toBe(Math.min(Number.POSITIVE_INFINITY, ...missed));
      }),
    );
  });

  it('gives a next rate that is above zero, and inside where both ends are known', () => {
    fc.assert(
      fc.property(
        answers.filter(({ length }) => length > 0),
        rate,
        (given, lastPerS) => {
          const bracket = given.reduce(
            (so, { ratePerS, isMet }) => narrowBracket(so, ratePerS, isMet),
            OPEN_BRACKET,
          );
          const next = chooseNextRate(bracket, lastPerS);
          expect(next).toBeGreaterThan(0);
          if (bracket.missedPerS === Number.POSITIVE_INFINITY) expect(next).toBeGreaterThan(lastPerS);
          else if (bracket.metPerS === 0) expect(next).toBeLessThan(bracket.missedPerS);
          else {
            expect(next).toBeGreaterThanOrEqual(bracket.metPerS / ROUNDING);
            expect(next).toBeLessThanOrEqual(bracket.missedPerS * ROUNDING);
          }
        },
      ),
    );
  });
});

describe('the search for a known capacity', () => {
  it.each([0.02, 0.1, 0.3])('ends with it inside a bracket of ratio %f', (resolutionRatio) => {
    fc.assert(
      fc.property(rate, rate, (capacityPerS, firstPerS) => {
        const { bracket } = follow(
          (seen) => seen <= capacityPerS,
          (asked) => asked,
          {
            firstPerS,
            resolutionRatio,
          },
        );
        expect(bracket.metPerS).toBeLessThanOrEqual(capacityPerS);
        expect(bracket.missedPerS).toBeGreaterThan(capacityPerS);
        expect(bracket.missedPerS / bracket.metPerS).toBeLessThanOrEqual(1 + resolutionRatio + 1e-12);
      }),
    );
  });

  it('takes the steps that halving a logarithm takes: ⌈log₂(ln 1.5 ÷ ln 1.1)⌉ = 3 after the first miss', () => {
    for (let capacityPerS = 10; capacityPerS < 15; capacityPerS += 0.25) {
      const { steps } = follow(
        (seen) => seen <= capacityPerS,
        (asked) => asked,
        { firstPerS: 10 },
      );
      // One that held, one that did not, and the halvings between.
      expect(steps).toBeLessThanOrEqual(2 + 3);
    }
  });

  it('finds it within the noise where the load seen differs from the load asked for', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = createRandom(seed);
      const noisy = (askedPerS: number): number => askedPerS * (0.97 + 0.06 * random.next());
      const { bracket } = follow((seen) => seen <= 42, noisy, { maxSteps: 40 });
      expect(bracket.metPerS).toBeLessThanOrEqual(42);
      expect(bracket.missedPerS).toBeGreaterThan(42);
      expect(isNarrow(bracket, 0.1)).toBe(true);
    }
  });

  it('goes down from a miss at the lowest rate, and is not narrow by that', () => {
    const bracket = narrowBracket(OPEN_BRACKET, 0.3, false);
    expect(bracket).toEqual({ metPerS: 0, missedPerS: 0.3 });
    expect(chooseNextRate(bracket, 0.3)).toBeCloseTo(0.15, 12);
    expect(isNarrow(bracket, 0.1)).toBe(false);
  });
});

describe('when the bracket is narrow', () => {
  it('is when the ends are within the ratio, and never while one is unseen', () => {
    expect(isNarrow(OPEN_BRACKET, 0.99)).toBe(false);
    expect(isNarrow({ metPerS: 0, missedPerS: 1e-9 }, 0.99)).toBe(false);
    expect(isNarrow({ metPerS: 100, missedPerS: 110 }, 0.25)).toBe(true);
    expect(isNarrow({ metPerS: 100, missedPerS: 125 }, 0.25)).toBe(true);
    expect(isNarrow({ metPerS: 100, missedPerS: 125.1 }, 0.25)).toBe(false);
  });
});

describe('the window of a step', () => {
  it('is never shorter than the plan says and never longer than a third of the time left or what 130 turns take', () => {
    fc.assert(
      fc.property(rate, fc.integer({ min: 0, max: 600_000 }), (ratePerS, leftMs) => {
        const plan = planOf();
        const windowMs = chooseWindowMs(plan, ratePerS, leftMs);
        expect(windowMs).toBeGreaterThanOrEqual(plan.windowMs);
        expect(windowMs).toBeLessThanOrEqual(Math.max(plan.windowMs, leftMs * 0.34 * ROUNDING));
        expect(windowMs).toBeLessThanOrEqual(Math.max(plan.windowMs, (130_000 / ratePerS) * ROUNDING));
      }),
    );
  });

  it('does not shrink as the rate falls or as there is more time', () => {
    fc.assert(
      fc.property(rate, rate, fc.nat(600_000), fc.nat(600_000), (a, b, c, d) => {
        const plan = planOf();
        const [slow, fast] = [Math.min(a, b), Math.max(a, b)];
        const [less, more] = [Math.min(c, d), Math.max(c, d)];
        expect(chooseWindowMs(plan, slow, less)).toBeGreaterThanOrEqual(chooseWindowMs(plan, fast, less));
        expect(chooseWindowMs(plan, slow, more)).toBeGreaterThanOrEqual(chooseWindowMs(plan, slow, less));
      }),
    );
  });
});
