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

/** Arrivals of the trace that the workload was read from. */
function fromTrace({ reference }: SizingContext): Observed | undefined {
  const trace = reference.result.trace;
  if (trace === undefined) return undefined;
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

/** Burstiness that was stated with the demand; gaps of which nothing is said are those of independent arrivals. */
function fromDemand({ demand }: SizingContext): Observed | undefined {
  const find = (name: string): Sourced | undefined => demand.figures.find((figure) => figure.name === name);
  const index = find('indexOfDispersion60S');
  const gapCv = find('gapCv');
  if (index === undefined && gapCv === undefined) return undefined;
  const cv = gapCv?.value ?? 1;
  return {
    arrivals: observedAt60S(demand.busyHourTurnsPerS, cv, index?.value ?? cv ** 2),
    figures: [index, gapCv].filter((figure) => figure !== undefined),
    explanation: 'a process with the index of dispersion and the gaps that were stated with the demand',
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
  return {
    arrivals,
    indexOfDispersion60S: indexOfDispersion60S(arrivals) ?? 1,
    gapCv: seen.gapCv,
    figures,
    explanation,
  };
}
