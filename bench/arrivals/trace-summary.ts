import type { TraceSummary } from '../../vocabulary/result-file.ts';
import { MS_PER_S, msFromS, S_PER_MIN, sFromMs } from '../../vocabulary/units.ts';
import type { Trace, TraceRequest } from './trace.ts';

/** Windows, in seconds, over which counts are compared. */
const DISPERSION_WINDOWS_S = [1, 10, 60, 300] as const;

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

/** The most arrivals in any span of 60 s that begins with an arrival, per second. */
export function computeBusiest60SPerS(instantsMs: readonly number[]): number {
  const spanMs = msFromS(S_PER_MIN);
  let first = 0;
  let most = 0;
  instantsMs.forEach((atMs, last) => {
    while (atMs - (instantsMs[first] ?? atMs) >= spanMs) first++;
    most = Math.max(most, last - first + 1);
  });
  return most / S_PER_MIN;
}

const meanOf = (requests: readonly TraceRequest[], value: (request: TraceRequest) => number): number =>
  mean(requests.map(value));

/** Describes a trace at its own speed, so that a plan can use its arrivals and token counts. */
export function summariseTrace({ source, format, sha256, requests }: Trace): TraceSummary {
  const instantsMs = requests.map(({ atMs }) => atMs);
  const spanMs = instantsMs.at(-1) ?? MS_PER_S;
  const dispersion = DISPERSION_WINDOWS_S.flatMap((windowS) => {
    const index = computeIndexOfDispersion(instantsMs, windowS);
    return index === undefined ? [] : [[String(windowS), index] as const];
  });
  return {
    source,
    format,
    sha256,
    requests: requests.length,
    spanMs,
    meanRequestsPerS: requests.length / sFromMs(spanMs),
    gapCv: computeGapCv(instantsMs),
    indexOfDispersion: Object.fromEntries(dispersion),
    busiest60SRequestsPerS: computeBusiest60SPerS(instantsMs),
    meanInputTokens: meanOf(requests, ({ inputTokens }) => inputTokens),
    meanOutputTokens: meanOf(requests, ({ outputTokens }) => outputTokens),
  };
}
