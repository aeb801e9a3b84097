import type { ServingPoint } from '../calibrate/saturation.ts';
import { findServingCapacity, type ServingLimits } from '../calibrate/serving-capacity.ts';
import { calibrateServing } from '../calibrate/serving-gates.ts';

/** Requests/s at which the calibrated curve crosses the limits; undefined where the gates refuse it or it does not. */
export function calibratedCapacityPerS(
  points: readonly ServingPoint[],
  outputTokens: number,
  limits: ServingLimits,
): number | undefined {
  const curve = calibrateServing(points, outputTokens);
  if (curve.kind === 'refused') return undefined;
  const capacity = findServingCapacity(curve.value, limits);
  return capacity.kind === 'crossed' ? capacity.requestsPerS : undefined;
}
