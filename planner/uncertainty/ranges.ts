/** A figure of which the ends and the likeliest value are known. */
export interface Range {
  readonly low: number;
  readonly value: number;
  readonly high: number;
}

/** A relative range without width: the value itself. */
export const CERTAIN: Range = { low: 1, value: 1, high: 1 };

/**
 * The value that a triangle with the given ends and likeliest value stays below with `probability`: the inverse of its
 * distribution function. The likeliest value itself when the ends are equal.
 */
export function computeTriangularQuantile({ low, value, high }: Range, probability: number): number {
  if (high <= low) return value;
  const split = (value - low) / (high - low);
  return probability < split
    ? low + Math.sqrt(probability * (high - low) * (value - low))
    : high - Math.sqrt((1 - probability) * (high - low) * (high - value));
}

/** An uncertain input of a cost or of a load as a factor around 1. All that name the same key share one draw. */
export interface InputFactor {
  readonly key: string;
  readonly range: Range;
  /** −1 for an input that is divided by. */
  readonly power: 1 | -1;
}

/** A value so small against its range is as good as 0: what is beyond this is cut off, so that no factor overflows. */
const MAX_FACTOR = 1e9;

/** What a value is of another, as a factor that cannot overflow. */
export const ratioTo = (one: number, value: number): number => Math.min(MAX_FACTOR, one / value);

/** The range over its value; certain where there is no range or the value is 0. */
export function relativeRange(
  value: number,
  range: { readonly low: number; readonly high: number } | undefined,
): Range {
  if (range === undefined || value === 0) return CERTAIN;
  return { low: Math.min(1, range.low / value), value: 1, high: Math.max(1, ratioTo(range.high, value)) };
}

/** Calls that are made for each one that is planned: 1 + the share that is made again. */
export const retryFactor = ({ value, low, high }: Range): InputFactor => ({
  key: 'retries',
  range: relativeRange(1 + value, { low: 1 + low, high: 1 + high }),
  power: 1,
});

/** Sum of a quantity over one batch of a measurement, and how many units it was summed over. */
export interface Batch {
  readonly total: number;
  readonly count: number;
}

/** Batches from which a spread is believed: two tell a difference, not a spread. */
const MIN_BATCHES = 3;
/** A triangle with half-width h has variance h²/6. */
const HALF_WIDTHS_PER_DEVIATION = Math.sqrt(6);
/** A factor that reached 0 would be divided by. */
export const MIN_FACTOR = 0.1;
const MAX_HALF_WIDTH = 1 - MIN_FACTOR;

/**
 * Relative range of a mean Σtotal/Σcount from the differences between its batches: the triangle whose standard
 * deviation is the standard error of the ratio estimator (Cochran, Sampling Techniques, 1977, §6.3). Batches are steps
 * of a run, so what requests of one conversation have in common does not narrow it. Certain below three batches.
 */
export function estimateMeanRange(batches: readonly Batch[]): Range {
  const used = batches.filter(({ count }) => count > 0);
  const count = used.reduce((sum, batch) => sum + batch.count, 0);
  const mean = used.reduce((sum, batch) => sum + batch.total, 0) / count;
  if (used.length < MIN_BATCHES || !(mean > 0)) return CERTAIN;
  const squares = used.reduce((sum, batch) => sum + (batch.total - mean * batch.count) ** 2, 0);
  const standardError = Math.sqrt((squares * used.length) / (used.length - 1)) / count;
  const halfWidth = Math.min(MAX_HALF_WIDTH, (HALF_WIDTHS_PER_DEVIATION * standardError) / mean);
  return { low: 1 - halfWidth, value: 1, high: 1 + halfWidth };
}
