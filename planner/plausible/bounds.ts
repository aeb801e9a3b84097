/** Ends between which a figure may lie. Beyond them lies a mistake of unit, and arithmetic that no longer holds. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  /** The least is itself no possible value: a share that may not be 0. */
  readonly minExcluded?: boolean;
  readonly maxExcluded?: boolean;
}

/** NaN lies within none. */
export function isWithin(value: number, { min, max, minExcluded, maxExcluded }: Bounds): boolean {
  const aboveMin = minExcluded === true ? value > min : value >= min;
  const belowMax = maxExcluded === true ? value < max : value <= max;
  return aboveMin && belowMax;
}

/** `above 0 and below 1`, `from 0 to 1000`. */
export function boundsWords({ min, max, minExcluded, maxExcluded }: Bounds): string {
  if (minExcluded !== true && maxExcluded !== true) return `from ${min} to ${max}`;
  return `${minExcluded === true ? 'above' : 'at least'} ${min} and ${maxExcluded === true ? 'below' : 'at most'} ${max}`;
}

export const RATIO: Bounds = { min: 0, max: 1 };
export const SHARE_BELOW_ONE: Bounds = { min: 0, max: 1, maxExcluded: true };
export const SHARE_ABOVE_ZERO: Bounds = { min: 0, max: 1, minExcluded: true };
