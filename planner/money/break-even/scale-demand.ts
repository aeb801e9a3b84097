import type { Demand } from '../../demand/demand.ts';

/**
 * The same demand at another volume: every rate and population moves with it, shape and hours stay. Figures keep what
 * they say of the planned volume.
 */
export function scaleDemand(demand: Demand, interactionsPerDay: number): Demand {
  const ratio = interactionsPerDay / demand.interactionsPerDay;
  return {
    ...demand,
    interactionsPerDay,
    busyHourInteractionsPerS: demand.busyHourInteractionsPerS * ratio,
    busyHourTurnsPerS: demand.busyHourTurnsPerS * ratio,
    sizingTurnsPerS: demand.sizingTurnsPerS * ratio,
    turnsInFlight: demand.turnsInFlight * ratio,
    openInteractions: demand.openInteractions * ratio,
  };
}
