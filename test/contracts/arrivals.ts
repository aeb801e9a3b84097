import { describe, expect, it } from 'vitest';
import { createArrivalModel } from '../../bench/arrivals/arrivals.ts';
import { arrivalsSchema } from '../../scenarios/arrivals.ts';
import { createRandom } from '../../vocabulary/random.ts';

export interface ArrivalCase {
  readonly name: string;
  /** As a scenario has it. */
  readonly arrivals: unknown;
  /** The rate at an instant as a multiple of the base rate, written out by hand: what the kind says in words. */
  readonly multiplierAt: (atMs: number) => number;
  /** Most that variance ÷ mean of counts may be, for the width of the checks. */
  readonly dispersion: number;
  /** Published coefficient of variation of gaps, where the rate stands still. */
  readonly gapCv?: number;
}

const RATE_PER_S = 50;
const FROM_MS = -2_000;
const TO_MS = 18_000;
const SPAN = { ratePerS: RATE_PER_S, fromMs: FROM_MS, toMs: TO_MS };
const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);
const BINS = 20;
const STANDARD_ERRORS = 5;

/** The integral of the rate by the midpoint rule at 1 ms: nothing of the code's pieces or inverses. */
function expectedIn(multiplierAt: (atMs: number) => number, fromMs: number, toMs: number): number {
  let sum = 0;
  for (let atMs = fromMs; atMs < toMs; atMs++) sum += multiplierAt(atMs + 0.5);
  return (sum * RATE_PER_S) / 1_000;
}

/** Standard error of a count summed over the seeds; at least one arrival, for kinds that do not scatter. */
const toleranceOf = (expected: number, dispersion: number): number =>
  STANDARD_ERRORS * Math.sqrt(Math.max(1, expected * SEEDS.length * Math.max(dispersion, 0.25)));

/** What every kind of arrivals must do. */
export function describeArrivals({ name, arrivals, multiplierAt, dispersion, gapCv }: ArrivalCase): void {
  describe(`arrivals ${name}`, () => {
    const model = createArrivalModel(arrivalsSchema.parse(arrivals));
    const drawn = SEEDS.map((seed) => model.draw(SPAN, createRandom(seed)));

    it('are ascending and within [from, to)', () => {
      for (const instants of drawn) {
        expect(instants.every((atMs, i) => atMs >= (instants[i - 1] ?? FROM_MS))).toBe(true);
        expect(instants.at(-1) ?? FROM_MS).toBeLessThan(TO_MS);
      }
      expect(drawn.flat().length).toBeGreaterThan(0);
    });

    it(`follow their rate in each of ${BINS} parts of the span, over ${SEEDS.length} seeds`, () => {
      const binMs = (TO_MS - FROM_MS) / BINS;
      for (let bin = 0; bin < BINS; bin++) {
        const fromMs = FROM_MS + bin * binMs;
        const expected = expectedIn(multiplierAt, fromMs, fromMs + binMs);
        const got = drawn.flat().filter((atMs) => atMs >= fromMs && atMs < fromMs + binMs).length;
        const off = Math.abs(got - expected * SEEDS.length);
        expect({ bin, within: off <= toleranceOf(expected, dispersion), got, expected }).toMatchObject({
          within: true,
        });
      }
    });

    it('say beforehand how many to expect and the highest rate', () => {
      for (const [fromMs, toMs] of [
        [FROM_MS, TO_MS],
        [0, 7_300],
      ] as const) {
        const expected = expectedIn(multiplierAt, fromMs, toMs);
        const said = model.computeExpected({ ratePerS: RATE_PER_S, fromMs, toMs });
        expect(Math.abs(said - expected)).toBeLessThan(1e-3 * Math.max(1, expected));
      }
      let highest = 0;
      for (let atMs = FROM_MS; atMs < TO_MS; atMs += 5) highest = Math.max(highest, multiplierAt(atMs + 0.5));
      expect(model.computePeakPerS(SPAN)).toBeGreaterThan(0.99 * highest * RATE_PER_S);
    });

    it.runIf(gapCv !== undefined)(`have gaps with a coefficient of variation of ${gapCv}`, () => {
      const gaps = drawn.flatMap((instants) =>
        instants.slice(1).map((atMs, i) => atMs - (instants[i] ?? atMs)),
      );
      const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
      const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
      expect(Math.abs(mean - 1_000 / RATE_PER_S)).toBeLessThan(1 + (gapCv ?? 1));
      expect(Math.abs(Math.sqrt(variance) / mean - (gapCv ?? 0))).toBeLessThan(
        0.05 * Math.max(1, gapCv ?? 1),
      );
    });

    it('are the same for the same seed only', () => {
      expect(model.draw(SPAN, createRandom(4))).toEqual(drawn[3]);
      expect(drawn[4]).not.toEqual(drawn[3]);
    });

    it('are none in an empty span', () => {
      expect(model.draw({ ratePerS: RATE_PER_S, fromMs: 0, toMs: 0 }, createRandom(1))).toEqual([]);
    });
  });
}
