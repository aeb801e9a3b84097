import { createLogPchip, type MonotoneCurve } from '../../vocabulary/monotone-curve.ts';
import { sFromMs } from '../../vocabulary/units.ts';

/** Means of one closed-loop point of a serving engine. */
export interface ServingPoint {
  readonly concurrency: number;
  readonly meanTimeToFirstTokenMs: number;
  readonly meanTimePerOutputTokenMs: number;
}

/** Rate and latency of an engine at any concurrency between the lowest and highest measured. */
export interface ServingCurve {
  readonly minConcurrency: number;
  readonly maxConcurrency: number;
  latencyMsAt(concurrency: number): number;
  requestsPerSAt(concurrency: number): number;
}

/** TTFT + TPOT · (output tokens − 1), in ms. */
const latencyMs = (timeToFirstTokenMs: number, timePerOutputTokenMs: number, outputTokens: number): number =>
  timeToFirstTokenMs + timePerOutputTokenMs * (outputTokens - 1);

const curveOf = (points: readonly ServingPoint[], y: (point: ServingPoint) => number): MonotoneCurve =>
  createLogPchip(points.map((point) => ({ x: point.concurrency, y: y(point) })));

/**
 * Monotone log–log curves of TTFT(n) and TPOT(n), with X(n) = n / (TTFT + TPOT · (out − 1)) by Little's law.
 * Points in ascending concurrency, at least two. Outside the measured range it throws: there is nothing to know.
 */
export function createServingCurve(points: readonly ServingPoint[], outputTokens: number): ServingCurve {
  const firstToken = curveOf(points, (point) => point.meanTimeToFirstTokenMs);
  const perToken = curveOf(points, (point) => point.meanTimePerOutputTokenMs);
  const latencyMsAt = (n: number): number => latencyMs(firstToken.at(n), perToken.at(n), outputTokens);
  return {
    minConcurrency: firstToken.minX,
    maxConcurrency: firstToken.maxX,
    latencyMsAt,
    requestsPerSAt: (n) => n / sFromMs(latencyMsAt(n)),
  };
}
