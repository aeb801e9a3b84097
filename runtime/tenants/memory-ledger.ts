import { type Clock, systemClock } from '../../vocabulary/clock.ts';
import {
  type DayTotals,
  type Estimate,
  isUnlimited,
  type Ledger,
  type Reservation,
  type ReserveResult,
  type Tenant,
} from './ledger.ts';
import {
  DEFAULT_PERIODS,
  nanoUsdFrom,
  type Periods,
  sliceMsOf,
  usdFromNano,
  WINDOW_SLICES,
} from './periods.ts';
import { faultFromRefusal, type Refusal } from './refusal.ts';
import { SliceWindow } from './slice-window.ts';

interface Held {
  readonly day: number;
  readonly slice: number;
  readonly tokens: number;
  readonly nanoUsd: number;
}

interface Account {
  readonly requests: SliceWindow;
  readonly tokens: SliceWindow;
  readonly held: Map<string, Held>;
  slice: number;
  day: number;
  spentNanoUsd: number;
  heldNanoUsd: number;
}

const createAccount = (): Account => ({
  requests: new SliceWindow(),
  tokens: new SliceWindow(),
  held: new Map(),
  slice: 0,
  day: 0,
  spentNanoUsd: 0,
  heldNanoUsd: 0,
});

/** The limits that are left to one whose request has been counted. */
const withoutCounts = (tenant: Tenant): Tenant => {
  const { tokensPerMin, dailyBudgetUsd } = tenant.limits;
  return {
    ...tenant,
    limits: {
      ...(tokensPerMin === undefined ? {} : { tokensPerMin }),
      ...(dailyBudgetUsd === undefined ? {} : { dailyBudgetUsd }),
    },
  };
};

/** The ledger of one process. It forgets with the process; several processes each grant the whole limit. */
export class MemoryLedger implements Ledger {
  readonly #clock: Clock;
  readonly #periods: Periods;
  readonly #accounts = new Map<string, Account>();
  #nextId = 0;

  constructor(clock: Clock = systemClock, periods: Periods = DEFAULT_PERIODS) {
    this.#clock = clock;
    this.#periods = periods;
  }

  async reserve(tenant: Tenant, estimate: Estimate, begun?: Reservation): Promise<ReserveResult> {
    const reservation = { id: begun?.id ?? String(this.#nextId++), tenant: tenant.name, estimate };
    if (isUnlimited(tenant)) return { kind: 'granted', reservation };
    const nowUnixMs = this.#clock.unixMs();
    const account = this.#accountAt(tenant.name, nowUnixMs);
    const refusal = this.#refusal(account, begun ? withoutCounts(tenant) : tenant, estimate, nowUnixMs);
    if (refusal !== undefined)
      return { kind: 'refused', fault: faultFromRefusal(refusal, tenant, estimate, nowUnixMs) };
    const { slice, day } = account;
    const held = { day, slice, tokens: estimate.tokens, nanoUsd: nanoUsdFrom(estimate.costUsd) };
    account.held.set(reservation.id, held);
    if (begun === undefined) account.requests.add(slice, 1);
    account.tokens.add(slice, held.tokens);
    account.heldNanoUsd += held.nanoUsd;
    return {
      kind: 'granted',
      reservation,
      standing: {
        nowUnixMs,
        requestsInWindow: account.requests.sum,
        tokensInWindow: account.tokens.sum,
        windowResetMs: this.#untilSlice(slice + WINDOW_SLICES + 1, nowUnixMs),
        spentUsd: usdFromNano(account.spentNanoUsd),
        reservedUsd: usdFromNano(account.heldNanoUsd),
      },
    };
  }

  #accountAt(name: string, nowUnixMs: number): Account {
    let account = this.#accounts.get(name);
    if (account === undefined) {
      account = createAccount();
      this.#accounts.set(name, account);
    }
    account.slice = account.requests.advance(Math.floor(nowUnixMs / sliceMsOf(this.#periods)));
    account.tokens.advance(account.slice);
    const day = Math.floor(nowUnixMs / this.#periods.dayMs);
    if (day > account.day) {
      account.day = day;
      account.spentNanoUsd = 0;
      account.heldNanoUsd = 0;
    }
    return account;
  }

  #refusal(account: Account, tenant: Tenant, estimate: Estimate, nowUnixMs: number): Refusal | undefined {
    const { limits } = tenant;
    if (limits.maxConcurrent !== undefined && account.held.size >= limits.maxConcurrent)
      return { limit: 'concurrent' };
    if (limits.requestsPerMin !== undefined && account.requests.sum + 1 > limits.requestsPerMin) {
      const slice = account.requests.sliceWithin(limits.requestsPerMin - 1);
      return { limit: 'requests', waitMs: this.#untilSlice(slice, nowUnixMs) };
    }
    if (limits.tokensPerMin !== undefined && account.tokens.sum + estimate.tokens > limits.tokensPerMin) {
      if (estimate.tokens > limits.tokensPerMin) return { limit: 'request-size' };
      const slice = account.tokens.sliceWithin(limits.tokensPerMin - estimate.tokens);
      return { limit: 'tokens', waitMs: this.#untilSlice(slice, nowUnixMs) };
    }
    if (limits.dailyBudgetUsd === undefined) return undefined;
    const budgetNanoUsd = nanoUsdFrom(limits.dailyBudgetUsd);
    if (account.spentNanoUsd + account.heldNanoUsd < budgetNanoUsd) return undefined;
    const waitMs = (account.day + 1) * this.#periods.dayMs - nowUnixMs;
    return { limit: account.spentNanoUsd < budgetNanoUsd ? 'reserved-budget' : 'budget', waitMs };
  }

  #untilSlice(slice: number, nowUnixMs: number): number {
    return Math.max(0, slice * sliceMsOf(this.#periods) - nowUnixMs);
  }

  async settle({ id, tenant }: Reservation, used: Estimate): Promise<void> {
    const account = this.#accounts.get(tenant);
    const held = account?.held.get(id);
    if (account === undefined || held === undefined) return;
    this.#accountAt(tenant, this.#clock.unixMs());
    account.held.delete(id);
    const moreTokens = used.tokens - held.tokens;
    // What was not used frees the slice it was reserved in; what was used beyond the estimate is used now.
    account.tokens.add(moreTokens < 0 ? held.slice : account.slice, moreTokens);
    if (held.day !== account.day) return;
    account.heldNanoUsd -= held.nanoUsd;
    account.spentNanoUsd += nanoUsdFrom(used.costUsd);
  }

  release(reservation: Reservation): Promise<void> {
    return this.settle(reservation, { tokens: 0, costUsd: 0 });
  }

  async ping(): Promise<void> {}

  async read(tenant: Tenant): Promise<DayTotals> {
    const account = this.#accountAt(tenant.name, this.#clock.unixMs());
    return {
      spentUsd: usdFromNano(account.spentNanoUsd),
      reservedUsd: usdFromNano(account.heldNanoUsd),
      presumedUsd: 0,
    };
  }

  async close(): Promise<void> {
    this.#accounts.clear();
  }
}
