import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { OpenList } from '../../vocabulary/open-list.ts';
import { createFault } from '../llm/fault.ts';
import { loadRedisDriver } from '../store/drivers.ts';
import {
  type DayTotals,
  type Estimate,
  isUnlimited,
  type Ledger,
  type LedgerObserver,
  type LedgerOperation,
  type Reservation,
  type ReserveResult,
  type Tenant,
} from './ledger.ts';
import { DEFAULT_PERIODS, nanoUsdFrom, type Periods, sliceMsOf, usdFromNano } from './periods.ts';
import { isUndone, READ, RENEW, RESERVE, type RedisScript, SETTLE } from './redis-scripts.ts';
import { faultFromRefusal, type Refusal } from './refusal.ts';

export interface RedisLedgerOptions {
  readonly url: string;
  /** How long a reservation of a silent process keeps its place among `maxConcurrent`. */
  readonly leaseMs: number;
  /** A command without an answer after this has failed. */
  readonly timeoutMs: number;
  /** What a tenant gets while Redis cannot be asked: nothing, or all it wants. */
  readonly onFailure: 'closed' | 'open';
  readonly observer: LedgerObserver;
  readonly periods?: Periods;
  /** Head of every key. */
  readonly prefix?: string;
}

interface Booking {
  readonly reservation: Reservation;
  readonly used: Estimate;
  /** Redis may have it already: it was sent before, or its reservation may never have come about. */
  readonly isRepeated: boolean;
}

/** What Redis has said of a tenant; it only grows within a day. */
interface Seen {
  readonly day: string;
  readonly spentNanoUsd: string;
}
const NOTHING_SEEN: Seen = { day: '-1', spentNanoUsd: '0' };

const DEFAULT_PREFIX = 'busyhour:ledger:';
const NO_LIMIT = -1;
/** Connecting may take longer than a command: a process that starts is busy. */
const MIN_CONNECT_MS = 2000;
const RETRY_MS = 200;
const MAX_RECONNECT_MS = 1000;
/** Beyond it the oldest are given up: they stay presumed spent. */
const MAX_PENDING = 100_000;
const IDS_PER_RENEWAL = 500;
/** Leases are renewed when a third of them has passed. */
const RENEWALS_PER_LEASE = 3;
const NOTHING: Estimate = { tokens: 0, costUsd: 0 };

/**
 * The ledger of all processes that share a Redis: one script and one round trip for each reservation and settlement.
 * All keys of a tenant have one hash tag, so that they lie in one slot of a cluster; time is that of Redis.
 */
export class RedisLedger implements Ledger {
  readonly #redis: Redis;
  readonly #options: RedisLedgerOptions;
  readonly #periods: Periods;
  readonly #head = randomBytes(6).toString('base64url');
  readonly #running = new Map<string, { readonly tenant: string; readonly sinceMs: number }>();
  readonly #pending = new Map<string, Booking>();
  /** By tenant: puts back what a Redis that lost its state has forgotten. */
  readonly #seen = new Map<string, Seen>();
  readonly #sending = new OpenList<Promise<void>>();
  readonly #renewal: NodeJS.Timeout;
  #retry: NodeJS.Timeout | undefined;
  /** Requests of the first moments wait for the first connection; later ones know at once. */
  #starting: Promise<void> | undefined;
  #nextId = 0;
  #closed = false;

