import type { DemandArrivals } from '../../scenarios/demand.ts';
import type { TraceSummary } from '../../vocabulary/result-file.ts';
import { S_PER_MIN } from '../../vocabulary/units.ts';
import { traceHasDays } from './week.ts';

/** How the arrivals of a trace scatter in its busy hour. */
export interface TraceScatter {
  readonly source: string;
  /** Rate at which the indices hold. */
  readonly ratePerS: number;
  readonly gapCv: number;
  /** Variance ÷ mean of counts, keyed by the length of the window in seconds. */
  readonly indexOfDispersion: Readonly<Record<string, number>>;
  /** The same of work, where the trace has any. */
  readonly indexOfDispersionOfWork?: Readonly<Record<string, number>> | undefined;
  /** Squared coefficient of variation of the work of one request. */
  readonly workScv?: number | undefined;
}

/** A whole trace: one that is its own busy hour. */
export const scatterOfTrace = (trace: TraceSummary): TraceScatter => ({
  source: `arrivals of ${trace.source}`,
  ratePerS: trace.meanRequestsPerS,
  gapCv: trace.gapCv,
  indexOfDispersion: trace.indexOfDispersion,
  indexOfDispersionOfWork: trace.indexOfDispersionOfWork,
  workScv: trace.workScv,
});

const MINUTE = String(S_PER_MIN);

/**
 * The trace of a demand. From a day on its busiest hour is planned for, and that the night is quiet is no burst of that
 * hour: then arrivals are held against the mean of their own hour.
 */
export function scatterOfDemand({ summary, hourly, withinHours }: DemandArrivals): TraceScatter {
  const whole = scatterOfTrace(summary);
  if (!traceHasDays(hourly) || withinHours === undefined) return whole;
  const { ratePerS, gapCv, indexOfDispersion60S, indexOfDispersionOfWork60S } = withinHours;
  return {
    source: `${whole.source}, against the mean of each hour`,
    ratePerS,
    gapCv,
    indexOfDispersion: { [MINUTE]: indexOfDispersion60S },
    indexOfDispersionOfWork:
      indexOfDispersionOfWork60S === undefined ? undefined : { [MINUTE]: indexOfDispersionOfWork60S },
    workScv: summary.workScv,
  };
}
