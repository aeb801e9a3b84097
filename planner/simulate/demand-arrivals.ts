import type { Sourced } from '../../vocabulary/plan-file.ts';
import { S_PER_MIN } from '../../vocabulary/units.ts';
import type { TraceScatter } from '../demand/trace-scatter.ts';
import type { SizingContext } from '../size/context.ts';
import { sourced } from '../sourced.ts';
import { indexOfDispersion60S } from './dispersion.ts';
import { type FittedArrivals, fitArrivals, type ObservedArrivals, observedAt60S } from './fit-arrivals.ts';

/** Turns of the busy hour as a process, and what it rests on. */
export interface DemandArrivalModel {
  /** As they are counted: what a gateway feels, which works on all turns alike. */
  readonly counts: FittedArrivals;
  /** As the work that they bring is counted: what an engine feels, which works longer on a longer answer. */
  readonly work: FittedArrivals;
  /** Of counts, at the busy hour's rate. */
  readonly indexOfDispersion60S: number;
  readonly gapCv: number;
  readonly figures: readonly Sourced[];
  readonly explanation: string;
}

interface Observed {
  readonly counts: ObservedArrivals;
  readonly work: ObservedArrivals;
  readonly figures: readonly Sourced[];
  readonly explanation: string;
}

/** The index at 60 s, or of the longest window below it that a short trace has. */
function atMostAMinute(indices: Readonly<Record<string, number>>): Record<string, number> {
  const windows = Object.keys(indices).filter((windowS) => Number(windowS) <= S_PER_MIN);
  const longest = windows.sort((a, b) => Number(b) - Number(a))[0];
  return longest === undefined ? {} : { [longest]: indices[longest] ?? 1 };
}

/** The index that arrivals with independent work would need for work to swing as it did: less that of the work itself. */
export function observedWork(trace: TraceScatter): ObservedArrivals {
  const { ratePerS, gapCv, indexOfDispersionOfWork, workScv } = trace;
  if (indexOfDispersionOfWork === undefined || workScv === undefined) return observedCounts(trace);
  const indices = Object.entries(atMostAMinute(indexOfDispersionOfWork)).map(
    ([windowS, index]) => [windowS, Math.max(0, index - workScv)] as const,
  );
  return { ratePerS, gapCv, indexOfDispersion: Object.fromEntries(indices) };
}

/** Arrivals of a trace by its index at 60 s and its gaps. */
const observedCounts = ({ ratePerS, gapCv, indexOfDispersion }: TraceScatter): ObservedArrivals => ({
  ratePerS,
  gapCv,
  indexOfDispersion: atMostAMinute(indexOfDispersion),
});

function traceFigures({
  source,
  gapCv,
  indexOfDispersion,
  indexOfDispersionOfWork,
}: TraceScatter): Sourced[] {
  const basis = { basis: 'measured' as const, source };
  const rows = (name: string, indices: Readonly<Record<string, number>>): Sourced[] =>
    Object.entries(indices).map(([windowS, index]) => sourced(`${name}${windowS}S`, index, 'ratio', basis));
  return [
    ...rows('indexOfDispersion', atMostAMinute(indexOfDispersion)),
    ...rows('indexOfDispersionOfWork', atMostAMinute(indexOfDispersionOfWork ?? {})),
    sourced('gapCv', gapCv, 'ratio', basis),
  ];
}

/** Arrivals of the trace of the demand or of the result, unless the demand states others. */
function fromTrace({ demand }: SizingContext): Observed | undefined {
  const { trace } = demand.burstiness;
  if (trace === undefined) return undefined;
  const ofWork =
    trace.indexOfDispersionOfWork === undefined ? '' : '; engines and quotas feel the swings of its tokens';
  return {
    counts: observedCounts(trace),
    work: observedWork(trace),
    figures: traceFigures(trace),
    explanation: `a process with the index of dispersion and the gaps of the ${trace.source}${ofWork}; at the rate of the busy hour its swings keep their size against the mean`,
  };
}

/** Burstiness that the demand states. */
function fromDemand({ demand }: SizingContext): Observed | undefined {
  const { indexOfDispersion60S: index, gapCv, figures } = demand.burstiness;
  if (figures.length === 0) return undefined;
  const counts = observedAt60S(demand.busyHourTurnsPerS, gapCv, index);
  return {
    counts,
    work: counts,
    figures: figures.filter(({ name }) => name === 'indexOfDispersion60S' || name === 'gapCv'),
    explanation: `a process with the index of dispersion${gapCv === undefined ? '' : ' and the gaps'} of the demand, at the rate of its busy hour`,
  };
}

function independent(ratePerS: number): DemandArrivalModel {
  const basis = { basis: 'assumed' as const, source: 'customers who do not know of one another' };
  return {
    counts: { kind: 'poisson', ratePerS },
    work: { kind: 'poisson', ratePerS },
    indexOfDispersion60S: 1,
    gapCv: 1,
    figures: [sourced('indexOfDispersion60S', 1, 'ratio', basis), sourced('gapCv', 1, 'ratio', basis)],
    explanation: 'Poisson arrivals: no trace was replayed and no burstiness was stated',
  };
}

/** Arrivals of the plan's busy hour: fitted to a trace or to stated burstiness, else independent of one another. */
export function demandArrivals(context: SizingContext): DemandArrivalModel {
  const ratePerS = context.demand.busyHourTurnsPerS;
  const observed = fromTrace(context) ?? fromDemand(context);
  if (observed === undefined) return independent(ratePerS);
  const counts = fitArrivals(observed.counts, ratePerS);
  return {
    counts,
    work: fitArrivals(observed.work, ratePerS),
    indexOfDispersion60S: indexOfDispersion60S(counts) ?? 1,
    gapCv: observed.counts.gapCv ?? 1,
    figures: observed.figures,
    explanation: observed.explanation,
  };
}
