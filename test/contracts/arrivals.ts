import { describe, expect, it } from 'vitest';
import type { ArrivalProcess } from '../../bench/arrivals/arrival-process.ts';
import { createRandom } from '../../vocabulary/random.ts';

/** What every arrival process must do. `gapCv` is its published coefficient of variation of gaps. */
export function describeArrivals(name: string, draw: ArrivalProcess, gapCv: number): void {
  describe(`arrivals ${name}`, () => {
    const span = { ratePerS: 50, fromMs: -2_000, toMs: 18_000 };
    const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

    it('are ascending and within [from, to)', () => {
      for (const seed of seeds) {
        const instants = draw(span, createRandom(seed));
        expect(instants).toEqual([...instants].sort((a, b) => a - b));
        expect(instants[0]).toBeGreaterThanOrEqual(span.fromMs);
        expect(instants.at(-1)).toBeLessThan(span.toMs);
      }
    });

    it('come at the rate asked for, over 20 seeds', () => {
      const total = seeds.reduce((sum, seed) => sum + draw(span, createRandom(seed)).length, 0);
      const expected = seeds.length * span.ratePerS * 20;
      // Four standard deviations of a Poisson number; evenly spaced arrivals stay well inside.
      expect(Math.abs(total - expected)).toBeLessThan(4 * Math.sqrt(expected));
    });

    it(`have gaps with a coefficient of variation of ${gapCv}`, () => {
      const gaps = seeds.flatMap((seed) => {
        const instants = draw(span, createRandom(seed));
        return instants.slice(1).map((atMs, i) => atMs - (instants[i] ?? atMs));
      });
      const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
      const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
      expect(mean).toBeGreaterThan(19);
      expect(mean).toBeLessThan(21);
      expect(Math.abs(Math.sqrt(variance) / mean - gapCv)).toBeLessThan(0.05);
    });

    it('are the same for the same seed only', () => {
      expect(draw(span, createRandom(4))).toEqual(draw(span, createRandom(4)));
      expect(draw(span, createRandom(4))).not.toEqual(draw(span, createRandom(5)));
    });

    it('are none in an empty span', () => {
      expect(draw({ ratePerS: 50, fromMs: 0, toMs: 0 }, createRandom(1))).toEqual([]);
    });
  });
}
