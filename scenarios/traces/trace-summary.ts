import {
  computeGapCv,
  computeIndexOfDispersion,
  computeIndexOfDispersionOfWork,
  computeScv,
} from '../../vocabulary/dispersion.ts';
import type { TraceSummary } from '../../vocabulary/result-file.ts';
import { MS_PER_S, msFromS, S_PER_MIN, sFromMs } from '../../vocabulary/units.ts';
import type { Trace, TraceRequest } from './trace.ts';

export { computeGapCv, computeIndexOfDispersion } from '../../vocabulary/dispersion.ts';

/** Windows, in seconds, over which counts are compared. */
const DISPERSION_WINDOWS_S = [1, 10, 60, 300] as const;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

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

/** Time that a token takes to read, as a share of one that is written: prompts are read at once, answers one by one. */
const INPUT_TOKEN_WORK = 0.01;

/** What a request asks of an engine, in tokens written: what its time in a slot is in proportion to. */
export const workOf = ({ inputTokens, outputTokens }: TraceRequest): number =>
  outputTokens + INPUT_TOKEN_WORK * inputTokens;

/** An index of every window that the trace is long enough for. */
function byWindow(indexAt: (windowS: number) => number | undefined): Record<string, number> {
  const indices = DISPERSION_WINDOWS_S.flatMap((windowS) => {
    const index = indexAt(windowS);
    return index === undefined ? [] : [[String(windowS), index] as const];
  });
  return Object.fromEntries(indices);
}

/** Describes a trace at its own speed, so that a plan can use its arrivals and token counts. */
export function summariseTrace({ source, format, sha256, requests }: Trace): TraceSummary {
  const instantsMs = requests.map(({ atMs }) => atMs);
  const spanMs = instantsMs.at(-1) ?? MS_PER_S;
  const work = requests.map(workOf);
  const workScv = computeScv(work);
  return {
    source,
    format,
    sha256,
    requests: requests.length,
    spanMs,
    meanRequestsPerS: requests.length / sFromMs(spanMs),
    gapCv: computeGapCv(instantsMs),
    indexOfDispersion: byWindow((windowS) => computeIndexOfDispersion(instantsMs, windowS)),
    ...(workScv === undefined
      ? {}
      : {
          indexOfDispersionOfWork: byWindow((windowS) =>
            computeIndexOfDispersionOfWork(instantsMs, work, windowS),
          ),
          workScv,
        }),
    busiest60SRequestsPerS: computeBusiest60SPerS(instantsMs),
    meanInputTokens: meanOf(requests, ({ inputTokens }) => inputTokens),
    meanOutputTokens: meanOf(requests, ({ outputTokens }) => outputTokens),
  };
}
