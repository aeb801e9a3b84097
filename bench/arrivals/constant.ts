import type { Random } from '../../vocabulary/random.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import type { ArrivalSpan } from './arrival-process.ts';

/** Equal gaps from a random phase, so that steps of one rate do not all start at the same instant. */
export function constantArrivals(span: ArrivalSpan, random: Random): number[] {
  const gapMs = MS_PER_S / span.ratePerS;
  const phaseMs = random.next() * gapMs;
  const arrivals = Math.max(0, Math.ceil((span.toMs - span.fromMs - phaseMs) / gapMs));
  return Array.from({ length: arrivals }, (_, i) => span.fromMs + phaseMs + i * gapMs);
}
