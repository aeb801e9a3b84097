import type { ArrivalsOf } from '../../scenarios/arrivals.ts';
import type { ArrivalModel } from './arrival-process.ts';
import { createHeldShape, createPeriodicShape, type RateSegment } from './rate-shape.ts';
import { shapedModel } from './shaped.ts';

const level = (durationMs: number, multiplier: number): RateSegment => ({
  durationMs,
  fromMultiplier: multiplier,
  toMultiplier: multiplier,
});

/** Up from the base to a peak, and down again; once, or every so often from its first rise on. */
export function spikeModel(spike: ArrivalsOf<'spike'>): ArrivalModel {
  const { baseMultiplier, peakMultiplier, startAtMs, riseMs, holdMs, fallMs, everyMs, process } = spike;
  const rise = { durationMs: riseMs, fromMultiplier: baseMultiplier, toMultiplier: peakMultiplier };
  const fall = { durationMs: fallMs, fromMultiplier: peakMultiplier, toMultiplier: baseMultiplier };
  const one = [rise, level(holdMs, peakMultiplier), fall];
  const lastsMs = riseMs + holdMs + fallMs;
  if (everyMs === undefined) {
    // The base holds before the first piece and after the last one, which must be of it.
    return shapedModel(
      createHeldShape([level(Math.max(1, startAtMs), baseMultiplier), ...one, level(1, baseMultiplier)]),
      process,
    );
  }
  const rest = level(Math.max(0, everyMs - lastsMs), baseMultiplier);
  const periodMs = Math.max(everyMs, lastsMs);
  const offsetMs = (periodMs - (startAtMs % periodMs)) % periodMs;
  return shapedModel(createPeriodicShape([...one, rest], offsetMs), process);
}
