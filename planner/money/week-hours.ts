import { computePeakShare, parsePeakHours } from '../../scenarios/catalogue/peak-hours.ts';
import type { LlmPrice } from '../../scenarios/catalogue.ts';
import type { Demand } from '../demand/demand.ts';
import type { WeekProfile } from '../demand/week.ts';
import { computeMeanToSized } from './volumes.ts';

/** Demand in each hour of a week ÷ the rate that tiers are sized for. */
export function hourRatiosOf(demand: Demand): number[] {
  const meanToSized = computeMeanToSized(demand);
  return demand.week.levels.map((level) => level * meanToSized);
}

/** Levels by hour of the week in UTC, from Monday midnight. */
export function levelsInUtc({ levels, utcOffsetHours }: WeekProfile): number[] {
  const hours = levels.length;
  const shift = Math.round(utcOffsetHours);
  return levels.map((_, hour) => levels[(((hour + shift) % hours) + hours) % hours] ?? 0);
}

/** Share of the week's traffic in a price's peak hours; 0 for a price without any. */
export function peakRatioOf(price: LlmPrice, week: WeekProfile): number {
  const peak = price.peak === undefined ? undefined : parsePeakHours(price.peak.hoursUtc);
  return peak === undefined ? 0 : computePeakShare(peak, levelsInUtc(week));
}

/**
 * Share of the month's calls that each of several vendors takes, one after another: each hour fills those before up to
 * what they carry. `callsRatios` are the shares of the busy hour, so the last vendors see only the fullest hours.
 */
export function monthlyShares(callsRatios: readonly number[], demand: Demand): number[] {
  const hours = hourRatiosOf(demand);
  const taken = callsRatios.map(() => 0);
  let all = 0;
  for (const hour of hours) {
    all += hour;
    let left = hour;
    callsRatios.forEach((most, index) => {
      const own = index === callsRatios.length - 1 ? left : Math.min(left, most);
      taken[index] = (taken[index] ?? 0) + own;
      left -= own;
    });
  }
  return taken.map((calls) => (all === 0 ? 0 : calls / all));
}
