import { computeIndexOfDispersion } from '../../vocabulary/dispersion.ts';
import { MS_PER_S, S_PER_MIN, sFromMs } from '../../vocabulary/units.ts';
import type { ArrivalProcess, RateSwing } from './arrivals.ts';

/** Pieces of the integral below, even for Simpson's rule. */
const PIECES = 200;

/** Covariance of the product of all swings at a lag: a block of random phase is the same one with 1 − lag ÷ block. */
function covarianceAt(swings: readonly RateSwing[], lagMs: number): number {
  return (
    swings.reduce(
      (product, { varianceRatio, blockMs }) =>
        product * (1 + varianceRatio * Math.max(0, 1 - lagMs / blockMs)),
      1,
    ) - 1
  );
}

/**
 * Memory of the swings over a window, in ms: (2 ÷ window) · ∫ (window − lag) · covariance(lag), by Simpson's rule. Rate ×
 * memory is what swings add to the index of dispersion (Cox & Isham, Point Processes, 1980, chapter 6).
 */
export function swingMemoryMs(swings: readonly RateSwing[], windowMs: number): number {
  const longestMs = Math.max(0, ...swings.map(({ blockMs }) => blockMs));
  const toMs = Math.min(windowMs, longestMs);
  if (toMs === 0) return 0;
  let sum = 0;
  for (let piece = 0; piece <= PIECES; piece++) {
    const lagMs = (toMs * piece) / PIECES;
    const weight = piece === 0 || piece === PIECES ? 1 : piece % 2 === 1 ? 4 : 2;
    sum += weight * (windowMs - lagMs) * covarianceAt(swings, lagMs);
  }
  return ((2 / windowMs) * sum * toMs) / (3 * PIECES);
}

/** Variance ÷ mean of counts in a window of a process with swings, of which gaps have this coefficient of variation. */
export const computeSwingDispersion = (
  ratePerS: number,
  gapCv: number,
  swings: readonly RateSwing[],
  windowMs: number,
): number => gapCv ** 2 + sFromMs(ratePerS * swingMemoryMs(swings, windowMs));

/**
 * Index of dispersion of counts in windows of 60 s: measured on a trace, else that of the process (of renewals the limit
 * of long windows, gapCv²). Undefined for a trace shorter than two windows.
 */
export function indexOfDispersion60S(process: ArrivalProcess): number | undefined {
  switch (process.kind) {
    case 'poisson':
      return 1;
    case 'renewal':
      return process.gapCv ** 2;
    case 'modulated':
      return computeSwingDispersion(process.ratePerS, process.gapCv, process.swings, S_PER_MIN * MS_PER_S);
    case 'trace':
      return computeIndexOfDispersion(Array.from(process.instantsMs), S_PER_MIN);
  }
}
