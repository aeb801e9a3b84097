import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantLimits } from '../../../runtime/tenants/ledger.ts';
import { tenantOf } from '../../contracts/ledger-tenant.ts';
import { redisBinary, startRedis } from '../../support/redis.ts';
import type { RealServer } from '../../support/server-process.ts';
import { until } from '../support/gateway-rig.ts';
import { dayBeginningNow, openRedisLedger, sleep } from './ledger-rig.ts';
import type { WorkerLine, WorkerPlan } from './ledger-worker.ts';

const WORKER = fileURLToPath(new URL('ledger-worker.ts', import.meta.url));
/** A "minute" of 600 ms, so that a run sees many of them. */
const WINDOW_MS = 600;
const MAX_RESERVATION_USD = 0.002;

interface Worker {
  readonly child: ChildProcess;
  readonly logPath: string;
}

function startWorker(plan: WorkerPlan): Worker {
  const child = spawn(process.execPath, [WORKER, JSON.stringify(plan)], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  return { child, logPath: plan.logPath };
}

async function killWorker({ child }: Worker): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Lines as far as they got to disk. */
const readLines = (path: string): WorkerLine[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line) as WorkerLine)
    : [];

const readAll = (workers: readonly Worker[]): WorkerLine[] =>
  workers.flatMap(({ logPath }) => readLines(logPath));

interface FleetEnd {
  readonly dayMs: number;
  /** Whether the run has met what it is about. */
  readonly isEnough: (lines: readonly WorkerLine[]) => boolean;
}

const usdOf = (lines: readonly WorkerLine[]): number =>
  [...usedOf(lines).values()].reduce((sum, { usd }) => sum + usd, 0);

/** What each grant really used; one that its process died over may have used all it reserved. */
function usedOf(
  lines: readonly WorkerLine[],
): Map<string, { atUnixMs: number; usd: number; tokens: number }> {
  const used = new Map<string, { atUnixMs: number; usd: number; tokens: number }>();
  for (const line of lines) {
    if (line.kind === 'granted') {
      const { atUnixMs, usd, tokens } = line;
      used.set(line.id, { atUnixMs, usd, tokens });
      continue;
    }
    const grant = used.get(line.id);
    if (grant === undefined) throw new Error('used without a grant');
    Object.assign(
      grant,
      line.kind === 'used' ? { usd: line.usd, tokens: line.tokens } : { usd: 0, tokens: 0 },
    );
  }
  return used;
}

/** The most that lies in any window, by brute force over the windows that begin at an event. */
function mostInWindow(events: readonly { atUnixMs: number; weight: number }[]): number {
  return Math.max(
    0,
    ...events.map(({ atUnixMs }) =>
      events
        .filter((other) => other.atUnixMs >= atUnixMs && other.atUnixMs < atUnixMs + WINDOW_MS)
        .reduce((sum, { weight }) => sum + weight, 0),
    ),
  );
}

