import type { ServingPoint } from './saturation.ts';

/** Loads this close are taken as repeated runs of one: what differs between them is noise more than load. */
const NEAR_LOAD_RATIO = 1.1;

const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

const pooled = (points: readonly ServingPoint[]): ServingPoint => ({
  concurrency: geometricMean(points.map(({ concurrency }) => concurrency)),
  meanTimeToFirstTokenMs: geometricMean(points.map((point) => point.meanTimeToFirstTokenMs)),
  meanTimePerOutputTokenMs: geometricMean(points.map((point) => point.meanTimePerOutputTokenMs)),
});

/**
 * Neighbours on the load axis as one point at their geometric mean, so that a curve through two adaptive points beside
 * each other follows the engine and not the noise between two runs. The first and the last stay as they are: they say
 * how far the measured range reaches. Points in ascending concurrency.
 */
export function poolNearLoads(points: readonly ServingPoint[]): readonly ServingPoint[] {
  const groups: ServingPoint[][] = [];
  for (const point of points.slice(1, -1)) {
    const group = groups[groups.length - 1];
    const first = group?.[0];
    if (group && first && point.concurrency <= first.concurrency * NEAR_LOAD_RATIO) group.push(point);
    else groups.push([point]);
  }
  return [
    ...points.slice(0, 1),
    ...groups.map((group) => (group.length === 1 ? (group[0] ?? pooled(group)) : pooled(group))),
    ...points.slice(1).slice(-1),
  ];
}
