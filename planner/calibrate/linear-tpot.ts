import type { CurvePoint, MonotoneCurve } from '../../vocabulary/monotone-curve.ts';
import { type Planned, planned, refuse } from '../refusal.ts';
import { computeR2, solveLinear } from './least-squares.ts';
import { MIN_FIT_R2 } from './usl.ts';

export interface LineFit extends MonotoneCurve {
  readonly intercept: number;
  readonly slope: number;
  readonly r2: number;
}

/**
 * Time per output token as a + b·n by least squares: a decode step reads the weights once and the context of each of n
 * requests. For two points, or where there are too few for a curve. Refused when it falls with load or, with more than
 * two points, explains less than 70 % of the variance. It holds between the lowest and highest x; outside it throws.
 */
export function fitLinearTpot(points: readonly CurvePoint[]): Planned<LineFit> {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const solved = solveLinear(
    [
      [points.length, sum(xs)],
      [sum(xs), sum(xs.map((x) => x * x))],
    ],
    [sum(ys), sum(points.map(({ x, y }) => x * y))],
  );
  const [intercept, slope] = [solved?.[0] ?? Number.NaN, solved?.[1] ?? Number.NaN];
  if (new Set(xs).size < 2 || !Number.isFinite(intercept) || !Number.isFinite(slope)) {
    return refuse('a line needs two different loads', 'measure at least two concurrencies');
  }
  const r2 = computeR2(
    ys,
    xs.map((x) => intercept + slope * x),
  );
  if (slope < 0) {
    return refuse('the time per output token falls as load rises', 'repeat those points, longer');
  }
  if (points.length > 2 && r2 < MIN_FIT_R2) {
    return refuse(
      `a straight line explains ${(100 * Math.max(0, r2)).toFixed(0)} % of the variance, less than ${100 * MIN_FIT_R2} %`,
      'measure a third concurrency, for a curve',
    );
  }
  const [minX, maxX] = [Math.min(...xs), Math.max(...xs)];
  return planned({
    intercept,
    slope,
    r2,
    minX,
    maxX,
    at: (x) => {
      if (!(x >= minX && x <= maxX))
        throw new RangeError(`${x} is outside the measured range ${minX} to ${maxX}`);
      return intercept + slope * x;
    },
  });
}
