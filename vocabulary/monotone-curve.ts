/** A point of a curve; `x` strictly ascending. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

/** A curve over [minX, maxX]; asking outside is a bug and throws, because nothing was measured there. */
export interface MonotoneCurve {
  readonly minX: number;
  readonly maxX: number;
  at(x: number): number;
}

/** Harmonic mean of the slopes beside a point; 0 at a local extremum (Fritsch & Butland 1984). */
function interiorSlope(left: CurvePoint, middle: CurvePoint, right: CurvePoint): number {
  const before = middle.x - left.x;
  const after = right.x - middle.x;
  const slopeBefore = (middle.y - left.y) / before;
  const slopeAfter = (right.y - middle.y) / after;
  if (slopeBefore * slopeAfter <= 0) return 0;
  const weightBefore = 2 * after + before;
  const weightAfter = after + 2 * before;
  return (weightBefore + weightAfter) / (weightBefore / slopeBefore + weightAfter / slopeAfter);
}

/** One-sided three-point slope at an end, held to the shape of the data (Moler, Numerical Computing, §3.6). */
function endSlope(end: CurvePoint, next: CurvePoint, third: CurvePoint): number {
  const near = next.x - end.x;
  const far = third.x - next.x;
  const slopeNear = (next.y - end.y) / near;
  const slopeFar = (third.y - next.y) / far;
  const slope = ((2 * near + far) * slopeNear - near * slopeFar) / (near + far);
  if (slope * slopeNear <= 0) return 0;
  return slopeNear * slopeFar <= 0 && Math.abs(slope) > Math.abs(3 * slopeNear) ? 3 * slopeNear : slope;
}

function slopesOf(points: readonly CurvePoint[]): number[] {
  const at = (index: number): CurvePoint => points[index] ?? { x: Number.NaN, y: Number.NaN };
  const last = points.length - 1;
  if (last === 1) {
    const slope = (at(1).y - at(0).y) / (at(1).x - at(0).x);
    return [slope, slope];
  }
  return points.map((_, index) => {
    if (index === 0) return endSlope(at(0), at(1), at(2));
    if (index === last) return endSlope(at(last), at(last - 1), at(last - 2));
    return interiorSlope(at(index - 1), at(index), at(index + 1));
  });
}

/**
 * Piecewise cubic Hermite curve that keeps the data's monotonicity (Fritsch & Carlson 1980): where the points rise,
 * the curve rises. Needs at least two points with ascending x.
 */
export function createPchip(points: readonly CurvePoint[]): MonotoneCurve {
  const first = points[0];
  const last = points[points.length - 1];
  if (first === undefined || last === undefined || points.length < 2) {
    throw new RangeError('a curve needs at least two points');
  }
  if (points.some((point, index) => index > 0 && point.x <= (points[index - 1]?.x ?? point.x))) {
    throw new RangeError('the points of a curve must have ascending x');
  }
  const slopes = slopesOf(points);
  const at = (x: number): number => {
    if (!(x >= first.x && x <= last.x)) {
      throw new RangeError(`${x} is outside the measured range ${first.x} to ${last.x}`);
    }
    const index = Math.max(0, points.findIndex((point, i) => i > 0 && x <= point.x) - 1);
    return hermite(points[index] ?? first, points[index + 1] ?? last, {
      left: slopes[index] ?? 0,
      right: slopes[index + 1] ?? 0,
      x,
    });
  };
  return { minX: first.x, maxX: last.x, at };
}

function hermite(
  left: CurvePoint,
  right: CurvePoint,
  where: { readonly left: number; readonly right: number; readonly x: number },
): number {
  const width = right.x - left.x;
  const t = (where.x - left.x) / width;
  const u = 1 - t;
  return (
    left.y * (1 + 2 * t) * u * u +
    right.y * t * t * (3 - 2 * t) +
    width * (where.left * t * u * u - where.right * t * t * u)
  );
}

/** The same in log–log space: latencies and rates span decades. All values must be positive. */
export function createLogPchip(points: readonly CurvePoint[]): MonotoneCurve {
  const curve = createPchip(points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) })));
  const minX = points[0]?.x ?? Number.NaN;
  const maxX = points[points.length - 1]?.x ?? Number.NaN;
  const at = (x: number): number => {
    if (!(x >= minX && x <= maxX))
      throw new RangeError(`${x} is outside the measured range ${minX} to ${maxX}`);
    return Math.exp(curve.at(Math.min(curve.maxX, Math.max(curve.minX, Math.log(x)))));
  };
  return { minX, maxX, at };
}

/** Where a curve crosses `level` between two arguments at whose ends it lies on different sides; by bisection. */
export function findCrossing(curve: MonotoneCurve, level: number, lowX: number, highX: number): number {
  let low = lowX;
  let high = highX;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (curve.at(middle) <= level) low = middle;
    else high = middle;
  }
  return low;
}
