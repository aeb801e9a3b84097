import { type CurvePoint, createLogPchip, type MonotoneCurve } from '../../vocabulary/monotone-curve.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import {
  findSaturation,
  latencyMsOf,
  requestsPerSOf,
  type Saturation,
  type ServingPoint,
} from './saturation.ts';

export type { ServingPoint } from './saturation.ts';

/** Times and rate of an engine at any concurrency between the lowest and highest measured; outside it throws. */
export interface ServingCurve {
  readonly minConcurrency: number;
  readonly maxConcurrency: number;
  /** Where the replica is full, if that lies inside the measured range. */
  readonly saturation: Saturation | undefined;
  timeToFirstTokenMsAt(concurrency: number): number;
  timePerOutputTokenMsAt(concurrency: number): number;
  latencyMsAt(concurrency: number): number;
  requestsPerSAt(concurrency: number): number;
}

type Pick = (point: ServingPoint) => number;
const firstToken: Pick = (point) => point.meanTimeToFirstTokenMs;
const perToken: Pick = (point) => point.meanTimePerOutputTokenMs;

/** Two points make no curve: a decode step reads the weights once and a context for each request, so a line in n. */
function lineThrough(left: CurvePoint, right: CurvePoint): MonotoneCurve {
  const slope = (right.y - left.y) / (right.x - left.x);
  return { minX: left.x, maxX: right.x, at: (x) => left.y + slope * (x - left.x) };
}

function curveOf(points: readonly ServingPoint[], y: Pick): MonotoneCurve {
  const own = points.map((point) => ({ x: point.concurrency, y: y(point) }));
  const [left, right] = own;
  return own.length === 2 && left && right ? lineThrough(left, right) : createLogPchip(own);
}

/** Straight between points in log–log: past saturation there is little left to bend. */
function logLinear(points: readonly CurvePoint[], x: number): number {
  const above = Math.max(
    1,
    points.findIndex((point) => point.x >= x),
  );
  const [left, right] = [points[above - 1], points[above]];
  if (left === undefined || right === undefined) return left?.y ?? Number.NaN;
  const share = Math.log(x / left.x) / Math.log(right.x / left.x);
  return left.y * (right.y / left.y) ** share;
}

type Times = (concurrency: number) => ServingPoint;

/** Up to the load that fills the replica a curve through the points below and that load itself; beyond it, waiting. */
function timesWithSaturation(
  points: readonly ServingPoint[],
  outputTokens: number,
  { index, admitted, requestsPerS }: Saturation,
): Times {
  const below = points.slice(0, index).filter(({ concurrency }) => concurrency < admitted.concurrency);
  const served = [...below, admitted];
  const beyond = points.slice(index).filter(({ concurrency }) => concurrency > admitted.concurrency);
  const lower = served.length < 2 ? undefined : [curveOf(served, firstToken), curveOf(served, perToken)];
  const rates = [
    { x: admitted.concurrency, y: requestsPerS },
    ...beyond.map((point) => ({ x: point.concurrency, y: requestsPerSOf(point, outputTokens) })),
  ];
  const paces = [admitted, ...beyond].map((point) => ({ x: point.concurrency, y: perToken(point) }));
  return (concurrency) => {
    const [ttft, tpot] = lower ?? [];
    if (concurrency <= admitted.concurrency && ttft !== undefined && tpot !== undefined) {
      return {
        concurrency,
        meanTimeToFirstTokenMs: ttft.at(concurrency),
        meanTimePerOutputTokenMs: tpot.at(concurrency),
      };
    }
    const paceMs = logLinear(paces, concurrency);
    const latencyMs = (concurrency * MS_PER_S) / logLinear(rates, concurrency);
    const waitedMs = latencyMs - paceMs * (outputTokens - 1);
    return {
      concurrency,
      meanTimeToFirstTokenMs: Math.max(admitted.meanTimeToFirstTokenMs, waitedMs),
      meanTimePerOutputTokenMs: paceMs,
    };
  };
}

function timesOf(points: readonly ServingPoint[]): Times {
  const [ttft, tpot] = [curveOf(points, firstToken), curveOf(points, perToken)];
  return (concurrency) => ({
    concurrency,
    meanTimeToFirstTokenMs: ttft.at(concurrency),
    meanTimePerOutputTokenMs: tpot.at(concurrency),
  });
}

/**
 * Monotone log–log curves of TTFT(n) and TPOT(n), with X(n) = n / (TTFT + TPOT · (out − 1)) by Little's law. Where the
 * points show a replica that fills up, the load that fills it is worked out and waiting beyond it is kept apart from
 * service, for no smooth curve bends that sharply. With two points both times are straight lines in n (linear TPOT).
 * Points in ascending concurrency, at least two. Outside the measured range it throws: there is nothing to know.
 */
export function createServingCurve(points: readonly ServingPoint[], outputTokens: number): ServingCurve {
  const [minConcurrency, maxConcurrency] = [points[0]?.concurrency, points[points.length - 1]?.concurrency];
  if (minConcurrency === undefined || maxConcurrency === undefined || points.length < 2) {
    throw new RangeError('a serving curve needs at least two points');
  }
  const saturation = findSaturation(points, outputTokens);
  const times =
    saturation === undefined ? timesOf(points) : timesWithSaturation(points, outputTokens, saturation);
  const at = (n: number): ServingPoint => {
    if (n >= minConcurrency && n <= maxConcurrency) return times(n);
    throw new RangeError(`${n} is outside the measured range ${minConcurrency} to ${maxConcurrency}`);
  };
  return {
    minConcurrency,
    maxConcurrency,
    saturation,
    timeToFirstTokenMsAt: (n) => firstToken(at(n)),
    timePerOutputTokenMsAt: (n) => perToken(at(n)),
    latencyMsAt: (n) => latencyMsOf(at(n), outputTokens),
    requestsPerSAt: (n) => requestsPerSOf(at(n), outputTokens),
  };
}