  constructor(options: RedisLedgerOptions) {
    this.#options = options;
    this.#periods = options.periods ?? DEFAULT_PERIODS;
    const { Redis: Client } = loadRedisDriver();
    this.#redis = new Client(options.url, {
      commandTimeout: options.timeoutMs,
      connectTimeout: Math.max(options.timeoutMs, MIN_CONNECT_MS),
      enableAutoPipelining: true,
      // What was not sent has not happened, and what may have happened is never sent again.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(RETRY_MS * times, MAX_RECONNECT_MS),
    });
    // Each command reports its own failure; without a listener the client would write to the console.
    this.#redis.on('error', () => undefined);
    this.#starting = this.connected().finally(() => {
      this.#starting = undefined;
    });
    this.#renewal = setInterval(() => void this.#renewAll(), options.leaseMs / RENEWALS_PER_LEASE);
    this.#renewal.unref();
  }

  /** Resolves when Redis answers, or after a while: it may come later. */
  async connected(): Promise<void> {
    if (this.#redis.status === 'ready') return;
    await new Promise<void>((resolve) => {
      const fuse = setTimeout(resolve, Math.max(this.#options.timeoutMs, MIN_CONNECT_MS)).unref();
      this.#redis.once('ready', () => {
        clearTimeout(fuse);
        resolve();
      });
    });
  }

  async #run(script: RedisScript, tenant: string, parts: readonly (string | number)[]): Promise<unknown> {
    const base = `${this.#options.prefix ?? DEFAULT_PREFIX}{${tenant}}:`;
    const { dayMs } = this.#periods;
    const rest = [`${base}use`, `${base}held`, `${base}leases`, sliceMsOf(this.#periods), dayMs, ...parts];
    try {
      return await this.#redis.evalsha(script.sha, 3, ...rest);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return this.#redis.eval(script.text, 3, ...rest);
    }
  }

  async reserve(tenant: Tenant, estimate: Estimate, begun?: Reservation): Promise<ReserveResult> {
    const id = begun?.id ?? `${this.#head}${this.#nextId++}`;
    const reservation = { id, tenant: tenant.name, estimate };
    if (isUnlimited(tenant)) return { kind: 'granted', reservation };
    if (this.#starting !== undefined) await this.#starting;
    const { limits } = tenant;
    const { dailyBudgetUsd } = limits;
    const seen = this.#seen.get(tenant.name) ?? NOTHING_SEEN;
    // What is never sent is held nowhere, and leaves nothing to give back.
    this.#pending.delete(id);
    if (this.#redis.status !== 'ready') return this.#refuseUnasked(new Error('not connected'), reservation);
    try {
      const reply = await this.#run(RESERVE, tenant.name, [
        reservation.id,
        limits.requestsPerMin ?? NO_LIMIT,
        limits.tokensPerMin ?? NO_LIMIT,
        dailyBudgetUsd === undefined ? NO_LIMIT : nanoUsdFrom(dailyBudgetUsd),
        limits.maxConcurrent ?? NO_LIMIT,
        estimate.tokens,
        nanoUsdFrom(estimate.costUsd),
        this.#options.leaseMs,
        seen.day,
        seen.spentNanoUsd,
        begun === undefined ? 0 : 1,
      ]);
      return this.#decide(reply as readonly string[], tenant, reservation);
    } catch (error) {
      return this.#failedReserve(error, reservation);
    }
  }

  #decide(reply: readonly string[], tenant: Tenant, reservation: Reservation): ReserveResult {
    const [granted, now, lost, day = '', spentNanoUsd = '0', ...rest] = reply;
    const nowUnixMs = Number(now);
    this.#seen.set(tenant.name, { day, spentNanoUsd });
    if (Number(lost) === 1) this.#options.observer.stateLost(tenant.name);
    if (Number(granted) === 0) {
      const refusal = { limit: rest[0], waitMs: Number(rest[1]) } as Refusal;
      return { kind: 'refused', fault: faultFromRefusal(refusal, tenant, reservation.estimate, nowUnixMs) };
    }
    this.#running.set(reservation.id, { tenant: tenant.name, sinceMs: performance.now() });
    const [requests, tokens, resetMs, held] = rest.map(Number);
    return {
      kind: 'granted',
      reservation,
      standing: {
        nowUnixMs,
        requestsInWindow: requests ?? 0,
        tokensInWindow: tokens ?? 0,
        windowResetMs: resetMs ?? 0,
        spentUsd: usdFromNano(Number(spentNanoUsd)),
        reservedUsd: usdFromNano(held ?? 0),
      },
    };
  }

  #failedReserve(error: unknown, reservation: Reservation): ReserveResult {
    // The answer was lost, and not perhaps the deed: what may be held is given back later, or when what is begun ends.
    if (!isUndone(error) && !this.#running.has(reservation.id))
      this.#postpone({ reservation, used: NOTHING, isRepeated: true });
    return this.#refuseUnasked(error, reservation);
  }

  #refuseUnasked(error: unknown, reservation: Reservation): ReserveResult {
    this.#options.observer.ledgerFailed('reserve', error);
    if (this.#options.onFailure === 'open') return { kind: 'granted', reservation };
    const message = 'The ledger of limits and budgets is not available.';
    return { kind: 'refused', fault: createFault('gateway_store_unavailable', message) };
  }

  settle(reservation: Reservation, used: Estimate): Promise<void> {
    const isHeld = this.#running.delete(reservation.id);
    // Also what a failed-open reservation used is booked when the store turns out to have it after all.
    if (!isHeld && !this.#pending.delete(reservation.id)) return Promise.resolve();
    const sending = this.#book({ reservation, used, isRepeated: !isHeld });
    const place = this.#sending.add(sending);
    return sending.finally(() => this.#sending.remove(place));
  }

  release(reservation: Reservation): Promise<void> {
    return this.settle(reservation, NOTHING);
  }

  async #book(booking: Booking): Promise<void> {
    const { reservation, used, isRepeated } = booking;
    const { observer } = this.#options;
    const isSent = this.#redis.status === 'ready';
    try {
      const parts = [reservation.id, used.tokens, nanoUsdFrom(used.costUsd), isRepeated ? 0 : 1];
      if (!isSent) throw new Error('not connected');
      if (Number(await this.#run(SETTLE, reservation.tenant, parts)) === 2)
        observer.stateLost(reservation.tenant);
    } catch (error) {
      observer.ledgerFailed('settle', error);
      this.#postpone({ ...booking, isRepeated: isRepeated || (isSent && !isUndone(error)) });
    }
  }

  #postpone(booking: Booking): void {
    if (this.#closed) return;
    this.#pending.set(booking.reservation.id, booking);
    const [oldest] = this.#pending.keys();
    if (this.#pending.size > MAX_PENDING && oldest !== undefined) this.#pending.delete(oldest);
    this.#options.observer.pendingSettlements(this.#pending.size);
    this.#retry ??= setTimeout(() => void this.#bookPending(), RETRY_MS);
  }

  async #bookPending(): Promise<void> {
    this.#retry = undefined;
    if (this.#redis.status === 'ready') {
      const bookings = [...this.#pending.values()];
      this.#pending.clear();
      await Promise.all(bookings.map((booking) => this.#book(booking)));
    }
    this.#options.observer.pendingSettlements(this.#pending.size);
    if (this.#pending.size > 0 && !this.#closed)
      this.#retry ??= setTimeout(() => void this.#bookPending(), RETRY_MS);
  }

  async #renewAll(): Promise<void> {
    const oldMs = performance.now() - this.#options.leaseMs / RENEWALS_PER_LEASE;
    const idsOf = new Map<string, string[]>();
    for (const [id, { tenant, sinceMs }] of this.#running) {
      if (sinceMs > oldMs) continue;
      const ids = idsOf.get(tenant) ?? [];
      ids.push(id);
      idsOf.set(tenant, ids);
    }
    for (const [tenant, ids] of idsOf) {
      for (let from = 0; from < ids.length; from += IDS_PER_RENEWAL) {
        const some = ids.slice(from, from + IDS_PER_RENEWAL);
        await this.#run(RENEW, tenant, [this.#options.leaseMs, ...some]).catch(this.#report('renew'));
      }
    }
  }

  #report(operation: LedgerOperation): (error: unknown) => void {
    return (error) => this.#options.observer.ledgerFailed(operation, error);
  }

  async ping(): Promise<void> {
    if (this.#starting !== undefined) await this.#starting;
    await this.#redis.ping();
  }

  async read(tenant: Tenant): Promise<DayTotals> {
    try {
      const reply = (await this.#run(READ, tenant.name, [])) as readonly string[];
      const [spent, held, silent] = reply.map(Number);
      return {
        spentUsd: usdFromNano(spent ?? 0),
        reservedUsd: usdFromNano((held ?? 0) - (silent ?? 0)),
        presumedUsd: usdFromNano(silent ?? 0),
      };
    } catch (error) {
      this.#options.observer.ledgerFailed('read', error);
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#renewal);
    clearTimeout(this.#retry);
    await Promise.all([...this.#sending.values(), this.#bookPending()]);
    clearTimeout(this.#retry);
    this.#redis.disconnect();
  }
}
