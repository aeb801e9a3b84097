import { msFromS, S_PER_MIN } from '../../vocabulary/units.ts';
import type { ArrivalProcess, RateSwing } from './arrivals.ts';
import { computeSwingDispersion } from './dispersion.ts';

/** Arrivals as they were seen: their rate, and how unevenly they came. */
export interface ObservedArrivals {
  readonly ratePerS: number;
  /** Coefficient of variation of the gaps; where it is not known, gaps are taken as Poisson where the rate does not swing. */
  readonly gapCv?: number | undefined;
  /** Variance ÷ mean of counts, keyed by the length of the window in seconds. */
  readonly indexOfDispersion: Readonly<Record<string, number>>;
}

/** Fitted processes go on for ever at their rate. */
export type FittedArrivals = Exclude<ArrivalProcess, { kind: 'trace' }>;

/** Swings are known by windows that hold at least this many arrivals; shorter ones show the gaps. */
const MIN_ARRIVALS_PER_WINDOW = 3;
/** Above this the multiplier is near 0 for most of the time, and the gaps say nothing of the process without it. */
const MAX_VARIANCE_FOR_GAPS = 0.9;
const GAP_CV_RANGE = { low: 0.3, high: 3 } as const;
/** Burstier gaps, and swings that are nothing for nearly all of the time, are a mistake or beyond what can be drawn. */
const MAX_RENEWAL_GAP_CV = 20;
const MAX_VARIANCE = 10_000;
const SWEEPS = 12;
const HALVINGS = 40;

interface Window {
  readonly windowMs: number;
  readonly index: number;
}

function windowsOf({ ratePerS, indexOfDispersion }: ObservedArrivals): Window[] {
  return Object.entries(indexOfDispersion)
    .map(([windowS, index]) => ({ windowMs: msFromS(Number(windowS)), windowS: Number(windowS), index }))
    .filter(({ windowS }) => windowS * ratePerS >= MIN_ARRIVALS_PER_WINDOW)
    .sort((a, b) => b.windowMs - a.windowMs);
}

/** The variance of one swing with which the process has the index of its window, all other swings as they are; ≥ 0. */
function solveVariance(
  observed: ObservedArrivals,
  window: Window,
  gapCv: number,
  withVariance: (varianceRatio: number) => readonly RateSwing[],
): number {
  const indexWith = (varianceRatio: number): number =>
    computeSwingDispersion(observed.ratePerS, gapCv, withVariance(varianceRatio), window.windowMs);
  if (indexWith(0) >= window.index) return 0;
  let low = 0;
  let high = 0.01;
  while (high < MAX_VARIANCE && indexWith(high) < window.index) high *= 2;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (indexWith(middle) < window.index) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Coefficient of variation of the gaps without swings: an arrival at multiplier M is followed by a gap of mean 1/(λM), so
 * cv² + 1 = (cv₀² + 1) · E[1/M], and E[1/M] = ∏ 1/(1 − V) for gamma multipliers of variance V.
 */
function localGapCv(gapCv: number | undefined, swings: readonly RateSwing[]): number {
  if (gapCv === undefined || swings.some(({ varianceRatio }) => varianceRatio > MAX_VARIANCE_FOR_GAPS))
    return 1;
  const inverse = swings.reduce((product, { varianceRatio }) => product / (1 - varianceRatio), 1);
  const cv = Math.sqrt(Math.max(0, (gapCv ** 2 + 1) / inverse - 1));
  return Math.min(GAP_CV_RANGE.high, Math.max(GAP_CV_RANGE.low, cv));
}

/**
 * A process with the index of dispersion of every window and the coefficient of variation of the gaps that were seen: a
 * swing for each window, blocks as long as it, their variances solved in turn until they agree. What a long swing leaves
 * over of a short window is the short one's. At another rate the swings keep their size against the mean.
 */
export function fitArrivals(observed: ObservedArrivals, ratePerS = observed.ratePerS): FittedArrivals {
  const windows = windowsOf(observed);
  const renewal = {
    kind: 'renewal',
    ratePerS,
    gapCv: Math.min(MAX_RENEWAL_GAP_CV, observed.gapCv ?? 1),
  } as const;
  if (windows.length === 0) return renewal;
  const swings: RateSwing[] = windows.map(({ windowMs }) => ({ varianceRatio: 0, blockMs: windowMs }));
  let gapCv = 1;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    gapCv = localGapCv(observed.gapCv, swings);
    for (const [index, window] of windows.entries()) {
      const withVariance = (varianceRatio: number): readonly RateSwing[] =>
        swings.map((swing, i) => (i === index ? { ...swing, varianceRatio } : swing));
      swings[index] = {
        blockMs: window.windowMs,
        varianceRatio: solveVariance(observed, window, gapCv, withVariance),
      };
    }
  }
  const real = swings.filter(({ varianceRatio }) => varianceRatio > 0);
  return real.length === 0 ? renewal : { kind: 'modulated', ratePerS, gapCv, swings: real };
}

/** Arrivals of which only the index at 60 s and the gaps are known. */
export const observedAt60S = (
  ratePerS: number,
  gapCv: number | undefined,
  index: number,
): ObservedArrivals => ({
  ratePerS,
  gapCv,
  indexOfDispersion: { [String(S_PER_MIN)]: index },
});
