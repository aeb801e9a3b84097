import { type Planned, planned, type Refusal, refuse } from '../refusal.ts';
import { createServingCurve, type ServingCurve } from './closed-loop-curve.ts';
import { poolNearLoads } from './near-loads.ts';
import { latencyMsOf, requestsPerSOf, type ServingPoint } from './saturation.ts';

/** A point with the runs that it is the mean of, where they are known. */
export interface CalibrationPoint extends ServingPoint {
  readonly replicates?: readonly ServingPoint[];
}

/** Repeated runs of one load may differ by this factor in the time of a whole request; more is a mistake and not noise. */
export const MAX_REPLICATE_FACTOR = 1.2;
/** Rate and pace may turn round by this much from one load to the next and still be noise. */
const NOISE_RATIO = 0.1;

const shown = (value: number): string => String(Number(value.toPrecision(3)));

const isFigure = (value: number): boolean => Number.isFinite(value) && value > 0;

function unsound(points: readonly CalibrationPoint[], outputTokens: number): Refusal | undefined {
  const isWhole = points.every(
    (point) =>
      isFigure(point.concurrency) &&
      isFigure(point.meanTimeToFirstTokenMs) &&
      isFigure(point.meanTimePerOutputTokenMs),
  );
  if (isWhole && isFigure(outputTokens)) return undefined;
  return refuse('a load, a time or the length of the answers is not a number above 0', 'correct the figures');
}

function contraryReplicates(points: readonly CalibrationPoint[], outputTokens: number): Refusal | undefined {
  for (const { concurrency, replicates } of points) {
    const times = (replicates ?? []).map((point) => latencyMsOf(point, outputTokens));
    const [low, high] = [Math.min(...times), Math.max(...times)];
    if (times.length > 1 && high > low * MAX_REPLICATE_FACTOR) {
      return refuse(
        `runs of the same load of ${concurrency} differ by a factor of ${shown(high / low)} in the time of a request`,
        'find out which of them is right, and repeat that load',
      );
    }
  }
  return undefined;
}

function turned(points: readonly CalibrationPoint[], outputTokens: number): Refusal | undefined {
  for (const [i, high] of points.entries()) {
    const low = points[i - 1];
    if (low === undefined) continue;
    const [before, after] = [requestsPerSOf(low, outputTokens), requestsPerSOf(high, outputTokens)];
    const loads = `from ${low.concurrency} to ${high.concurrency} in flight`;
    if (after < before * (1 - NOISE_RATIO)) {
      return refuse(
        `requests/s fall ${loads} (${shown(before)} to ${shown(after)}): a capacity between them is not one value`,
        'measure more loads between them, or stop below the fall',
      );
    }
    if (high.meanTimePerOutputTokenMs < low.meanTimePerOutputTokenMs * (1 - NOISE_RATIO)) {
      return refuse(
        `the time per output token falls ${loads}: more load cannot make an engine faster`,
        'repeat those loads, longer',
      );
    }
  }
  return undefined;
}

/**
 * The curve of a serving engine through calibration points, or why there is none: too few points, figures that cannot
 * be, repeated runs that contradict each other, a rate or a pace that turns round with load.
 */
export function calibrateServing(
  given: readonly CalibrationPoint[],
  outputTokens: number,
): Planned<ServingCurve> {
  const points = given.toSorted((a, b) => a.concurrency - b.concurrency);
  if (new Set(points.map(({ concurrency }) => concurrency)).size < Math.max(2, points.length)) {
    return refuse(
      'a curve needs at least two loads, each given once',
      'measure at least three concurrencies, and give repeated runs as replicates of one point',
    );
  }
  const refused = unsound(points, outputTokens) ?? contraryReplicates(points, outputTokens);
  if (refused !== undefined) return refused;
  const distinct = poolNearLoads(points);
  return turned(distinct, outputTokens) ?? planned(createServingCurve(distinct, outputTokens));
}
