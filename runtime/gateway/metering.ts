import { type Fault, FaultError } from '../llm/fault.ts';
import { NOTHING_SPENT, type Spent } from '../llm/spent.ts';
import type { Tenancy } from '../tenants/create-tenancy.ts';
import {
  type Estimate,
  isUnlimited,
  type Reservation,
  type ReserveResult,
  type Standing,
  type Tenant,
} from '../tenants/ledger.ts';

/** A reservation that was granted. */
export interface Meter {
  readonly standing: Standing | undefined;
  /** Says what was used; the first word counts. */
  book(spent: Spent): void;
}

class OpenMeter implements Meter {
  readonly #tenancy: Tenancy;
  readonly #tenant: Tenant;
  readonly #reservation: Reservation;
  readonly standing: Standing | undefined;
  #isOpen = true;

  constructor(tenancy: Tenancy, tenant: Tenant, granted: Extract<ReserveResult, { kind: 'granted' }>) {
    this.#tenancy = tenancy;
    this.#tenant = tenant;
    this.#reservation = granted.reservation;
    this.standing = granted.standing;
  }

  book(spent: Spent): void {
    const { ledger, observer } = this.#tenancy;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    observer.used(this.#tenant, spent);
    const tokens = spent.inputTokens + spent.outputTokens;
    // Not awaited: the ledger tries again on its own, and the client need not wait for the books.
    if (tokens === 0 && spent.costUsd === 0) void ledger.release(this.#reservation);
    else void ledger.settle(this.#reservation, { tokens, costUsd: spent.costUsd });
  }

  /** The work ended without a word: a fault means that nothing was used, a defect may have used all. */
  closeAfter(error: unknown): void {
    if (error instanceof FaultError) this.book(NOTHING_SPENT);
    if (!this.#isOpen) return;
    this.#isOpen = false;
    void this.#tenancy.ledger.settle(this.#reservation, this.#reservation.estimate);
  }
}

/** Whose work it is and what it may use; not asked of a tenant without limits. */
export interface Metered {
  readonly tenant: Tenant;
  readonly estimate: () => Estimate;
  /** Told of a refusal before it is thrown. */
  readonly onRefusal?: (fault: Fault) => Promise<void>;
}

const UNLIMITED: Estimate = { tokens: 0, costUsd: 0 };

/**
 * Runs work for a tenant under a reservation: nothing begins that its limits do not allow (FaultError), and what was
 * used is booked however the work ends.
 */
export async function metered<T>(
  tenancy: Tenancy,
  { tenant, estimate, onRefusal }: Metered,
  work: (meter: Meter) => Promise<T>,
): Promise<T> {
  const { ledger, observer } = tenancy;
  const granted = await ledger.reserve(tenant, isUnlimited(tenant) ? UNLIMITED : estimate());
  if (granted.kind === 'refused') {
    observer.refused(tenant, granted.fault.code);
    await onRefusal?.(granted.fault);
    throw new FaultError(granted.fault);
  }
  const meter = new OpenMeter(tenancy, tenant, granted);
  observer.granted(tenant, granted.standing);
  try {
    const result = await work(meter);
    meter.book(NOTHING_SPENT);
    return result;
  } catch (error) {
    meter.closeAfter(error);
    throw error;
  }
}

/** How long, as OpenAI writes it: `6m0s`, `1.5s`, `20ms`. */
function spanText(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  const s = Math.ceil(ms) / 1000;
  const minutes = Math.floor(s / 60);
  const rest = Number((s - minutes * 60).toFixed(3));
  return minutes === 0 ? `${rest}s` : `${minutes}m${rest}s`;
}

const left = (limit: number, used: number): string => String(Math.max(0, limit - used));

/** The headers in which OpenAI's API tells what is left; of the limits that the tenant has. */
export function rateLimitHeaders({ limits }: Tenant, standing: Standing | undefined): Record<string, string> {
  if (standing === undefined) return {};
  const { requestsPerMin, tokensPerMin } = limits;
  const reset = spanText(standing.windowResetMs);
  return {
    ...(requestsPerMin === undefined
      ? {}
      : {
          'x-ratelimit-limit-requests': String(requestsPerMin),
          'x-ratelimit-remaining-requests': left(requestsPerMin, standing.requestsInWindow),
          'x-ratelimit-reset-requests': reset,
        }),
    ...(tokensPerMin === undefined
      ? {}
      : {
          'x-ratelimit-limit-tokens': String(tokensPerMin),
          'x-ratelimit-remaining-tokens': left(tokensPerMin, standing.tokensInWindow),
          'x-ratelimit-reset-tokens': reset,
        }),
  };
}

const COST_DECIMALS = 9;

/** In US dollars, in plain decimals. */
export const costText = (costUsd: number): string => costUsd.toFixed(COST_DECIMALS);
