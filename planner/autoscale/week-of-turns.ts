import { createRandom } from '../../vocabulary/random.ts';
import type { Demand } from '../demand/demand.ts';
import { weekRatesPerS } from '../demand/week.ts';
import { type ArrivalSteps, drawArrivals, modulationCv2 } from './arrivals.ts';

/**
 * Steps of the simulated week: the sync of an autoscaler, a quarter of the minutes of a burst. Queues are followed inside
 * a step, so shorter ones change late and rejected shares by less than one per cent of all turns.
 */
const STEP_S = 15;

/** A week in turns. */
export interface TurnWeek {
  readonly turnsPerSByHour: readonly number[];
  readonly arrivals: ArrivalSteps;
}

/** The week that holds the busy hour of a plan, and the one that is paid for most of the year: often the same. */
export interface TurnWeeks {
  readonly busiest: TurnWeek;
  readonly average: TurnWeek;
}

/** Weeks for each demand and seed: every mode and policy meets the same turns. */
const drawn = new WeakMap<Demand, Map<number, TurnWeeks>>();

/**
 * Variability of the rate from minute to minute. An index holds at the rate at which it was counted: that of its trace,
 * else the busy hour that states it. At another rate bursts keep their size against the mean.
 */
function burstCv2Of({ burstiness, busyHourTurnsPerS }: Demand): number {
  const countedAtPerS = burstiness.trace?.ratePerS ?? busyHourTurnsPerS;
  return modulationCv2(burstiness.indexOfDispersion60S, countedAtPerS);
}

function drawWeek(demand: Demand, factor: number, seed: number): TurnWeek {
  const perDay = demand.interactionsPerDay * factor;
  const perSByHour = weekRatesPerS(demand.week, perDay).map((perS) => perS * demand.turnsPerInteraction);
  const random = createRandom(seed).fork('autoscaling week');
  return {
    turnsPerSByHour: perSByHour,
    arrivals: drawArrivals({ perSByHour, burstCv2: burstCv2Of(demand) }, STEP_S, random),
  };
}

function drawWeeks(demand: Demand, seed: number): TurnWeeks {
  const busiest = drawWeek(demand, demand.peakFactor, seed);
  return { busiest, average: demand.peakFactor === 1 ? busiest : drawWeek(demand, 1, seed) };
}

/** Turns of the busiest and of an average week, hour by hour and drawn. */
export function weeksOfTurns(demand: Demand, seed: number): TurnWeeks {
  const known = drawn.get(demand) ?? new Map<number, TurnWeeks>();
  drawn.set(demand, known);
  const found = known.get(seed) ?? drawWeeks(demand, seed);
  known.set(seed, found);
  return found;
}
