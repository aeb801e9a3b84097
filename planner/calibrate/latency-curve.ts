import { createLogPchip } from '../../vocabulary/monotone-curve.ts';
import type { MeasuredPoint } from './points.ts';

/** A latency predicted at a rate, and how: on the curve, or bounded by the lowest rate measured. */
export interface PredictedLatency {
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  readonly meanMs: number | undefined;
  readonly kind: 'interpolated' | 'at-most';
}

type Field = 'p50Ms' | 'p95Ms' | 'meanLatencyMs';

function valueAt(points: readonly MeasuredPoint[], field: Field, turnsPerS: number): number | undefined {
  const known = points.flatMap((point) => {
    const value = point[field];
    return value === undefined || value <= 0 ? [] : [{ x: point.turnsPerS, y: value }];
  });
  const ascending = known.filter(({ x }, index) => index === 0 || x > (known[index - 1]?.x ?? x));
  const [first, last] = [ascending[0], ascending[ascending.length - 1]];
  if (!first || !last || turnsPerS > last.x) return undefined;
  return turnsPerS <= first.x ? first.y : createLogPchip(ascending).at(turnsPerS);
}

/**
 * Latency of one replica at a rate inside the measured range; below the lowest rate its latency bounds it from
 * above, since waiting does not fall with load. Above the highest rate there is no answer: undefined.
 */
export function predictLatency(
  points: readonly MeasuredPoint[],
  turnsPerS: number,
): PredictedLatency | undefined {
  const rates = points.map((point) => point.turnsPerS);
  if (points.length === 0 || turnsPerS > Math.max(...rates)) return undefined;
  return {
    p50Ms: valueAt(points, 'p50Ms', turnsPerS),
    p95Ms: valueAt(points, 'p95Ms', turnsPerS),
    meanMs: valueAt(points, 'meanLatencyMs', turnsPerS),
    kind: turnsPerS < Math.min(...rates) ? 'at-most' : 'interpolated',
  };
}
