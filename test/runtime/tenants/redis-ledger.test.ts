import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Estimate, Ledger, ReserveResult } from '../../../runtime/tenants/ledger.ts';
import { describeLedger } from '../../contracts/ledger.ts';
import { tenantOf } from '../../contracts/ledger-tenant.ts';
import { redisBinary, startRedis } from '../../support/redis.ts';
import type { RealServer } from '../../support/server-process.ts';
import { until } from '../support/gateway-rig.ts';
import { dayBeginningNow, LedgerLog, openRedisLedger, sleep } from './ledger-rig.ts';

const SMALL: Estimate = { tokens: 10, costUsd: 0.01 };
const title = 'Redis (needs redis-server)';

describe.skipIf(redisBinary() === undefined)(title, () => {
  let redis: RealServer;
  let nextPrefix = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  describeLedger(title, async () => {
    const periods = { windowMs: 1200, dayMs: dayBeginningNow() };
    const options = { periods, prefix: `t${nextPrefix++}:` };
    const [ledger, other] = [
      await openRedisLedger(redis.url, options),
      await openRedisLedger(redis.url, options),
    ];
    return {
      ledger,
      other,
      periods,
      nowUnixMs: Date.now,
      // Timers may fire up to a millisecond early.
      pass: (ms) => sleep(ms + 2),
      close: async () => {
        await ledger.close();
        await other.close();
      },
    };
  });

  const reservationOf = (result: ReserveResult) => {
    if (result.kind === 'refused') throw new Error(result.fault.message);
    return result.reservation;
  };
  const grantedNow = async (ledger: Ledger, tenant: ReturnType<typeof tenantOf>): Promise<boolean> =>
    (await ledger.reserve(tenant, SMALL)).kind === 'granted';

  it('frees the place of a silent process when its lease ends, and keeps its money as presumed spent', async () => {
    const options = { leaseMs: 150, prefix: 'silent:' };
    const silent = await openRedisLedger(redis.url, options);
    const alive = await openRedisLedger(redis.url, options);
    const tenant = tenantOf({ maxConcurrent: 1, dailyBudgetUsd: 0.02 });
    reservationOf(await silent.reserve(tenant, SMALL));
    // Closing without settling is all that a killed process does: nobody renews.
    await silent.close();
    expect(await grantedNow(alive, tenant)).toBe(false);
    await until(() => grantedNow(alive, tenant), 'the lease ending');
    expect(await alive.read(tenant)).toEqual({ spentUsd: 0, reservedUsd: 0.01, presumedUsd: 0.01 });
    await alive.close();
  });

  it('renews the lease of long work', async () => {
    const ledger = await openRedisLedger(redis.url, { leaseMs: 300, prefix: 'renewing:' });
    const tenant = tenantOf({ maxConcurrent: 1 });
    await ledger.reserve(tenant, SMALL);
    await sleep(900);
    expect(await grantedNow(ledger, tenant)).toBe(false);
    await ledger.close();
  });

  it('settles at its real cost also after the lease has ended', async () => {
    const ledger = await openRedisLedger(redis.url, { prefix: 'late:' });
    const tenant = tenantOf({ dailyBudgetUsd: 1 });
    const reservation = reservationOf(await ledger.reserve(tenant, SMALL));
    // As after a long stall of the process.
    const direct = new Redis(redis.url);
    await direct.zadd('late:{acme}:leases', 1e12, reservation.id);
    expect(await ledger.read(tenant)).toMatchObject({ presumedUsd: 0.01, reservedUsd: 0 });
    await ledger.settle(reservation, { tokens: 3, costUsd: 0.5 });
    expect(await ledger.read(tenant)).toEqual({ spentUsd: 0.5, reservedUsd: 0, presumedUsd: 0 });
    await direct.quit();
    await ledger.close();
  });

  it('holds its keys in one slot of a cluster, with an end', async () => {
    const ledger = await openRedisLedger(redis.url, { prefix: 'slots:' });
    await ledger.reserve(tenantOf({ requestsPerMin: 5 }, 'a-tenant'), SMALL);
    const direct = new Redis(redis.url);
    const keys = await direct.keys('slots:*');
    expect(keys.sort()).toEqual(['slots:{a-tenant}:held', 'slots:{a-tenant}:leases', 'slots:{a-tenant}:use']);
    for (const key of keys) expect(await direct.pttl(key)).toBeGreaterThan(0);
    await direct.quit();
    await ledger.close();
  });

  it('loads its scripts again when Redis has lost them', async () => {
    const ledger = await openRedisLedger(redis.url, { prefix: 'flush:' });
    const direct = new Redis(redis.url);
    const tenant = tenantOf({ requestsPerMin: 5 });
    expect(await grantedNow(ledger, tenant)).toBe(true);
    await direct.script('FLUSH');
    expect(await grantedNow(ledger, tenant)).toBe(true);
    await direct.quit();
    await ledger.close();
  });

  it('drops what a settled request held, so that nothing stays', async () => {
    const ledger = await openRedisLedger(redis.url, { prefix: 'leak:' });
    const tenant = tenantOf({ requestsPerMin: 1000, dailyBudgetUsd: 100 });
    for (let time = 0; time < 200; time++) {
      const reservation = reservationOf(await ledger.reserve(tenant, SMALL));
      await (time % 2 === 0 ? ledger.settle(reservation, SMALL) : ledger.release(reservation));
    }
    const direct = new Redis(redis.url);
    expect(await direct.exists('leak:{acme}:held', 'leak:{acme}:leases')).toBe(0);
    expect(await ledger.read(tenant)).toEqual({ spentUsd: 1, reservedUsd: 0, presumedUsd: 0 });
    await direct.quit();
    await ledger.close();
  });
});

