import type { ServingCurve } from './closed-loop-curve.ts';

/** Limits on the mean times of a request, in ms. At least one. */
export interface ServingLimits {
  readonly latencyMs?: number;
  readonly timeToFirstTokenMs?: number;
  readonly timePerOutputTokenMs?: number;
}

/** What one replica carries within limits: where they are crossed, or that they are not inside the measured range. */
export type ServingCapacity =
  | { readonly kind: 'crossed'; readonly concurrency: number; readonly requestsPerS: number }
  /** Within the limits up to the highest concurrency measured: a lower bound. */
  | { readonly kind: 'not-reached'; readonly concurrency: number; readonly requestsPerS: number }
  | { readonly kind: 'missed-everywhere' };

function isWithin(curve: ServingCurve, limits: ServingLimits, concurrency: number): boolean {
  const { latencyMs, timeToFirstTokenMs, timePerOutputTokenMs } = limits;
  return (
    (latencyMs === undefined || curve.latencyMsAt(concurrency) <= latencyMs) &&
    (timeToFirstTokenMs === undefined || curve.timeToFirstTokenMsAt(concurrency) <= timeToFirstTokenMs) &&
    (timePerOutputTokenMs === undefined || curve.timePerOutputTokenMsAt(concurrency) <= timePerOutputTokenMs)
  );
}

/** Places looked at before bisecting: first tokens may come sooner as load rises, so the first crossing is the one. */
const SCAN_STEPS = 128;
const BISECTIONS = 60;

/** The largest concurrency up to which every limit holds, with the requests/s there. */
export function findServingCapacity(curve: ServingCurve, limits: ServingLimits): ServingCapacity {
  const { minConcurrency, maxConcurrency } = curve;
  const growth = (maxConcurrency / minConcurrency) ** (1 / SCAN_STEPS);
  const placeAt = (step: number): number => Math.min(maxConcurrency, minConcurrency * growth ** step);
  if (!isWithin(curve, limits, minConcurrency)) return { kind: 'missed-everywhere' };
  let step = 1;
  while (step <= SCAN_STEPS && isWithin(curve, limits, placeAt(step))) step++;
  if (step > SCAN_STEPS) {
    return {
      kind: 'not-reached',
      concurrency: maxConcurrency,
      requestsPerS: curve.requestsPerSAt(maxConcurrency),
    };
  }
  let [low, high] = [placeAt(step - 1), placeAt(step)];
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (isWithin(curve, limits, middle)) low = middle;
    else high = middle;
  }
  return { kind: 'crossed', concurrency: low, requestsPerS: curve.requestsPerSAt(low) };
}
