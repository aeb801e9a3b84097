import { msFromS } from './units.ts';

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean squared distance from the mean (n, not n − 1: the windows are the whole of what is described). */
function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length;
}

/** Standard deviation ÷ mean of the gaps between arrivals: 1 for a Poisson process. */
export function computeGapCv(instantsMs: readonly number[]): number {
  const gapsMs = instantsMs.slice(1).map((atMs, i) => atMs - (instantsMs[i] ?? atMs));
  return Math.sqrt(variance(gapsMs)) / mean(gapsMs);
}

/**
 * Index of dispersion of counts (Cox & Lewis 1966): variance ÷ mean of arrivals in consecutive whole windows from the
 * first arrival on; the unfinished last one is left out. 1 for a Poisson process; undefined with fewer than two windows.
 */
export function computeIndexOfDispersion(instantsMs: readonly number[], windowS: number): number | undefined {
  const windowMs = msFromS(windowS);
  const windows = Math.floor((instantsMs.at(-1) ?? 0) / windowMs);
  if (windows < 2) return undefined;
  const counts = new Array<number>(windows).fill(0);
  for (const atMs of instantsMs) {
    const window = Math.floor(atMs / windowMs);
    if (window < windows) counts[window] = (counts[window] ?? 0) + 1;
  }
  return variance(counts) / mean(counts);
}
