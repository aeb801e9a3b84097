import { MIN_PER_HOUR } from '../../vocabulary/units.ts';
import type { Demand } from '../demand/demand.ts';

/** Interactions per second, interval by interval from the first minute of the period. */
export interface RateProfile {
  readonly intervalMinutes: number;
  readonly interactionsPerS: readonly number[];
  readonly source: string;
}

/** What arrives by interval: the busy hour alone where nothing else is known. */
export const rateProfile = (demand: Demand): RateProfile => ({
  intervalMinutes: MIN_PER_HOUR,
  interactionsPerS: [demand.busyHourInteractionsPerS],
  source: 'the busy hour',
});
