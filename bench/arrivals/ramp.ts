import type { ArrivalsOf } from '../../scenarios/arrivals.ts';
import type { ArrivalModel } from './arrival-process.ts';
import { createHeldShape } from './rate-shape.ts';
import { shapedModel } from './shaped.ts';

/** From one multiplier to another in a straight line; the ends hold before and after. */
export function rampModel(ramp: ArrivalsOf<'ramp'>): ArrivalModel {
  const { fromMultiplier, toMultiplier, startAtMs, durationMs, process } = ramp;
  const shape = createHeldShape([
    { durationMs: startAtMs, fromMultiplier, toMultiplier: fromMultiplier },
    { durationMs, fromMultiplier, toMultiplier },
  ]);
  return shapedModel(shape, process);
}
