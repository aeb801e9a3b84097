import type { Arrivals } from '../../scenarios/arrivals.ts';
import type { Random } from '../../vocabulary/random.ts';
import type { ArrivalProcess, ArrivalSpan } from './arrival-process.ts';
import { constantArrivals } from './constant.ts';
import { poissonArrivals } from './poisson.ts';

const PROCESSES: { readonly [K in Arrivals['kind']]: ArrivalProcess } = {
  poisson: poissonArrivals,
  constant: constantArrivals,
};

/** Draws the arrivals of the kind that the scenario names. */
export const drawArrivals = (arrivals: Arrivals, span: ArrivalSpan, random: Random): number[] =>
  PROCESSES[arrivals.kind](span, random);
