import { afterEach, describe, expect, it } from 'vitest';
import type { Estimate, Ledger, Tenant } from '../../runtime/tenants/ledger.ts';
import type { Periods } from '../../runtime/tenants/periods.ts';
import { tenantOf } from './ledger-tenant.ts';

export interface LedgerSubject {
  readonly ledger: Ledger;
  /** Another handle on the same books; the same one where there is no other. */
  readonly other: Ledger;
  readonly periods: Periods;
  /** Time of the ledger. */
  nowUnixMs(): number;
  /** Lets this much time pass for the ledger: on a virtual clock, or by waiting. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

const SMALL: Estimate = { tokens: 10, costUsd: 0.01 };

/** What every ledger does. */
export function describeLedger(name: string, open: () => Promise<LedgerSubject>): void {
  describe(`${name} as a ledger`, () => {
    let subject: LedgerSubject;
    afterEach(() => subject.close());

    const start = async (): Promise<LedgerSubject> => {
      subject = await open();
      return subject;
    };

    async function granted(tenant: Tenant, estimate = SMALL, ledger = subject.ledger) {
      const result = await ledger.reserve(tenant, estimate);
      if (result.kind === 'refused') throw new Error(`refused: ${result.fault.message}`);
      return result;
    }

    async function refused(tenant: Tenant, estimate = SMALL, ledger = subject.ledger) {
      const result = await ledger.reserve(tenant, estimate);
      if (result.kind === 'granted') throw new Error('granted');
      return result.fault;
    }

    it('grants a tenant without limits everything and counts nothing', async () => {
      const { ledger } = await start();
      const { reservation, standing } = await granted(tenantOf({}), { tokens: 1e9, costUsd: 1e6 });
      expect(standing).toBeUndefined();
      await ledger.settle(reservation, { tokens: 1e9, costUsd: 1e6 });
      expect(await ledger.read(tenantOf({}))).toEqual({ spentUsd: 0, reservedUsd: 0, presumedUsd: 0 });
    });

    it('grants so many requests in a window, over all handles, and after the wait it names again', async () => {
      const { other, pass } = await start();
      const tenant = tenantOf({ requestsPerMin: 3 });
      await granted(tenant);
      await granted(tenant, SMALL, other);
      const { standing } = await granted(tenant);
      expect(standing).toMatchObject({ requestsInWindow: 3, tokensInWindow: 30 });
      const fault = await refused(tenant, SMALL, other);
      expect(fault.code).toBe('policy_rate_limited');
      const { windowMs } = subject.periods;
      expect(fault.retryAfterMs).toBeGreaterThan(windowMs * 0.5);
      expect(fault.retryAfterMs).toBeLessThanOrEqual((windowMs * 61) / 60);
      await pass(fault.retryAfterMs ?? 0);
      await granted(tenant);
    });

    it('a reservation of nothing becomes the real one without counting twice, or stays when that is refused', async () => {
      const { ledger, other } = await start();
      const tenant = tenantOf({ requestsPerMin: 1, maxConcurrent: 1, tokensPerMin: 100, dailyBudgetUsd: 1 });
      const { reservation: begun } = await granted(tenant, { tokens: 0, costUsd: 0 });
      const tooMuch = await ledger.reserve(tenant, { tokens: 101, costUsd: 0.5 }, begun);
      expect(tooMuch).toMatchObject({ kind: 'refused', fault: { code: 'policy_request_too_large' } });
      const result = await ledger.reserve(tenant, { tokens: 60, costUsd: 0.5 }, begun);
      if (result.kind === 'refused') throw new Error(result.fault.message);
      expect(result.standing).toMatchObject({ requestsInWindow: 1, tokensInWindow: 60, reservedUsd: 0.5 });
      expect((await refused(tenant, SMALL, other)).code).toBe('policy_rate_limited');
      await ledger.settle(result.reservation, { tokens: 20, costUsd: 0.25 });
      await ledger.settle(begun, { tokens: 20, costUsd: 0.25 });
      expect(await other.read(tenant)).toEqual({ spentUsd: 0.25, reservedUsd: 0, presumedUsd: 0 });
    });

    it('a refusal uses up nothing', async () => {
      const { ledger } = await start();
      const tenant = tenantOf({ requestsPerMin: 1, dailyBudgetUsd: 1 });
      await granted(tenant);
      for (let time = 0; time < 5; time++) await refused(tenant);
      expect((await ledger.read(tenant)).reservedUsd).toBeCloseTo(0.01, 9);
    });

    it('reserves tokens, frees what was not used and books what was used beyond the estimate', async () => {
      const { ledger } = await start();
      const tenant = tenantOf({ tokensPerMin: 100 });
      const first = await granted(tenant, { tokens: 80, costUsd: 0 });
      const fault = await refused(tenant, { tokens: 30, costUsd: 0 });
      expect(fault).toMatchObject({ code: 'policy_token_limited' });
      expect(fault.retryAfterMs).toBeGreaterThan(0);
      await ledger.settle(first.reservation, { tokens: 20, costUsd: 0 });
      const second = await granted(tenant, { tokens: 30, costUsd: 0 });
      expect(second.standing?.tokensInWindow).toBe(50);
      await ledger.settle(second.reservation, { tokens: 75, costUsd: 0 });
      expect((await granted(tenant, { tokens: 5, costUsd: 0 })).standing?.tokensInWindow).toBe(100);
      expect((await refused(tenant, { tokens: 1, costUsd: 0 })).code).toBe('policy_token_limited');
    });

    it('tells a request that can never fit so, without a time to come back', async () => {
      await start();
      const fault = await refused(tenantOf({ tokensPerMin: 100 }), { tokens: 101, costUsd: 0 });
      expect(fault.code).toBe('policy_request_too_large');
      expect(fault.retryAfterMs).toBeUndefined();
    });

    it('grants while the budget is not used up by what is spent and reserved, and not after', async () => {
      const { ledger, periods, nowUnixMs } = await start();
      const tenant = tenantOf({ dailyBudgetUsd: 0.025 });
      const held = [await granted(tenant), await granted(tenant), await granted(tenant)];
      expect(await refused(tenant)).toMatchObject({ code: 'policy_budget_exhausted', retryAfterMs: 1000 });
      for (const { reservation } of held) await ledger.settle(reservation, { tokens: 1, costUsd: 0.009 });
      expect((await ledger.read(tenant)).spentUsd).toBeCloseTo(0.027, 9);
      const fault = await refused(tenant);
      const untilMidnightMs = periods.dayMs - (nowUnixMs() % periods.dayMs);
      expect(Math.abs((fault.retryAfterMs ?? 0) - untilMidnightMs)).toBeLessThan(1000);
      const resetUnixMs = Date.parse(/resets at (\S+)\.$/.exec(fault.message)?.[1] ?? '');
      expect(resetUnixMs % periods.dayMs).toBe(0);
    });

    it('gives the whole budget again on the next day; yesterday’s reservations do not weigh on it', async () => {
      const { ledger, periods, nowUnixMs, pass } = await start();
      const tenant = tenantOf({ dailyBudgetUsd: 0.01 });
      const { reservation } = await granted(tenant);
      await refused(tenant);
      await pass(periods.dayMs - (nowUnixMs() % periods.dayMs) + 1);
      const next = await granted(tenant);
      await ledger.settle(reservation, { tokens: 1, costUsd: 0.01 });
      await ledger.settle(next.reservation, { tokens: 1, costUsd: 0.004 });
      expect(await ledger.read(tenant)).toEqual({ spentUsd: 0.004, reservedUsd: 0, presumedUsd: 0 });
    });

    it('settles once: again, or a release after it, changes nothing', async () => {
      const { ledger } = await start();
      const tenant = tenantOf({ dailyBudgetUsd: 1, tokensPerMin: 1000 });
      const { reservation } = await granted(tenant);
      await ledger.settle(reservation, { tokens: 4, costUsd: 0.004 });
      await ledger.settle(reservation, { tokens: 4, costUsd: 0.004 });
      await ledger.release(reservation);
      expect(await ledger.read(tenant)).toEqual({ spentUsd: 0.004, reservedUsd: 0, presumedUsd: 0 });
      expect((await granted(tenant)).standing?.tokensInWindow).toBe(14);
    });

    it('a release frees tokens, money and its place; the request stays counted', async () => {
      const { ledger } = await start();
      const tenant = tenantOf({
        requestsPerMin: 2,
        tokensPerMin: 10,
        dailyBudgetUsd: 0.01,
        maxConcurrent: 1,
      });
      await ledger.release((await granted(tenant)).reservation);
      const { standing } = await granted(tenant);
      expect(standing).toMatchObject({ requestsInWindow: 2, tokensInWindow: 10, reservedUsd: 0.01 });
    });

    it('limits what runs at once over all handles', async () => {
      const { ledger, other } = await start();
      const tenant = tenantOf({ maxConcurrent: 2 });
      const { reservation } = await granted(tenant);
      await granted(tenant, SMALL, other);
      expect(await refused(tenant)).toMatchObject({ code: 'policy_rate_limited', retryAfterMs: 1000 });
      await ledger.settle(reservation, SMALL);
      await granted(tenant);
    });

    it('keeps tenants apart', async () => {
      await start();
      await granted(tenantOf({ requestsPerMin: 1 }));
      await granted(tenantOf({ requestsPerMin: 1 }, 'other'));
      await refused(tenantOf({ requestsPerMin: 1 }));
    });

    it('grants no more than the limit to many that ask at once', async () => {
      const { ledger, other } = await start();
      const tenant = tenantOf({ requestsPerMin: 20 });
      const results = await Promise.all(
        Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? ledger : other).reserve(tenant, SMALL)),
      );
      expect(results.filter((result) => result.kind === 'granted')).toHaveLength(20);
    });

    it('closes twice', async () => {
      const { ledger } = await start();
      await ledger.close();
      await ledger.close();
    });
  });
}
