/** A straight piece of a rate: from one multiplier to another over its time. */
export interface RateSegment {
  readonly durationMs: number;
  readonly fromMultiplier: number;
  readonly toMultiplier: number;
}

/** A multiplier of the base rate over time, as straight pieces; its integral and inverse are exact. */
export interface RateShape {
  readonly multiplierAt: (atMs: number) => number;
  /** Integral of the multiplier from 0 to `atMs`, in ms; negative before 0. */
  readonly cumulative: (atMs: number) => number;
  /** The instant at which the integral reaches `x`; infinite where it never does. */
  readonly inverse: (x: number) => number;
  readonly peakMultiplier: (fromMs: number, toMs: number) => number;
}

interface Piece extends RateSegment {
  readonly fromMs: number;
  /** The integral at its beginning. */
  readonly area: number;
}

const areaOf = ({ durationMs, fromMultiplier, toMultiplier }: RateSegment): number =>
  (durationMs * (fromMultiplier + toMultiplier)) / 2;

function piecesOf(segments: readonly RateSegment[]): Piece[] {
  let fromMs = 0;
  let area = 0;
  return segments
    .filter(({ durationMs }) => durationMs > 0)
    .map((segment) => {
      const piece = { ...segment, fromMs, area };
      fromMs += segment.durationMs;
      area += areaOf(segment);
      return piece;
    });
}

const slopeOf = (piece: Piece): number => (piece.toMultiplier - piece.fromMultiplier) / piece.durationMs;

/** The last piece that begins at or before a place; pieces ascend in both their instants and their areas. */
function pieceBefore(pieces: readonly Piece[], isAfter: (piece: Piece) => boolean): Piece | undefined {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const piece = pieces[middle];
    if (piece !== undefined && isAfter(piece)) high = middle;
    else low = middle + 1;
  }
  return pieces[low - 1];
}

function areaWithin(piece: Piece, intoMs: number): number {
  return piece.area + piece.fromMultiplier * intoMs + (slopeOf(piece) * intoMs ** 2) / 2;
}

/** Solves a·u + s·u²/2 = x for u in the form that loses no digits where the slope is small. */
function intoPiece(piece: Piece, x: number): number {
  const a = piece.fromMultiplier;
  const root = Math.sqrt(Math.max(0, a * a + 2 * slopeOf(piece) * x));
  return x <= 0 ? 0 : Math.min(piece.durationMs, (2 * x) / (a + root));
}

const levelAt = (piece: Piece, atMs: number): number =>
  piece.fromMultiplier + slopeOf(piece) * Math.min(piece.durationMs, atMs - piece.fromMs);

function highestIn(pieces: readonly Piece[], fromMs: number, toMs: number): number {
  let highest = 0;
  for (const piece of pieces) {
    const beginsMs = Math.max(fromMs, piece.fromMs);
    const endsMs = Math.min(toMs, piece.fromMs + piece.durationMs);
    if (beginsMs >= endsMs) continue;
    highest = Math.max(highest, levelAt(piece, beginsMs), levelAt(piece, endsMs));
  }
  return highest;
}

/** The first level holds before the pieces, the last one after them. */
export function createHeldShape(segments: readonly RateSegment[]): RateShape {
  const pieces = piecesOf(segments);
  const first = pieces[0]?.fromMultiplier ?? 1;
  const last = pieces.at(-1)?.toMultiplier ?? 1;
  const endMs = pieces.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const total = pieces.reduce((sum, piece) => sum + areaOf(piece), 0);
  const pieceAt = (atMs: number) => pieceBefore(pieces, (piece) => piece.fromMs > atMs);
  return {
    multiplierAt: (atMs) => {
      const piece = pieceAt(atMs);
      if (piece === undefined || atMs < 0) return first;
      return atMs >= endMs ? last : levelAt(piece, atMs);
    },
    cumulative: (atMs) => {
      const piece = pieceAt(atMs);
      if (piece === undefined || atMs < 0) return first * atMs;
      return atMs >= endMs ? total + last * (atMs - endMs) : areaWithin(piece, atMs - piece.fromMs);
    },
    inverse: (x) => {
      if (x < 0) return first === 0 ? Number.NEGATIVE_INFINITY : x / first;
      if (x >= total) return endMs + (x === total ? 0 : (x - total) / last);
      const piece = pieceBefore(pieces, ({ area }) => area > x);
      return piece === undefined ? 0 : piece.fromMs + intoPiece(piece, x - piece.area);
    },
    peakMultiplier: (fromMs, toMs) =>
      Math.max(fromMs < 0 ? first : 0, toMs > endMs ? last : 0, highestIn(pieces, fromMs, toMs)),
  };
}

/** The pieces over and over, in both directions of time; `offsetMs` of them have passed at 0. */
export function createPeriodicShape(segments: readonly RateSegment[], offsetMs = 0): RateShape {
  const one = createHeldShape(segments);
  const periodMs = segments.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const total = one.cumulative(periodMs);
  const before = (atMs: number): number => Math.floor(atMs / periodMs);
  const areaAt = (atMs: number): number =>
    before(atMs) * total + one.cumulative(atMs - before(atMs) * periodMs);
  const atZero = areaAt(offsetMs);
  const pieces = piecesOf(segments);
  return {
    multiplierAt: (atMs) => one.multiplierAt(atMs + offsetMs - before(atMs + offsetMs) * periodMs),
    cumulative: (atMs) => areaAt(atMs + offsetMs) - atZero,
    inverse: (x) => {
      const periods = Math.floor((x + atZero) / total);
      return periods * periodMs + one.inverse(x + atZero - periods * total) - offsetMs;
    },
    peakMultiplier: (fromMs, toMs) => {
      const beginMs = fromMs + offsetMs - before(fromMs + offsetMs) * periodMs;
      const endMs = Math.min(beginMs + periodMs, beginMs + toMs - fromMs);
      return Math.max(
        highestIn(pieces, beginMs, Math.min(periodMs, endMs)),
        highestIn(pieces, 0, Math.max(0, endMs - periodMs)),
      );
    },
  };
}
