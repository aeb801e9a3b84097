import type { ArrivalsOf } from '../../scenarios/arrivals.ts';
import { type Random, sampleGamma } from '../../vocabulary/random.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import type { ArrivalProcess, ArrivalSpan } from './arrival-process.ts';

/**
 * Independent gamma gaps of the given coefficient of variation (shape 1 / gapCv²). The first gap is what is left of a
 * gap that began before the span: a uniform part of a gap chosen by its length, whose law is gamma with one more in
 * shape (Cox, Renewal Theory, 1962). Without that the rate near the start would be off.
 */
export function gammaArrivals({ gapCv }: Pick<ArrivalsOf<'gamma'>, 'gapCv'>): ArrivalProcess {
  const shape = 1 / gapCv ** 2;
  return ({ ratePerS, fromMs, toMs }: ArrivalSpan, random: Random) => {
    const scaleMs = MS_PER_S / ratePerS / shape;
    const instants: number[] = [];
    let atMs = fromMs + random.next() * sampleGamma(random, shape + 1, scaleMs);
    while (atMs < toMs) {
      instants.push(atMs);
      atMs += sampleGamma(random, shape, scaleMs);
    }
    return instants;
  };
}
