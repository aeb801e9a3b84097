import type { ArrivalsOf } from '../../scenarios/arrivals.ts';
import type { ArrivalModel } from './arrival-process.ts';
import { createHeldShape } from './rate-shape.ts';
import { shapedModel } from './shaped.ts';

/** Up from nothing, a long time at the base rate, and down to nothing where asked for. */
export function soakModel({ rampUpMs, holdMs, rampDownMs, process }: ArrivalsOf<'soak'>): ArrivalModel {
  const down = { durationMs: rampDownMs, fromMultiplier: 1, toMultiplier: 0 };
  const shape = createHeldShape([
    { durationMs: rampUpMs, fromMultiplier: 0, toMultiplier: 1 },
    { durationMs: holdMs, fromMultiplier: 1, toMultiplier: 1 },
    ...(rampDownMs > 0 ? [down] : []),
  ]);
  return shapedModel(shape, process);
}
