import type { Fault } from '../llm/fault.ts';

/** What a tenant may use; an absent limit does not limit. */
export interface TenantLimits {
  readonly requestsPerMin?: number;
  /** Input and output tokens together. */
  readonly tokensPerMin?: number;
  /** Per day, from midnight UTC. */
  readonly dailyBudgetUsd?: number;
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

export type ReserveResult =
  | { readonly kind: 'granted'; readonly reservation: Reservation }
  | { readonly kind: 'refused'; readonly fault: Fault };

/**
 * Rates and budgets of tenants: reserve before, settle after, release on abort; each atomic, also across processes
 * that share a store. What is spent never exceeds a limit by more than one reservation in flight; the reservation of a
 * process that died is given back when its lease ends. One contract suite holds all (test/contracts/ledger.ts).
 */
export interface Ledger {
  reserve(tenant: Tenant, estimate: Estimate): Promise<ReserveResult>;
  /** Replaces the reservation by what was used. Settling or releasing twice changes nothing. */
  settle(reservation: Reservation, used: Estimate): Promise<void>;
  /** Nothing was used. */
  release(reservation: Reservation): Promise<void>;
  /** Spent today and reserved now, for /v1/admin. */
  read(tenant: Tenant): Promise<{ readonly spentUsd: number; readonly reservedUsd: number }>;
  /** Idempotent. */
  close(): Promise<void>;
}
