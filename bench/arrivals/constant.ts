import type { Random } from '../../vocabulary/random.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import type { ArrivalSpan } from './arrival-process.ts';

/** Equal gaps from a random phase, so that steps of one rate do not all start at the same instant. */
export function constantArrivals(span: ArrivalSpan, random: Random): number[] {
  const firstAtMs = span.fromMs + (random.next() * MS_PER_S) / span.ratePerS;
  const arrivals = Math.max(0, Math.ceil(((span.toMs - firstAtMs) * span.ratePerS) / MS_PER_S));
  // Dividing last keeps whole quotients whole: multiples of a rounded gap let one more in just before the end.
  return Array.from({ length: arrivals }, (_, i) => firstAtMs + (i * MS_PER_S) / span.ratePerS).filter(
    (atMs) => atMs < span.toMs,
  );
}
