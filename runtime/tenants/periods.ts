import { MS_PER_S, S_PER_DAY, S_PER_MIN } from '../../vocabulary/units.ts';

/**
 * A window is counted in 60 slices. What lies in the slice of now and the 60 before it is what the window holds: a
 * little more than a minute (61 s at most), so that no 60 s, wherever they begin, can hold more than the limit.
 */
export const WINDOW_SLICES = 60;

/** Lengths that the limits are about; other values than the default serve tests. */
export interface Periods {
  readonly windowMs: number;
  readonly dayMs: number;
}
export const DEFAULT_PERIODS: Periods = {
  windowMs: S_PER_MIN * MS_PER_S,
  dayMs: S_PER_DAY * MS_PER_S,
};

export const sliceMsOf = ({ windowMs }: Periods): number => windowMs / WINDOW_SLICES;

/** Money is counted in whole billionths of a dollar, so that sums are exact; a fraction counts as one. */
const NANO_PER_USD = 1e9;
export const nanoUsdFrom = (usd: number): number => Math.ceil(usd * NANO_PER_USD - 1e-6);
export const usdFromNano = (nanoUsd: number): number => nanoUsd / NANO_PER_USD;
