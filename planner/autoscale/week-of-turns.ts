import { createRandom } from '../../vocabulary/random.ts';
import type { Demand } from '../demand/demand.ts';
import { weekRatesPerS } from '../demand/week.ts';
import { type ArrivalSteps, drawArrivals, modulationCv2 } from './arrivals.ts';

/** Steps of the simulated week: short against the sync of an autoscaler and the minutes of a burst. */
const STEP_S = 5;

/** The week that holds the busy hour of a plan, in turns. */
export interface TurnWeek {
  readonly turnsPerSByHour: readonly number[];
  readonly arrivals: ArrivalSteps;
}

/** One week for each demand and seed: every mode and policy meets the same turns. */
const weeks = new WeakMap<Demand, Map<number, TurnWeek>>();

function drawWeek(demand: Demand, seed: number): TurnWeek {
  const perDay = demand.interactionsPerDay * demand.peakFactor;
  const perSByHour = weekRatesPerS(demand.week, perDay).map((perS) => perS * demand.turnsPerInteraction);
  const burstCv2 = modulationCv2(demand.burstiness.indexOfDispersion60S, demand.busyHourTurnsPerS);
  const random = createRandom(seed).fork('autoscaling week');
  return {
    turnsPerSByHour: perSByHour,
    arrivals: drawArrivals({ perSByHour, burstCv2 }, STEP_S, random),
  };
}

/** Turns of the busiest week, hour by hour and drawn. */
export function weekOfTurns(demand: Demand, seed: number): TurnWeek {
  const known = weeks.get(demand) ?? new Map<number, TurnWeek>();
  weeks.set(demand, known);
  const found = known.get(seed) ?? drawWeek(demand, seed);
  known.set(seed, found);
  return found;
}
