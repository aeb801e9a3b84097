import { type DemandFile, statedFigure } from '../../scenarios/demand.ts';
import { createDiagnostic, type Diagnostic } from '../../vocabulary/diagnostics.ts';
import type { Basis, Sourced } from '../../vocabulary/plan-file.ts';
import type { TraceSummary } from '../../vocabulary/result-file.ts';
import { MIN_PER_HOUR, S_PER_MIN } from '../../vocabulary/units.ts';
import { sourced } from '../sourced.ts';
import { scatterOfDemand, scatterOfTrace, type TraceScatter } from './trace-scatter.ts';
import { busyHourRowsPerS, traceHasDays } from './week.ts';

/** Counts over 60 s with variance ÷ mean above this are burstier than a closed form may treat as Poisson. */
export const BURSTY_INDEX = 2;
const BURST_WINDOW_S = '60';

/** How turns scatter around their hourly rate. */
export interface Burstiness {
  readonly indexOfDispersion60S: number;
  /** Standard deviation ÷ mean of gaps, where it is known. */
  readonly gapCv: number | undefined;
  /** Busiest minute ÷ mean of the busy hour: what tiers are sized for; 1 when counts are near Poisson. */
  readonly sizingRatio: number;
  /** Of the trace that it was read from. */
  readonly trace?: TraceScatter;
  readonly figures: readonly Sourced[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Independent arrivals: what is assumed where nobody says otherwise. */
const CALM: Burstiness = {
  indexOfDispersion60S: 1,
  gapCv: undefined,
  sizingRatio: 1,
  figures: [],
  diagnostics: [],
};

interface Scatter {
  readonly index: number;
  readonly gapCv: number | undefined;
  readonly basis: Basis;
  readonly source: string;
}

function scatterFigures({ index, gapCv, basis, source }: Scatter): Sourced[] {
  const figures = [sourced('indexOfDispersion60S', index, 'ratio', { basis, source })];
  return gapCv === undefined ? figures : [...figures, sourced('gapCv', gapCv, 'ratio', { basis, source })];
}

function bursty(scatter: Scatter, ratio: number, peak: { basis: Basis; source: string }): Burstiness {
  const { index, gapCv } = scatter;
  const figures = scatterFigures(scatter);
  if (index <= BURSTY_INDEX) {
    return { ...CALM, indexOfDispersion60S: index, gapCv, figures };
  }
  const sizingRatio = Math.max(1, ratio);
  const message = `counts per minute vary ${index.toPrecision(3)} times as much as Poisson arrivals (closed forms hold up to ${BURSTY_INDEX}); tiers are sized for the busiest minute, ${sizingRatio.toPrecision(3)} times the mean of the busy hour`;
  return {
    indexOfDispersion60S: index,
    gapCv,
    sizingRatio,
    figures: [...figures, sourced('busiestMinuteToMean', sizingRatio, 'ratio', peak)],
    diagnostics: [createDiagnostic('BURSTY_DEMAND', message, 'demand')],
  };
}

interface TracedArrivals {
  readonly summary: TraceSummary;
  readonly hourly: readonly number[];
  readonly scatter: TraceScatter;
}

/** Days of a trace are not bursts: its busiest minute is held against the busy hour that is planned for. */
function burstinessOfTrace({ summary, hourly, scatter }: TracedArrivals): Burstiness {
  const index = scatter.indexOfDispersion[BURST_WINDOW_S];
  if (index === undefined) return { ...CALM, trace: scatter };
  const { gapCv, source } = scatter;
  const hour = traceHasDays(hourly) ? 'that of its busiest whole hour' : 'its mean rate';
  const ratio = summary.busiest60SRequestsPerS / busyHourRowsPerS(summary, hourly);
  const peak = {
    basis: 'measured' as const,
    source: `busiest 60 s of ${summary.source} ÷ ${hour}; the sizing rate`,
  };
  return { ...bursty({ index, gapCv, basis: 'measured', source }, ratio, peak), trace: scatter };
}

/** Normal quantile of ½^(1/60): half of all hours have no minute beyond it. */
const BUSIEST_OF_60_Z = 2.2731;

/**
 * Median of the busiest of 60 minutes ÷ the mean minute, when counts are gamma with a mean and variance = index × mean
 * (Wilson & Hilferty 1931: the cube root of a gamma is near normal).
 */
export function estimateBusiestMinuteRatio(perS: number, indexOfDispersion60S: number): number {
  const shape = (perS * S_PER_MIN) / indexOfDispersion60S;
  const spread = 1 / (9 * shape);
  return Math.max(1, (1 - spread + BUSIEST_OF_60_Z * Math.sqrt(spread)) ** 3);
}

function burstinessOfFile(file: DemandFile, turnsPerS: number): Burstiness | undefined {
  const { burstiness, name, source: ofFile } = file.spec;
  if (burstiness?.indexOfDispersion60S === undefined) return undefined;
  const stated = statedFigure(burstiness.indexOfDispersion60S);
  const source = `demand ${name}: ${stated.source ?? ofFile}`;
  const gapCv = burstiness.gapCv === undefined ? undefined : statedFigure(burstiness.gapCv).value;
  const scatter = { index: stated.value, gapCv, basis: 'assumed' as const, source };
  return bursty(scatter, estimateBusiestMinuteRatio(turnsPerS, Math.max(1, stated.value)), {
    basis: 'derived',
    source: `median of the busiest of ${MIN_PER_HOUR} minutes at that index; the sizing rate`,
  });
}

/** As the demand file states it, else as its trace or that of a result has it, else independent arrivals. */
export function burstinessOf(
  file: DemandFile | undefined,
  resultTrace: TraceSummary | undefined,
  busyHourTurnsPerS: number,
): Burstiness {
  const stated = file && burstinessOfFile(file, busyHourTurnsPerS);
  if (stated !== undefined) return stated;
  const arrivals = file?.arrivals;
  if (arrivals !== undefined) return burstinessOfTrace({ ...arrivals, scatter: scatterOfDemand(arrivals) });
  if (resultTrace === undefined) return CALM;
  return burstinessOfTrace({ summary: resultTrace, hourly: [], scatter: scatterOfTrace(resultTrace) });
}
