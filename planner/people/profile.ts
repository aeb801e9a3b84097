import { MIN_PER_HOUR } from '../../vocabulary/units.ts';
import type { Demand } from '../demand/demand.ts';
import { weekRatesPerS } from '../demand/week.ts';

/** Interactions per second of an average week, interval by interval from Monday midnight, and the busy hour. */
export interface RateProfile {
  readonly intervalMinutes: number;
  readonly interactionsPerS: readonly number[];
  /** That of the plan: the busiest interval, on the busiest day of the year where one is stated. */
  readonly busiestInteractionsPerS: number;
  readonly busiestStartMinute: number;
  readonly source: string;
}

/** What arrives by interval of an average week. */
export function rateProfile({ week, interactionsPerDay, busyHourInteractionsPerS }: Demand): RateProfile {
  const busiest = week.levels.indexOf(Math.max(...week.levels));
  return {
    intervalMinutes: MIN_PER_HOUR,
    interactionsPerS: weekRatesPerS(week, interactionsPerDay),
    busiestInteractionsPerS: busyHourInteractionsPerS,
    busiestStartMinute: busiest * MIN_PER_HOUR,
    source: week.source,
  };
}
