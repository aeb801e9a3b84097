import { sFromMs } from '../../vocabulary/units.ts';

/** Little's law N = X·R (Little 1961) and the interactive law N = X·(R + Z) (Denning & Buzen 1978). */

/** Mean number present from a rate per second and a mean time in ms. */
export const computePopulation = (ratePerS: number, timeMs: number): number => ratePerS * sFromMs(timeMs);

/** Users, or open conversations, when each waits `responseMs` and then thinks `thinkTimeMs`. */
export const computeInteractivePopulation = (
  ratePerS: number,
  responseMs: number,
  thinkTimeMs: number,
): number => computePopulation(ratePerS, responseMs + thinkTimeMs);

/** Rate per second that a closed population reaches. */
export function computeInteractiveRatePerS(population: number, responseMs: number, thinkTimeMs = 0): number {
  const cycleMs = responseMs + thinkTimeMs;
  if (!(cycleMs > 0)) throw new RangeError(`response plus think time must be positive, got ${cycleMs} ms`);
  return population / sFromMs(cycleMs);
}

export interface LittleCheck {
  readonly kind: 'agrees' | 'violated';
  /** (measured population − X·R) ÷ the larger of the two. */
  readonly errorRatio: number;
}

/** Holds a measured population against rate and time; `toleranceRatio` covers the edges of a finite window. */
export function classifyLittle(
  population: number,
  ratePerS: number,
  timeMs: number,
  toleranceRatio: number,
): LittleCheck {
  const expected = computePopulation(ratePerS, timeMs);
  const larger = Math.max(population, expected);
  const errorRatio = larger === 0 ? 0 : (population - expected) / larger;
  return { kind: Math.abs(errorRatio) <= toleranceRatio ? 'agrees' : 'violated', errorRatio };
}
