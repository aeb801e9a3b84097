import { describe, expect, it } from 'vitest';
import { createArrivalModel } from '../../../bench/arrivals/arrivals.ts';
import { computeTwoStates } from '../../../bench/arrivals/modulated.ts';
import { thin } from '../../../bench/arrivals/thinning.ts';
import { type Arrivals, arrivalsSchema } from '../../../scenarios/arrivals.ts';
import { createRandom } from '../../../vocabulary/random.ts';

const SEEDS = Array.from({ length: 16 }, (_, i) => i + 1);
const SPAN_MS = 2_000_000;

const modulated = (input: object): Arrivals =>
  arrivalsSchema.parse({ kind: 'modulated', windowMs: 1_000, ...input });

/** Variance ÷ mean of counts by window, the counts taken by integer division and nothing else. */
function dispersionAt(instantsMs: readonly number[], windowMs: number): number {
  const windows = Math.floor(SPAN_MS / windowMs);
  const counts = new Array<number>(windows).fill(0);
  for (const atMs of instantsMs) {
    const window = Math.floor(atMs / windowMs);
    if (window < windows) counts[window] = (counts[window] ?? 0) + 1;
  }
  const mean = counts.reduce((sum, count) => sum + count, 0) / windows;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / windows / mean;
}

function measured(arrivals: Arrivals, ratePerS: number, windowMs: number) {
  const model = createArrivalModel(arrivals);
  const span = { ratePerS, fromMs: 0, toMs: SPAN_MS };
  const runs = SEEDS.map((seed) => model.draw(span, createRandom(seed)));
  const indices = runs.map((instants) => dispersionAt(instants, windowMs));
  const mean = indices.reduce((sum, index) => sum + index, 0) / indices.length;
  const variance = indices.reduce((sum, index) => sum + (index - mean) ** 2, 0) / (indices.length - 1);
  const arrivalsPerS = runs.flat().length / SEEDS.length / (SPAN_MS / 1_000);
  return { mean, standardError: Math.sqrt(variance / indices.length), arrivalsPerS, model };
}

describe('modulated arrivals', () => {
  for (const model of ['gamma', 'mmpp2'] as const) {
    for (const [indexOfDispersion, correlationMs] of [
      [1, 1_000],
      [3, 300],
      [3, 1_000],
      [3, 8_000],
      [20, 1_000],
    ] as const) {
      it(`${model}, correlated over ${correlationMs} ms: have the index of dispersion ${indexOfDispersion} that is asked for`, () => {
        const got = measured(modulated({ model, indexOfDispersion, correlationMs }), 20, 1_000);
        const tolerance = 4 * got.standardError + 0.005 * indexOfDispersion;
        expect(Math.abs(got.mean - indexOfDispersion)).toBeLessThan(tolerance);
        // The check means something: its width is far below the index itself.
        expect(tolerance).toBeLessThan(0.25 * indexOfDispersion);
        expect(Math.abs(got.arrivalsPerS - 20)).toBeLessThan(1);
      });
    }

    it(`${model}: say the index at another window, too`, () => {
      const got = measured(modulated({ model, indexOfDispersion: 4, correlationMs: 2_000 }), 20, 5_000);
      const said = got.model.computeDispersion({ ratePerS: 20, fromMs: 0, toMs: 5_000 });
      expect(said).toBeGreaterThan(6);
      expect(Math.abs(got.mean - said)).toBeLessThan(4 * got.standardError + 0.02 * said);
    });
  }

  it('make bursts rarer where calm would have to be less than nothing', () => {
    for (const variance of [0, 0.01, 1, 9, 400]) {
      const { burstShareRatio, burstMultiplier, calmMultiplier } = computeTwoStates(variance, 0.3);
      const mean = burstShareRatio * burstMultiplier + (1 - burstShareRatio) * calmMultiplier;
      const second = burstShareRatio * burstMultiplier ** 2 + (1 - burstShareRatio) * calmMultiplier ** 2;
      expect(calmMultiplier).toBeGreaterThanOrEqual(0);
      expect(mean).toBeCloseTo(1, 9);
      expect(second - 1).toBeCloseTo(variance, 6);
    }
  });
});

describe('thinning', () => {
  it('keeps each with the probability, and of a part what it kept of the whole', () => {
    const items = Array.from({ length: 100_000 }, (_, i) => i);
    for (const keepRatio of [0, 0.01, 0.5, 1]) {
      const kept = thin(items, keepRatio, createRandom(5));
      const standardError = Math.sqrt(100_000 * keepRatio * (1 - keepRatio));
      expect(Math.abs(kept.length - 100_000 * keepRatio)).toBeLessThanOrEqual(4 * standardError);
    }
    const half = new Set(thin(items, 0.5, createRandom(5)));
    expect(thin(items, 0.2, createRandom(5)).every((item) => half.has(item))).toBe(true);
  });

  it('leaves the dispersion that the binomial law says: of I, 1 + p (I − 1)', () => {
    const model = createArrivalModel(modulated({ indexOfDispersion: 5 }));
    const differences = SEEDS.map((seed) => {
      const all = model.draw({ ratePerS: 20, fromMs: 0, toMs: SPAN_MS }, createRandom(seed));
      const kept = thin(all, 0.25, createRandom(seed).fork('thin'));
      return dispersionAt(kept, 1_000) - (1 + 0.25 * (dispersionAt(all, 1_000) - 1));
    });
    const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
  });
});
