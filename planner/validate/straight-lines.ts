import type { ServingPoint } from '../calibrate/saturation.ts';

/** Mean times along straight lines between neighbours in ascending concurrency; at least two points. */
export function interpolateLinearly(points: readonly ServingPoint[], concurrency: number): ServingPoint {
  const above = Math.max(
    1,
    points.findIndex((point) => point.concurrency >= concurrency),
  );
  const [left, right] = [points[above - 1], points[above]];
  if (left === undefined || right === undefined) throw new RangeError('straight lines need two points');
  const share = (concurrency - left.concurrency) / (right.concurrency - left.concurrency);
  const at = (field: 'meanTimeToFirstTokenMs' | 'meanTimePerOutputTokenMs'): number =>
    left[field] + (right[field] - left[field]) * share;
  return {
    concurrency,
    meanTimeToFirstTokenMs: at('meanTimeToFirstTokenMs'),
    meanTimePerOutputTokenMs: at('meanTimePerOutputTokenMs'),
  };
}
