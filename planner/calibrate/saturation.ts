import { MS_PER_S } from '../../vocabulary/units.ts';

/** Means of one closed-loop point of a serving engine. */
export interface ServingPoint {
  readonly concurrency: number;
  readonly meanTimeToFirstTokenMs: number;
  readonly meanTimePerOutputTokenMs: number;
}

/** Mean time of a whole request: TTFT + TPOT · (output tokens − 1), in ms. */
export const latencyMsOf = (point: ServingPoint, outputTokens: number): number =>
  point.meanTimeToFirstTokenMs + point.meanTimePerOutputTokenMs * (outputTokens - 1);

/** Requests/s of a closed loop with the given mean times, by Little's law. */
export const requestsPerSOf = (point: ServingPoint, outputTokens: number): number =>
  (point.concurrency * MS_PER_S) / latencyMsOf(point, outputTokens);

/** A replica that is full: what comes beyond `admitted` requests waits for a place. */
export interface Saturation {
  /** First of the points that lie beyond. */
  readonly index: number;
  /** The state with every place taken and nobody waiting yet. */
  readonly admitted: ServingPoint;
  readonly requestsPerS: number;
}

/**
 * Prefills that share one engine lengthen each other at most in proportion to the requests in flight, so a time to
 * first token that grows faster than this power of the load holds a wait for a place.
 */
const WAITING_ELASTICITY = 1.3;
/** A wait this small a share of decoding moves nothing. */
const MIN_WAITING_RATIO = 0.02;
const ROUNDS = 40;
/** Loads closer than this are one. */
const SAME_LOAD_RATIO = 1.001;

/** More load that brings no more than this much of rate found every place taken. */
const FLAT_RATE_RATIO = 1.02;

const elasticity = (low: ServingPoint, high: ServingPoint): number =>
  Math.log(high.meanTimeToFirstTokenMs / low.meanTimeToFirstTokenMs) /
  Math.log(high.concurrency / low.concurrency);

function isWaiting(low: ServingPoint, high: ServingPoint, outputTokens: number): boolean {
  const decodingMs = high.meanTimePerOutputTokenMs * (outputTokens - 1);
  const isFull = requestsPerSOf(high, outputTokens) <= FLAT_RATE_RATIO * requestsPerSOf(low, outputTokens);
  if (isFull && high.meanTimePerOutputTokenMs <= FLAT_RATE_RATIO * low.meanTimePerOutputTokenMs) return true;
  return (
    elasticity(low, high) > WAITING_ELASTICITY && high.meanTimeToFirstTokenMs > MIN_WAITING_RATIO * decodingMs
  );
}

/** How the first token slows with load before anyone waits: by the two points below, between not at all and in proportion. */
function prefillElasticity(before: ServingPoint | undefined, last: ServingPoint): number {
  if (before === undefined) return 0.5;
  return Math.min(1, Math.max(0, elasticity(before, last)));
}

/**
 * Where a replica fills up, if it does within the points. Past that load a closed loop adds only waiting: the rate
 * stays, and by Little's law the requests in service are rate × (prefill + decoding). Points in ascending concurrency.
 */
export function findSaturation(
  points: readonly ServingPoint[],
  outputTokens: number,
): Saturation | undefined {
  const index = points.findIndex((point, i) => {
    const below = points[i - 1];
    return below !== undefined && isWaiting(below, point, outputTokens);
  });
  const [beyond, last] = [points[index], points[index - 1]];
  if (beyond === undefined || last === undefined) return undefined;
  const requestsPerS = requestsPerSOf(beyond, outputTokens);
  const decodingMs = beyond.meanTimePerOutputTokenMs * (outputTokens - 1);
  const power = prefillElasticity(points[index - 2], last);
  const prefillMs = (concurrency: number): number =>
    last.meanTimeToFirstTokenMs * (concurrency / last.concurrency) ** power;
  let concurrency = last.concurrency;
  for (let i = 0; i < ROUNDS; i++) {
    const inService = (requestsPerS / MS_PER_S) * (prefillMs(concurrency) + decodingMs);
    concurrency = Math.min(beyond.concurrency, Math.max(last.concurrency, inService));
  }
  // Nobody waits: the first token is as late as prefill alone makes it.
  if (concurrency * SAME_LOAD_RATIO >= beyond.concurrency) return undefined;
  // It was full already at the last point below.
  if (concurrency <= last.concurrency * SAME_LOAD_RATIO) {
    return { index, admitted: last, requestsPerS: requestsPerSOf(last, outputTokens) };
  }
  const admitted = {
    concurrency,
    meanTimeToFirstTokenMs: prefillMs(concurrency),
    meanTimePerOutputTokenMs: beyond.meanTimePerOutputTokenMs,
  };
  return { index, admitted, requestsPerS };
}
