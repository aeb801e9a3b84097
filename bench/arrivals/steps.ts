import type { ArrivalsOf } from '../../scenarios/arrivals.ts';
import type { ArrivalModel } from './arrival-process.ts';
import { createHeldShape, createPeriodicShape } from './rate-shape.ts';
import { shapedModel } from './shaped.ts';

/** One level after another, over and over or until the last one holds. */
export function stepsModel({ levels, repeat, process }: ArrivalsOf<'steps'>): ArrivalModel {
  const segments = levels.map(({ multiplier, durationMs }) => ({
    durationMs,
    fromMultiplier: multiplier,
    toMultiplier: multiplier,
  }));
  return shapedModel(repeat ? createPeriodicShape(segments) : createHeldShape(segments), process);
}
