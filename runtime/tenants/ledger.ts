import type { Fault } from '../llm/fault.ts';

/** What a tenant may use; an absent limit does not limit. */
export interface TenantLimits {
  /** Begun in any 60 s. */
  readonly requestsPerMin?: number;
  /** Input and output tokens together, of requests begun in any 60 s. */
  readonly tokensPerMin?: number;
  /** Per day, from midnight UTC. */
  readonly dailyBudgetUsd?: number;
  /** In progress at once, over all processes. */
  readonly maxConcurrent?: number;
}

/** One caller of the gateway. */
export interface Tenant {
  readonly name: string;
  readonly limits: TenantLimits;
  /** Whether identical completions may be answered from the cache. */
  readonly cache: boolean;
  /** May use /v1/admin. */
  readonly admin: boolean;
}

/** The most that a request can use. */
export interface Estimate {
  readonly tokens: number;
  readonly costUsd: number;
}

/** Set aside for one request, until it is settled or released. */
export interface Reservation {
  readonly id: string;
  readonly tenant: string;
  readonly estimate: Estimate;
}

/** Where a tenant stands right after a reservation was granted, the reservation included. */
export interface Standing {
  /** Of the ledger's own clock. */
  readonly nowUnixMs: number;
  readonly requestsInWindow: number;
  readonly tokensInWindow: number;
  /** Until the window holds nothing of what it holds now. */
  readonly windowResetMs: number;
  readonly spentUsd: number;
  readonly reservedUsd: number;
}

export type ReserveResult =
  | {
      readonly kind: 'granted';
      readonly reservation: Reservation;
      /** Absent where nothing was counted: a tenant without limits, or a ledger that failed open. */
      readonly standing?: Standing;
    }
  | { readonly kind: 'refused'; readonly fault: Fault };

export interface DayTotals {
  readonly spentUsd: number;
  /** Of requests in progress. */
  readonly reservedUsd: number;
  /** Of requests whose process fell silent before it said what they used; counted as spent until it does. */
  readonly presumedUsd: number;
}

/**
 * Rates and budgets of tenants: reserve before, settle after, release when nothing was used; each atomic, also across
 * processes that share a store. What a tenant spends in a day never exceeds its budget by more than one reservation.
 * A reservation whose process died keeps counting as spent, since it may have been, until the day ends; its place among
 * `maxConcurrent` is free when its lease ends. One contract suite holds all (test/contracts/ledger.ts).
 */
export interface Ledger {
  /**
   * With `begun`, a reservation of nothing that is in progress, that one becomes this: the request is not counted again,
   * and when it is refused the one begun stays. Either way the one that was granted last is to be settled.
   */
  reserve(tenant: Tenant, estimate: Estimate, begun?: Reservation): Promise<ReserveResult>;
  /** Replaces the reservation by what was used; never rejects. Settling or releasing twice changes nothing. */
  settle(reservation: Reservation, used: Estimate): Promise<void>;
  /** Nothing was used; the request still counts as begun. Never rejects. */
  release(reservation: Reservation): Promise<void>;
  /** Rejects when the store behind it does not answer. */
  ping(): Promise<void>;
  /** Of the current day, for /v1/admin. */
  read(tenant: Tenant): Promise<DayTotals>;
  /** Books what is still to be booked, within a short limit. Idempotent. */
  close(): Promise<void>;
}

/** Failures of the store behind a ledger, by what was being done. */
export const LEDGER_OPERATIONS = ['reserve', 'settle', 'renew', 'read'] as const;
export type LedgerOperation = (typeof LEDGER_OPERATIONS)[number];

export interface LedgerObserver {
  ledgerFailed(operation: LedgerOperation, error: unknown): void;
  /** Settlements that wait for the store to come back. */
  pendingSettlements(settlements: number): void;
  /** The store had forgotten what this tenant used; what this process knows was put back. */
  stateLost(tenant: string): void;
}

export const isUnlimited = ({ limits }: Tenant): boolean =>
  limits.requestsPerMin === undefined &&
  limits.tokensPerMin === undefined &&
  limits.dailyBudgetUsd === undefined &&
  limits.maxConcurrent === undefined;
