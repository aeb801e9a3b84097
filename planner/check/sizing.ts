import { S_PER_DAY, S_PER_HOUR } from '../../vocabulary/units.ts';
import { sizeRedundancy } from '../size/redundancy.ts';
import type { Carried, CheckContext, Tier } from './context.ts';
import {
  claimOf,
  constant,
  over,
  plus,
  type Quantity,
  RELATIVE_TOLERANCE,
  stated,
  times,
} from './quantity.ts';

type Maybe = Quantity | undefined;

/** The tier that carries the conversations: the first that says what one instance carries. */
export const mainTier = ({ claims }: CheckContext): Tier | undefined =>
  claims.tiers.find(({ perInstance }) => perInstance.length > 0);

/** Turns/s at a number of open conversations: X = N ÷ (R + Z), with Z = 0 where no think time is stated. */
export function turnsPerSAtConcurrency(row: Carried, { claims }: CheckContext): Maybe {
  const { meanResponseS, thinkTimeS } = claims.interaction;
  const cycle = plus(stated(meanResponseS), stated(thinkTimeS) ?? constant(0));
  return over(stated(row.concurrentInteractions), cycle);
}

/**
 * Interactions a day of one instance: turns/s × 86,400 ÷ turns on a flat day. Where the document states the share of
 * the busy hour, that hour fills the instance to its planned utilisation: turns/s × utilisation × 3600 ÷ share ÷ turns.
 */
export function interactionsPerDayOf(row: Carried, tier: Tier, context: CheckContext): Maybe {
  const { claims } = context;
  const turnsPerS = stated(row.turnsPerS) ?? turnsPerSAtConcurrency(row, context);
  const interactionsPerS = over(turnsPerS, stated(claims.interaction.turns));
  const busyHour = stated(claims.demand.busyHourRatio);
  if (busyHour === undefined) return times(interactionsPerS, constant(S_PER_DAY));
  const utilised = times(interactionsPerS, stated(tier.cpuUtilisation) ?? constant(1));
  return over(times(utilised, constant(S_PER_HOUR)), busyHour);
}

/** What one instance carries a day in a case: stated, else derived. */
export const dailyOf = (row: Carried, tier: Tier, context: CheckContext): Maybe =>
  stated(row.interactionsPerDay) ?? interactionsPerDayOf(row, tier, context);

/** Fewest instances for a share of what is needed, with the losses that the tier must survive and its minimum. */
export function instancesFor(needed: number, tier: Tier): number {
  const zones = claimOf(tier.zones)?.low;
  const zonesLost = claimOf(tier.zonesLost)?.low ?? 0;
  const whole = Math.max(1, Math.ceil(needed - 1e-9));
  const survives =
    zones !== undefined && Number.isInteger(zones) && Number.isInteger(zonesLost) && zonesLost < zones;
  const redundant =
    survives && zonesLost > 0 ? sizeRedundancy(whole, { zones, zonesLost, replicasLost: 0 }) : whole;
  return Math.max(redundant, claimOf(tier.minInstances)?.low ?? 1);
}

/** Instances for a daily volume in one case: the least and the most that rounding of the figures allows. */
export interface Need {
  readonly name: string;
  readonly perDay: Quantity;
  readonly instances: number;
  readonly least: number;
  readonly most: number;
}

export function needOf(perDay: number, row: Carried, tier: Tier, context: CheckContext): Need | undefined {
  const carried = dailyOf(row, tier, context);
  if (carried === undefined || !(carried.low > 0) || !Number.isFinite(carried.high)) return undefined;
  return {
    name: row.case,
    perDay: carried,
    instances: instancesFor(perDay / carried.high, tier),
    least: instancesFor((perDay / carried.high) * (1 - RELATIVE_TOLERANCE), tier),
    most: instancesFor((perDay / carried.low) * (1 + RELATIVE_TOLERANCE), tier),
  };
}

export function needsOf(perDay: number, context: CheckContext, onlyCase?: string): Need[] {
  const tier = mainTier(context);
  if (tier === undefined) return [];
  return tier.perInstance
    .filter((row) => onlyCase === undefined || row.case === onlyCase)
    .flatMap((row) => needOf(perDay, row, tier, context) ?? []);
}
