import type { Sourced } from '../../vocabulary/plan-file.ts';
import type { SizingContext } from '../size/context.ts';
import { sourced } from '../sourced.ts';
import { indexOfDispersion60S } from './dispersion.ts';
import { type FittedArrivals, fitArrivals, type ObservedArrivals, observedAt60S } from './fit-arrivals.ts';

/** Turns of the busy hour as a process, and what it rests on. */
export interface DemandArrivalModel {
  readonly arrivals: FittedArrivals;
  /** At the busy hour's rate. */
  readonly indexOfDispersion60S: number;
  readonly gapCv: number;
  readonly figures: readonly Sourced[];
  readonly explanation: string;
}

interface Observed {
  readonly arrivals: ObservedArrivals;
  readonly figures: readonly Sourced[];
  readonly explanation: string;
}

/** Arrivals of the trace that the workload was read from, unless the demand states others. */
function fromTrace({ reference, demand }: SizingContext): Observed | undefined {
  const trace = reference.result.trace;
  const { figures: stated, gapCv } = demand.burstiness;
  if (trace === undefined || (stated.length > 0 && gapCv !== trace.gapCv)) return undefined;
  const basis = { basis: 'measured' as const, source: `arrivals of ${trace.source}` };
  const indices = Object.entries(trace.indexOfDispersion);
  return {
    arrivals: {
      ratePerS: trace.meanRequestsPerS,
      gapCv: trace.gapCv,
      indexOfDispersion: trace.indexOfDispersion,
    },
    figures: [
      ...indices.map(([windowS, index]) => sourced(`indexOfDispersion${windowS}S`, index, 'ratio', basis)),
      sourced('gapCv', trace.gapCv, 'ratio', basis),
    ],
    explanation: `a process whose rate swings as that of ${trace.source} did in windows of ${indices.map(([windowS]) => windowS).join(', ')} s; at the rate of the busy hour the swings keep their size against the mean`,
  };
}

/** Burstiness that the demand states, or that a trace of its own has. */
function fromDemand({ demand }: SizingContext): Observed | undefined {
  const { indexOfDispersion60S: index, gapCv, figures } = demand.burstiness;
  if (figures.length === 0) return undefined;
  return {
    arrivals: observedAt60S(demand.busyHourTurnsPerS, gapCv, index),
    figures: figures.filter(({ name }) => name === 'indexOfDispersion60S' || name === 'gapCv'),
    explanation: `a process with the index of dispersion${gapCv === undefined ? '' : ' and the gaps'} of the demand, at the rate of its busy hour`,
  };
}

/** Arrivals of the plan's busy hour: fitted to a trace or to stated burstiness, else independent of one another. */
export function demandArrivals(context: SizingContext): DemandArrivalModel {
  const ratePerS = context.demand.busyHourTurnsPerS;
  const observed = fromTrace(context) ?? fromDemand(context);
  if (observed === undefined) {
    const basis = { basis: 'assumed' as const, source: 'customers who do not know of one another' };
    return {
      arrivals: { kind: 'poisson', ratePerS },
      indexOfDispersion60S: 1,
      gapCv: 1,
      figures: [sourced('indexOfDispersion60S', 1, 'ratio', basis), sourced('gapCv', 1, 'ratio', basis)],
      explanation: 'Poisson arrivals: no trace was replayed and no burstiness was stated',
    };
  }
  const { arrivals: seen, figures, explanation } = observed;
  const arrivals = fitArrivals(seen, ratePerS);
  const index = indexOfDispersion60S(arrivals) ?? 1;
  return { arrivals, indexOfDispersion60S: index, gapCv: seen.gapCv ?? 1, figures, explanation };
}
