import type { Figure, Promised, Word } from '../../scenarios/claims.ts';

export interface Ends {
  readonly low: number;
  readonly high: number;
}

/** One place of the claims file, with its line in the document. */
export interface Place {
  readonly path: string;
  readonly line?: number | undefined;
}

/** A stated figure at one place; an open end is infinite. */
export interface Claim extends Place, Ends {
  /** Decimal places written, where trailing zeros count. */
  readonly decimals?: number | undefined;
}

/** An interval with the claims that it follows from. */
export interface Quantity extends Ends {
  readonly from: readonly Place[];
}

/** Each statement of a figure; none for one that is absent. */
export const claimsOf = (figure: Figure | undefined): Claim[] =>
  figure === undefined ? [] : figure.statements.map((statement) => ({ path: figure.path, ...statement }));

/** The first statement: the one that others are held against. */
export const claimOf = (figure: Figure | undefined): Claim | undefined => claimsOf(figure)[0];

export const placeOf = ({ path, line }: Place | Word | Promised): Place => ({ path, line });

/** A figure as a quantity; undefined when it is not stated. */
export function stated(figure: Figure | undefined): Quantity | undefined {
  const claim = claimOf(figure);
  return claim === undefined ? undefined : fromClaim(claim);
}

export const fromClaim = (claim: Claim): Quantity => ({
  low: claim.low,
  high: claim.high,
  from: [placeOf(claim)],
});

export const constant = (value: number): Quantity => ({ low: value, high: value, from: [] });

type Maybe = Quantity | undefined;

function combine(a: Maybe, b: Maybe, ends: (x: Quantity, y: Quantity) => readonly [number, number]): Maybe {
  if (a === undefined || b === undefined) return undefined;
  const [low, high] = ends(a, b);
  // ∞ − ∞ and 0 · ∞ say nothing.
  if (Number.isNaN(low) || Number.isNaN(high)) return undefined;
  return { low, high, from: [...a.from, ...b.from] };
}

/** Interval arithmetic for quantities ≥ 0 (R. E. Moore, Interval Analysis, 1966); undefined when a part is. */
export const plus = (a: Maybe, b: Maybe): Maybe => combine(a, b, (x, y) => [x.low + y.low, x.high + y.high]);
export const minus = (a: Maybe, b: Maybe): Maybe => combine(a, b, (x, y) => [x.low - y.high, x.high - y.low]);
export const times = (a: Maybe, b: Maybe): Maybe => combine(a, b, (x, y) => [x.low * y.low, x.high * y.high]);
/** Undefined when the divisor can be 0. */
export const over = (a: Maybe, b: Maybe): Maybe =>
  b !== undefined && b.low === 0 ? undefined : combine(a, b, (x, y) => [x.low / y.high, x.high / y.low]);

export const sum = (parts: readonly Maybe[]): Maybe =>
  parts.reduce<Maybe>((total, part) => plus(total, part), constant(0));

/** Both ends through a function that does not fall. */
export const mapEnds = (quantity: Maybe, rising: (value: number) => number): Maybe =>
  quantity === undefined
    ? undefined
    : { ...quantity, low: rising(quantity.low), high: rising(quantity.high) };

/** Relative difference that rounding explains, whatever the digits. */
export const RELATIVE_TOLERANCE = 0.02;
/** Digits beyond which trailing zeros of a whole number stop excusing a difference. */
const MAX_ROUNDING = 0.05;

function digitsAfterPoint(value: number): number {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  return Math.max(0, (mantissa.split('.')[1]?.length ?? 0) - Number(exponent));
}

/**
 * What rounding explains of a number as written: half a unit of its last decimal place (`decimals` where trailing
 * zeros were written), or of the last digit of a whole number that is not 0, at most 5 %.
 */
export function roundingOf(value: number, decimals?: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0;
  const places = decimals ?? digitsAfterPoint(value);
  if (places > 0) return 0.5 * 10 ** -places;
  const zeros = /0*$/.exec(String(Math.abs(Math.round(value))))?.[0].length ?? 0;
  return Math.max(0.5, Math.min(0.5 * 10 ** zeros, MAX_ROUNDING * Math.abs(value)));
}

/** Whether a figure as written can stand for the value: within 2 %, or within the rounding of its own digits. */
export function standsFor(written: number, value: number, decimals?: number): boolean {
  if (written === value) return true;
  if (!Number.isFinite(written) || !Number.isFinite(value)) return false;
  const slack = Math.max(RELATIVE_TOLERANCE * Math.abs(value), roundingOf(written, decimals));
  return Math.abs(written - value) <= slack * (1 + 1e-9);
}

/**
 * Whether a claim says what follows from other claims. "At least" and "at most" must hold for all of it; a point
 * inside a derived range agrees with it; a range must have the ends that follow.
 */
export function agrees(claim: Claim, expected: Ends): boolean {
  const { low, high, decimals } = claim;
  const lowFits = standsFor(low, expected.low, decimals);
  const highFits = standsFor(high, expected.high, decimals);
  if (low === high && expected.low < expected.high) {
    return (low >= expected.low || lowFits) && (high <= expected.high || highFits);
  }
  if (low < high && high === Number.POSITIVE_INFINITY) return expected.low >= low || lowFits;
  if (low < high && low === 0) return expected.high <= high || highFits;
  return lowFits && highFits;
}

/** 1 − x, without the digits that subtracting leaves behind. */
export const complementOf = (value: number): number => Number((1 - value).toPrecision(12));

/** As `agrees`, for shares: 99 % is not 99.9 %, since what is left of the whole is ten times as much. */
export function agreesAsShare(claim: Claim, expected: Ends): boolean {
  if (!agrees(claim, expected)) return false;
  const isOpen = claim.high === Number.POSITIVE_INFINITY || claim.low === 0;
  const nearOne = claim.low > 0.5 && claim.high <= 1 && expected.low > 0.5 && expected.high <= 1;
  if (isOpen || !nearOne) return true;
  const left = { path: claim.path, low: complementOf(claim.high), high: complementOf(claim.low) };
  return agrees(left, { low: complementOf(expected.high), high: complementOf(expected.low) });
}
