import { computeGapCv } from '../../vocabulary/dispersion.ts';
import { meanOf } from '../../vocabulary/mean.ts';
import { MIN_PER_HOUR, msFromS, S_PER_HOUR, S_PER_MIN } from '../../vocabulary/units.ts';
import type { TraceRequest } from '../traces/trace.ts';
import { workOf } from '../traces/trace-summary.ts';

/**
 * How the arrivals of a trace scatter around the mean of their own hour. Over days the rate also follows the hours, and an
 * index of all minutes would take the night for a burst.
 */
export interface WithinHours {
  /** Rate at which the indices hold, per second: Σ rate² ÷ Σ rate over the hours, since a variance grows with its square. */
  readonly ratePerS: number;
  /** Coefficient of variation of gaps, each against the mean gap of its hour. */
  readonly gapCv: number;
  /** Variance ÷ mean of counts per minute. */
  readonly indexOfDispersion60S: number;
  /** The same of work, as in the summary of a trace; absent where no request brings any. */
  readonly indexOfDispersionOfWork60S?: number;
}

/** One amount for each minute of the whole hours. */
function byMinute(
  requests: readonly TraceRequest[],
  hours: number,
  amountOf: (request: TraceRequest) => number,
): number[] {
  const amounts = new Array<number>(hours * MIN_PER_HOUR).fill(0);
  const minuteMs = msFromS(S_PER_MIN);
  for (const request of requests) {
    const minute = Math.floor(request.atMs / minuteMs);
    if (minute < amounts.length) amounts[minute] = (amounts[minute] ?? 0) + amountOf(request);
  }
  return amounts;
}

const hourOf = (minutes: readonly number[], hour: number): number[] =>
  minutes.slice(hour * MIN_PER_HOUR, (hour + 1) * MIN_PER_HOUR);

/** Mean square of the distance of each minute from its hour's mean; n − 1, as that mean is taken from the same minutes. */
function varianceWithinHours(minutes: readonly number[], hours: number): number {
  let squares = 0;
  for (let hour = 0; hour < hours; hour++) {
    const own = hourOf(minutes, hour);
    const mean = meanOf(own);
    for (const amount of own) squares += (amount - mean) ** 2;
  }
  return squares / (hours * (MIN_PER_HOUR - 1));
}

/** Gaps between arrivals of one hour ÷ their mean, put end to end as instants. */
function evenedInstants(requests: readonly TraceRequest[]): number[] {
  const gapsByHour = new Map<number, number[]>();
  const hourMs = msFromS(S_PER_HOUR);
  requests.forEach(({ atMs }, index) => {
    const before = requests[index - 1]?.atMs;
    const hour = Math.floor(atMs / hourMs);
    if (before === undefined || Math.floor(before / hourMs) !== hour) return;
    const gaps = gapsByHour.get(hour) ?? [];
    gaps.push(atMs - before);
    gapsByHour.set(hour, gaps);
  });
  let at = 0;
  const instants = [at];
  for (const gaps of gapsByHour.values()) {
    const mean = meanOf(gaps);
    if (!(mean > 0)) continue;
    for (const gap of gaps) {
      at += gap / mean;
      instants.push(at);
    }
  }
  return instants;
}

/** Gaps that a coefficient of variation is taken from at least. */
const MIN_GAPS = 2;

/** Arrivals of the first whole hours of a trace against the mean of each; undefined where none came in them. */
export function describeWithinHours(
  requests: readonly TraceRequest[],
  hours: number,
): WithinHours | undefined {
  const counts = byMinute(requests, hours, () => 1);
  const arrivals = counts.reduce((sum, count) => sum + count, 0);
  const instants = evenedInstants(requests.filter(({ atMs }) => atMs < msFromS(hours * S_PER_HOUR)));
  if (arrivals === 0 || instants.length <= MIN_GAPS) return undefined;
  const hourly = Array.from({ length: hours }, (_, hour) => meanOf(hourOf(counts, hour)));
  const squares = hourly.reduce((sum, perMin) => sum + perMin ** 2, 0);
  const perMin = squares / hourly.reduce((sum, mean) => sum + mean, 0);
  const work = byMinute(requests, hours, workOf);
  const worked = work.reduce((sum, amount) => sum + amount, 0);
  const meanWork = worked / arrivals;
  return {
    ratePerS: perMin / S_PER_MIN,
    gapCv: computeGapCv(instants),
    indexOfDispersion60S: varianceWithinHours(counts, hours) / meanOf(counts),
    ...(worked > 0
      ? { indexOfDispersionOfWork60S: varianceWithinHours(work, hours) / (meanOf(work) * meanWork) }
      : {}),
  };
}
