import { meanOf } from './mean.ts';
import { msFromS } from './units.ts';

/** Mean squared distance from the mean (n, not n − 1: the windows are the whole of what is described). */
function variance(values: readonly number[]): number {
  const centre = meanOf(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length;
}

/** Standard deviation ÷ mean of the gaps between arrivals: 1 for a Poisson process. */
export function computeGapCv(instantsMs: readonly number[]): number {
  const gapsMs = instantsMs.slice(1).map((atMs, i) => atMs - (instantsMs[i] ?? atMs));
  return Math.sqrt(variance(gapsMs)) / meanOf(gapsMs);
}

/**
 * Index of dispersion of counts (Cox & Lewis 1966): variance ÷ mean of arrivals in consecutive whole windows from the
 * first arrival on; the unfinished last one is left out. 1 for a Poisson process; undefined with fewer than two windows.
 */
export function computeIndexOfDispersion(instantsMs: readonly number[], windowS: number): number | undefined {
  return dispersionOf(instantsMs, () => 1, windowS);
}

/**
 * Index of dispersion for work (Fendick & Whitt, "Measurements, Approximations, and Simulation of the Offered Traffic in
 * Queueing Systems", 1989): variance of the work that arrives in a window ÷ (its mean × the mean work of one arrival). Of
 * independent arrivals and work, 1 + the squared coefficient of variation of work; less of both where busier windows
 * bring smaller work. `work` goes with the instants; undefined with fewer than two windows, and for no work at all.
 */
export function computeIndexOfDispersionOfWork(
  instantsMs: readonly number[],
  work: readonly number[],
  windowS: number,
): number | undefined {
  const meanWork = meanOf(work);
  if (!(meanWork > 0)) return undefined;
  const index = dispersionOf(instantsMs, (i) => work[i] ?? 0, windowS);
  return index === undefined ? undefined : index / meanWork;
}

/** Squared standard deviation ÷ mean: 0 of constant values, 1 of exponential ones. Undefined where the mean is 0. */
export function computeScv(values: readonly number[]): number | undefined {
  const centre = meanOf(values);
  return centre === 0 ? undefined : variance(values) / centre ** 2;
}

function dispersionOf(
  instantsMs: readonly number[],
  amountOf: (index: number) => number,
  windowS: number,
): number | undefined {
  const windowMs = msFromS(windowS);
  const windows = Math.floor((instantsMs.at(-1) ?? 0) / windowMs);
  if (windows < 2) return undefined;
  const sums = new Array<number>(windows).fill(0);
  for (const [i, atMs] of instantsMs.entries()) {
    const window = Math.floor(atMs / windowMs);
    if (window < windows) sums[window] = (sums[window] ?? 0) + amountOf(i);
  }
  return variance(sums) / meanOf(sums);
}
