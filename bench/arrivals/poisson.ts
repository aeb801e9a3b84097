import { type Random, sampleExponential } from '../../vocabulary/random.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import type { ArrivalSpan } from './arrival-process.ts';

/** Poisson arrivals: independent exponential gaps. */
export function poissonArrivals(span: ArrivalSpan, random: Random): number[] {
  const meanGapMs = MS_PER_S / span.ratePerS;
  const instants: number[] = [];
  for (let atMs = span.fromMs; ; ) {
    atMs += sampleExponential(random, meanGapMs);
    if (atMs >= span.toMs) return instants;
    instants.push(atMs);
  }
}
