import { meanOf } from '../../vocabulary/mean.ts';
import { HOURS_PER_MONTH, S_PER_HOUR } from '../../vocabulary/units.ts';

/** Machines that the load needs in each hour of a period, and what an hour of one costs. */
export interface HourlyNeed {
  readonly replicasByHour: readonly number[];
  readonly onDemandUsdPerHour: number;
}

function checkNeed({ replicasByHour, onDemandUsdPerHour }: HourlyNeed): void {
  if (replicasByHour.length === 0) throw new RangeError('a need without hours has no cost');
  if (!replicasByHour.every((replicas) => replicas >= 0) || !(onDemandUsdPerHour >= 0)) {
    throw new RangeError('replicas and prices must be 0 or more');
  }
}

/** USD per month of renting exactly what each hour needs. */
export function computeOnDemandUsdPerMonth(need: HourlyNeed): number {
  checkNeed(need);
  return meanOf(need.replicasByHour) * need.onDemandUsdPerHour * HOURS_PER_MONTH;
}

/** USD per month of `reserved` machines that are always paid for, and the rest of each hour on demand. */
export function computeReservedUsdPerMonth(
  need: HourlyNeed,
  reservedUsdPerHour: number,
  reserved: number,
): number {
  checkNeed(need);
  const overflow = meanOf(need.replicasByHour.map((replicas) => Math.max(0, replicas - reserved)));
  return (reserved * reservedUsdPerHour + overflow * need.onDemandUsdPerHour) * HOURS_PER_MONTH;
}

export interface Reservation {
  readonly reserved: number;
  readonly usdPerMonth: number;
}

/**
 * The level that minimises reserved + expected overflow. A machine is worth reserving while the share of hours that
 * need it exceeds reserved price ÷ on-demand price (the newsvendor's critical ratio), so the level is that quantile of
 * the need. The lowest level where several cost the same.
 */
export function optimiseReservation(need: HourlyNeed, reservedUsdPerHour: number): Reservation {
  checkNeed(need);
  const { replicasByHour, onDemandUsdPerHour } = need;
  const hours = replicasByHour.length;
  const descending = [...replicasByHour].sort((a, b) => b - a);
  // A level is exceeded by the i largest hours once it reaches the (i + 1)-th: i ÷ hours ≤ critical ratio stops it.
  const critical =
    onDemandUsdPerHour === 0 ? Number.POSITIVE_INFINITY : reservedUsdPerHour / onDemandUsdPerHour;
  const last = Math.floor(critical * hours + ROUNDING);
  const reserved = descending[last] ?? 0;
  return { reserved, usdPerMonth: computeReservedUsdPerMonth(need, reservedUsdPerHour, reserved) };
}

/** 0.3 × 10 hours are 3 of them. */
const ROUNDING = 1e-9;

/** How a provider takes interruptible machines back. */
export interface SpotTerms {
  readonly spotUsdPerHour: number;
  /** Share of machines that are taken back within a month. */
  readonly interruptedPerMonthRatio: number;
  /** From the notice to the end of the machine. */
  readonly noticeS: number;
  /** From asking for another machine to its first turn: start lag and loading the model. */
  readonly replacementS: number;
}

export interface SpotCost {
  readonly usdPerMonth: number;
  /** Share of time in which a place is empty, since its machine is gone and the next not ready. */
  readonly emptyRatio: number;
  /** Machines per machine of need, so that the mean need is still carried. */
  readonly overProvisionRatio: number;
  /** Interruptions of the whole tier in a month. */
  readonly interruptionsPerMonth: number;
}

/**
 * Interruptible machines with loss: interruptions come to each place as a Poisson process, and a place stands empty for
 * what the replacement takes longer than the notice, so 1 ÷ (1 − empty share) machines are rented for each that is
 * needed. Alternating renewal: empty share = λd ÷ (1 + λd).
 */
export function computeSpot(need: HourlyNeed, terms: SpotTerms): SpotCost {
  checkNeed(need);
  const { spotUsdPerHour, interruptedPerMonthRatio, noticeS, replacementS } = terms;
  if (!(interruptedPerMonthRatio >= 0 && interruptedPerMonthRatio < 1)) {
    throw new RangeError(
      `the share interrupted in a month must be in [0, 1), got ${interruptedPerMonthRatio}`,
    );
  }
  const perHour = -Math.log(1 - interruptedPerMonthRatio) / HOURS_PER_MONTH;
  const emptyHours = Math.max(0, replacementS - noticeS) / S_PER_HOUR;
  const emptyRatio = (perHour * emptyHours) / (1 + perHour * emptyHours);
  const overProvisionRatio = 1 / (1 - emptyRatio);
  const mean = meanOf(need.replicasByHour);
  return {
    usdPerMonth: mean * overProvisionRatio * spotUsdPerHour * HOURS_PER_MONTH,
    emptyRatio,
    overProvisionRatio,
    interruptionsPerMonth: mean * perHour * HOURS_PER_MONTH,
  };
}
