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
  /** Reserves for work that was let in with nothing reserved, once it is known; FaultError where that is refused. */
  extend(estimate: () => Estimate): Promise<void>;
  /** Says what was used; the first word counts. */
  book(spent: Spent): void;
}

type Granted = Extract<ReserveResult, { kind: 'granted' }>;

class OpenMeter implements Meter {
  readonly #tenancy: Tenancy;
  readonly #metered: Metered;
  #reservation: Reservation;
  standing: Standing | undefined;
  #isOpen = true;

  constructor(tenancy: Tenancy, metered: Metered, granted: Granted) {
    this.#tenancy = tenancy;
    this.#metered = metered;
    this.#reservation = granted.reservation;
    this.standing = granted.standing;
  }

  async extend(estimate: () => Estimate): Promise<void> {
    if (isUnlimited(this.#metered.tenant)) return;
    const granted = await reserve(this.#tenancy, this.#metered, estimate(), this.#reservation);
    this.#reservation = granted.reservation;
    this.standing = granted.standing ?? this.standing;
  }

  book(spent: Spent): void {
    const { ledger, observer } = this.#tenancy;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    observer.used(this.#metered.tenant, spent);
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

async function reserve(
  { ledger, observer }: Tenancy,
  { tenant, onRefusal }: Metered,
  estimate: Estimate,
  begun?: Reservation,
): Promise<Granted> {
  const result = await ledger.reserve(tenant, estimate, begun);
  if (result.kind === 'granted') return result;
  observer.refused(tenant, result.fault.code);
  await onRefusal?.(result.fault);
  throw new FaultError(result.fault);
}

/**
 * Runs work for a tenant under a reservation: nothing begins that its limits do not allow (FaultError), and what was
 * used is booked however the work ends.
 */
export async function metered<T>(
  tenancy: Tenancy,
  what: Metered,
  work: (meter: Meter) => Promise<T>,
): Promise<T> {
  const { tenant, estimate } = what;
  const granted = await reserve(tenancy, what, isUnlimited(tenant) ? UNLIMITED : estimate());
  const meter = new OpenMeter(tenancy, what, granted);
  tenancy.observer.granted(tenant, granted.standing);
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
