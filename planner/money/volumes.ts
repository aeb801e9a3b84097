import type { ModePrice } from '../../scenarios/mode.ts';
import { assertNever } from '../../vocabulary/errors.ts';
import { DAYS_PER_MONTH, HOURS_PER_MONTH, perSFromPerDay, S_PER_HOUR } from '../../vocabulary/units.ts';
import type { Demand } from '../demand/demand.ts';
import type { SizingContext } from '../size/context.ts';

/** Providers bill decimal gigabytes. */
const BYTES_PER_GB = 1_000_000_000;
/** One load balancer capacity unit carries 1 GB per hour or 25 new connections per second (Elastic Load Balancing). */
const LCU_GB_PER_HOUR = 1;
const LCU_CONNECTIONS_PER_S = 25;

/** Quantities per month that prices multiply. */
export interface Volumes {
  readonly interactionsPerMonth: number;
  readonly turnsPerMonth: number;
  readonly egressGb: number;
  readonly vendorEgressGb: number;
  readonly logGb: number;
  /** GB on disk once the retention time is full. */
  readonly historyGb: number;
  readonly loadBalancerUnits: number;
}

export function computeVolumes(context: SizingContext): Volumes {
  const { demand, assumptions } = context;
  const interactionsPerMonth = demand.interactionsPerDay * DAYS_PER_MONTH;
  const turnsPerMonth = interactionsPerMonth * demand.turnsPerInteraction;
  const gb = (bytesPerTurn: number): number => (turnsPerMonth * bytesPerTurn) / BYTES_PER_GB;
  const egressGb = gb(assumptions.egressBytesPerTurn.value);
  const connectionsPerS = turnsPerMonth / (HOURS_PER_MONTH * S_PER_HOUR);
  return {
    interactionsPerMonth,
    turnsPerMonth,
    egressGb,
    vendorEgressGb: gb(assumptions.vendorEgressBytesPerTurn.value),
    logGb: gb(assumptions.logBytesPerTurn.value),
    historyGb: gb(assumptions.historyBytesPerTurn.value) * assumptions.retentionMonths.value,
    loadBalancerUnits: Math.max(
      egressGb / HOURS_PER_MONTH / LCU_GB_PER_HOUR,
      connectionsPerS / LCU_CONNECTIONS_PER_S,
    ),
  };
}

/** Mean turns/s over the day ÷ the rate that tiers are sized for. */
export const computeMeanToSized = (demand: Demand): number =>
  perSFromPerDay(demand.interactionsPerDay) * (demand.turnsPerInteraction / demand.sizingTurnsPerS);

/**
 * Share of a tier's capacity that stands unused over the month: nights, headroom and spares. `utilisation` is that of
 * the busy hour at the sizing rate.
 */
export const computeIdleRatio = (utilisation: number, demand: Demand): number =>
  Math.min(1, Math.max(0, 1 - utilisation * computeMeanToSized(demand)));

/** How much of a price a mode uses per month, and in which unit. */
export function quantityOf(
  per: ModePrice['per'],
  volumes: Volumes,
  counts: { readonly replicas: number; readonly zones: number; readonly copies: number },
): { readonly quantity: number; readonly unit: string } {
  switch (per) {
    case 'mode':
      return { quantity: 1, unit: 'months' };
    case 'zone':
      return { quantity: counts.zones, unit: 'zones' };
    case 'replica':
      return { quantity: counts.replicas, unit: 'replicas' };
    case 'egress-gb':
      return { quantity: volumes.egressGb, unit: 'GB' };
    case 'vendor-egress-gb':
      return { quantity: volumes.vendorEgressGb, unit: 'GB' };
    case 'log-gb':
      return { quantity: volumes.logGb, unit: 'GB' };
    case 'history-gb-month':
      return { quantity: volumes.historyGb, unit: 'GB-months' };
    case 'history-gb-month-per-replica':
      return { quantity: volumes.historyGb * counts.copies, unit: 'GB-months' };
    case 'lcu':
      return { quantity: volumes.loadBalancerUnits, unit: 'LCU-months' };
    default:
      return assertNever(per);
  }
}