describe.skipIf(redisBinary() === undefined)('a Redis that has lost its state (needs redis-server)', () => {
  it('gets back what running gateways know was spent, and says so; nothing starts anew in silence', async () => {
    const server = await startRedis();
    const log = new LedgerLog();
    const ledger = await openRedisLedger(server.url, { observer: log, timeoutMs: 300 });
    const tenant = tenantOf({ dailyBudgetUsd: 1 });
    const spend = async (costUsd: number) => {
      const result = await ledger.reserve(tenant, SMALL);
      if (result.kind === 'refused') return result.fault.code;
      await ledger.settle(result.reservation, { tokens: 5, costUsd });
      return 'granted';
    };
    expect(await spend(0.9)).toBe('granted');
    const running = await ledger.reserve(tenant, SMALL);
    if (running.kind === 'refused') throw new Error('refused');
    // Nothing is persisted: what comes back is as empty as a failover to a copy that never was one.
    await server.kill();
    await until(async () => (await spend(0)) !== 'granted', 'refusing');
    await ledger.settle(running.reservation, { tokens: 5, costUsd: 0.05 });
    await server.restart();
    await until(() => log.pending === 0, 'booking', 8000);
    await until(async () => (await spend(0)) === 'granted', 'being back', 8000);
    expect(log.lost.length).toBeGreaterThan(0);
    expect((await ledger.read(tenant)).spentUsd).toBeGreaterThanOrEqual(0.9);
    expect(await spend(0.2)).toBe('granted');
    expect(await spend(0)).toBe('policy_budget_exhausted');
    // Emptied while it runs.
    const direct = new Redis(server.url);
    const losses = log.lost.length;
    await direct.flushall();
    expect(await spend(0)).toBe('policy_budget_exhausted');
    expect(log.lost).toHaveLength(losses + 1);
    await direct.quit();
    await ledger.close();
    await server.stop();
  });

  it('books work that it has forgotten once, however often it is settled', async () => {
    const server = await startRedis();
    const log = new LedgerLog();
    const ledger = await openRedisLedger(server.url, { observer: log });
    const tenant = tenantOf({ dailyBudgetUsd: 1 });
    const result = await ledger.reserve(tenant, SMALL);
    if (result.kind === 'refused') throw new Error('refused');
    const direct = new Redis(server.url);
    await direct.flushall();
    for (let time = 0; time < 3; time++) await ledger.settle(result.reservation, { tokens: 5, costUsd: 0.3 });
    expect((await ledger.read(tenant)).spentUsd).toBe(0.3);
    expect(log.lost).toEqual([tenant.name]);
    await direct.quit();
    await ledger.close();
    await server.stop();
  });
});

describe.skipIf(redisBinary() === undefined)('Redis gone and back (needs redis-server)', () => {
  it('refuses while it is gone, or grants when told to, and settles later what ended meanwhile', async () => {
    const server = await startRedis({ appendOnly: true, args: ['--appendfsync', 'always'] });
    const log = new LedgerLog();
    const closedLedger = await openRedisLedger(server.url, { observer: log, timeoutMs: 300 });
    const openLedger = await openRedisLedger(server.url, { onFailure: 'open', timeoutMs: 300 });
    const tenant = tenantOf({ dailyBudgetUsd: 1 });
    const result = await closedLedger.reserve(tenant, SMALL);
    if (result.kind === 'refused') throw new Error('refused');
    await server.kill();
    await until(async () => {
      const refused = await closedLedger.reserve(tenant, SMALL);
      return refused.kind === 'refused' && refused.fault.code === 'gateway_store_unavailable';
    }, 'refusing');
    expect((await openLedger.reserve(tenant, SMALL)).kind).toBe('granted');
    const queued = log.pending;
    for (let time = 0; time < 50; time++) await closedLedger.reserve(tenant, SMALL);
    // What was never sent is not queued to be given back; one may have been on the wire when it broke.
    expect(log.pending - queued).toBeLessThanOrEqual(1);
    await expect(closedLedger.ping()).rejects.toThrow();
    await closedLedger.settle(result.reservation, { tokens: 5, costUsd: 0.25 });
    expect(log.failures).toContain('reserve');
    expect(log.failures).toContain('settle');
    expect(log.pending).toBeGreaterThan(0);
    await server.restart();
    await until(() => log.pending === 0, 'booking', 8000);
    await until(async () => {
      const totals = await closedLedger.read(tenant).catch(() => undefined);
      return totals?.spentUsd === 0.25 && totals.reservedUsd === 0;
    }, 'the books being right');
    await closedLedger.close();
    await openLedger.close();
    await server.stop();
  });

  it('a Redis that hangs is a failure after the time limit', async () => {
    const server = await startRedis();
    const ledger = await openRedisLedger(server.url, { timeoutMs: 200 });
    process.kill(server.pid, 'SIGSTOP');
    const startedAtMs = performance.now();
    const result = await ledger.reserve(tenantOf({ requestsPerMin: 5 }), SMALL);
    expect(result).toMatchObject({ kind: 'refused', fault: { code: 'gateway_store_unavailable' } });
    expect(performance.now() - startedAtMs).toBeLessThan(1500);
    process.kill(server.pid, 'SIGCONT');
    await ledger.close();
    await server.stop();
  });
});