describe.skipIf(redisBinary() === undefined)('a fleet on one Redis (needs redis-server)', () => {
  let redis: RealServer;
  let folder: string;
  let nextRun = 0;
  beforeAll(async () => {
    redis = await startRedis();
    folder = mkdtempSync(join(tmpdir(), 'busyhour-ledger-'));
  });
  afterAll(async () => {
    await redis.stop();
    rmSync(folder, { recursive: true });
  });

  /** Three processes, each killed and replaced at these instants; then all are killed. */
  async function runFleet(limits: TenantLimits, seed: number, killsAtMs: readonly number[], end: FleetEnd) {
    const prefix = `run${nextRun++}:`;
    const goPath = join(folder, `${prefix.slice(0, -1)}-go`);
    let spawned = 0;
    const spawnOne = (): Worker =>
      startWorker({
        url: redis.url,
        prefix,
        periods: { windowMs: WINDOW_MS, dayMs: end.dayMs },
        limits,
        seed: seed + spawned++,
        parallel: 6,
        logPath: join(folder, `${prefix.slice(0, -1)}-${spawned}`),
        leaseMs: 300,
        goPath,
      });
    const workers = [spawnOne(), spawnOne(), spawnOne()];
    const all = [...workers];
    try {
      await until(() => all.every(({ logPath }) => existsSync(logPath)), 'the fleet starting', 20_000);
      writeFileSync(goPath, '');
      for (const [index, afterMs] of killsAtMs.entries()) {
        await sleep(afterMs);
        const victim = workers[index % workers.length];
        if (victim !== undefined) await killWorker(victim);
        const next = spawnOne();
        workers[index % workers.length] = next;
        all.push(next);
      }
      await until(() => end.isEnough(readAll(all)), 'enough work', 10_000);
    } finally {
      await Promise.all(workers.map(killWorker));
    }
    const lines = readAll(all);
    return { prefix, lines, used: usedOf(lines) };
  }

  const kills = fc.array(fc.integer({ min: 50, max: 400 }), { minLength: 2, maxLength: 3 });

  it('never lets through more than the limits in any window, over kills at any moment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), kills, async (seed, killsAtMs) => {
        const limits = { requestsPerMin: 40, tokensPerMin: 700 };
        const { used } = await runFleet(limits, seed, killsAtMs, {
          dayMs: 86_400_000,
          isEnough: (lines) => usedOf(lines).size > 3 * limits.requestsPerMin,
        });
        const grants = [...used.values()];
        expect(grants.length).toBeGreaterThan(limits.requestsPerMin);
        expect(mostInWindow(grants.map(({ atUnixMs }) => ({ atUnixMs, weight: 1 })))).toBeLessThanOrEqual(40);
        const tokens = grants.map(({ atUnixMs, tokens: weight }) => ({ atUnixMs, weight }));
        expect(mostInWindow(tokens)).toBeLessThanOrEqual(700);
      }),
      { numRuns: 3, seed: 3, endOnFailure: true },
    );
  }, 60_000);

  it('spends at most the budget and one reservation, settles once, and gives all back in the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), kills, async (seed, killsAtMs) => {
        const limits = { dailyBudgetUsd: 0.3, maxConcurrent: 12 };
        const { prefix, lines } = await runFleet(limits, seed, killsAtMs, {
          dayMs: 86_400_000,
          isEnough: (sofar) => usdOf(sofar) > limits.dailyBudgetUsd * 0.95,
        });
        const spentUsd = usdOf(lines);
        expect(spentUsd).toBeLessThanOrEqual(limits.dailyBudgetUsd + MAX_RESERVATION_USD);
        const ledger = await openRedisLedger(redis.url, { prefix });
        const books = await ledger.read(tenantOf(limits));
        // What the books say is what was used: less what a killed process had not sent, which stands under presumed.
        const saidUsd = lines.reduce((sum, line) => sum + (line.kind === 'used' ? line.usd : 0), 0);
        expect(books.spentUsd).toBeLessThanOrEqual(saidUsd + 1e-6);
        expect(books.spentUsd + books.reservedUsd + books.presumedUsd).toBeGreaterThanOrEqual(saidUsd - 1e-6);
        await until(async () => (await ledger.read(tenantOf(limits))).reservedUsd < 1e-9, 'leases ending');
        const places = await ledger.reserve(tenantOf({ maxConcurrent: 1 }), { tokens: 1, costUsd: 0 });
        expect(places.kind).toBe('granted');
        await ledger.close();
      }),
      { numRuns: 3, seed: 3, endOnFailure: true },
    );
  }, 60_000);

  it('keeps nothing of the killed beyond the next day', async () => {
    const dayMs = dayBeginningNow();
    const { prefix } = await runFleet({ dailyBudgetUsd: 100 }, 1, [100], {
      dayMs,
      isEnough: (lines) => lines.length > 100,
    });
    const direct = new Redis(redis.url);
    expect(await direct.hlen(`${prefix}{acme}:held`)).toBeGreaterThan(0);
    const ledger = await openRedisLedger(redis.url, { prefix, periods: { windowMs: WINDOW_MS, dayMs } });
    await sleep(dayMs + 400);
    const result = await ledger.reserve(tenantOf({ dailyBudgetUsd: 100 }), { tokens: 1, costUsd: 0 });
    if (result.kind === 'granted') await ledger.release(result.reservation);
    await until(async () => {
      const more = await ledger.reserve(tenantOf({ dailyBudgetUsd: 100 }), { tokens: 1, costUsd: 0 });
      if (more.kind === 'granted') await ledger.release(more.reservation);
      return (await direct.hlen(`${prefix}{acme}:held`)) === 0;
    }, 'nothing held');
    expect(await ledger.read(tenantOf({}))).toEqual({ spentUsd: 0, reservedUsd: 0, presumedUsd: 0 });
    await direct.quit();
    await ledger.close();
  }, 30_000);
});
