import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../runtime/support/gateway-rig.ts';
import { redisBinary, startRedis } from '../support/redis.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import type { RealServer } from '../support/server-process.ts';
import { childrenOf } from './children.ts';
import { scratchFolder } from './command.ts';

const HANG_MS = 2000;
/** Starting processes takes seconds on a machine that is busy. */
const LIMIT = { timeout: 120_000 };

/** Asks until a worker answers: a connection that is dealt to one that hangs is given up. */
async function ask(url: string): Promise<{ status: number; text: string }> {
  for (;;) {
    try {
      const headers = { connection: 'close' };
      const response = await fetch(url, { headers, signal: AbortSignal.timeout(300) });
      return { status: response.status, text: await response.text() };
    } catch {
      await sleep(20);
    }
  }
}

async function metricOf(url: string, metric: string): Promise<number> {
  const { text } = await ask(`${url}/metrics`);
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${metric} `));
  return Number(line?.slice(metric.length + 1));
}

describe.skipIf(redisBinary() === undefined)('the pool (skipped without redis-server)', () => {
  let redis: RealServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  const startWorkers = (): Promise<ServeProcess> => {
    const path = join(scratchFolder(), 'history.sqlite');
    const environment = { BUSYHOUR_REDIS_URL: redis.url, BUSYHOUR_WORKER_HANG_MS: String(HANG_MS) };
    return startServe(['--workers', '2', '--history', path], environment);
  };

  it('notices a worker that hangs, says so, kills it in the stated time and replaces it', LIMIT, async () => {
    const serve = await startWorkers();
    const before = childrenOf(serve.pid);
    const victim = before[0] ?? 0;
    const stoppedAtMs = performance.now();
    process.kill(victim, 'SIGSTOP');
    let notReady = '';
    await until(
      async () => {
        const { status, text } = await ask(`${serve.url}/ready`);
        if (status === 503) notReady = text;
        return status === 503;
      },
      '503 of /ready',
      10_000,
    );
    expect(JSON.parse(notReady)).toMatchObject({
      status: 'not-ready',
      dependencies: expect.arrayContaining([
        { name: 'workers', kind: 'process', state: 'down', detail: '1 of 2 workers do not answer' },
      ]),
    });
    await until(() => !childrenOf(serve.pid).includes(victim), 'the end of the worker', 10_000);
    const tookMs = performance.now() - stoppedAtMs;
    // Not before its time; one beat later at most, and what a busy machine adds.
    expect(tookMs).toBeGreaterThan(HANG_MS * 0.7);
    expect(tookMs).toBeLessThan(HANG_MS * 1.25 + 3000);
    await until(
      async () => (await metricOf(serve.url, 'busyhour_workers_ready')) === 2,
      'two workers',
      30_000,
    );
    expect(await metricOf(serve.url, 'busyhour_worker_hangs_total')).toBe(1);
    expect(await metricOf(serve.url, 'busyhour_worker_restarts_total')).toBe(1);
    await until(async () => (await ask(`${serve.url}/ready`)).status === 200, '200 of /ready', 10_000);
    expect(serve.stderr()).toContain('worker does not answer, killing it');
    expect(childrenOf(serve.pid)).toContain(before[1]);
    serve.kill('SIGTERM');
    expect(await serve.exited).toBe(0);
  });

  it('keeps a worker that was only late, and ends one that hangs during the drain', LIMIT, async () => {
    const serve = await startWorkers();
    const [late = 0, stuck = 0] = childrenOf(serve.pid);
    process.kill(late, 'SIGSTOP');
    await sleep(HANG_MS / 4);
    process.kill(late, 'SIGCONT');
    await sleep(HANG_MS * 1.5);
    expect(childrenOf(serve.pid).toSorted()).toEqual([late, stuck].toSorted());
    process.kill(stuck, 'SIGSTOP');
    const drainedAtMs = performance.now();
    serve.kill('SIGTERM');
    expect(await serve.exited).toBe(0);
    // Without the heartbeat it would have the whole patience of a drain: 30 s and more.
    expect(performance.now() - drainedAtMs).toBeLessThan(HANG_MS * 1.25 + 6000);
  });

  it('does not go down or run hot with a worker that dies again and again', LIMIT, async () => {
    const serve = await startWorkers();
    const [, steady = 0] = childrenOf(serve.pid);
    const births: { pid: number; atMs: number }[] = [];
    const known = new Set(childrenOf(serve.pid));
    const [first] = known;
    process.kill(first ?? 0, 'SIGKILL');
    const untilMs = performance.now() + 8000;
    while (performance.now() < untilMs) {
      for (const pid of childrenOf(serve.pid)) {
        if (known.has(pid)) continue;
        known.add(pid);
        births.push({ pid, atMs: performance.now() });
        process.kill(pid, 'SIGKILL');
      }
      expect((await ask(`${serve.url}/health`)).status).toBe(200);
      await sleep(20);
    }
    // 100, 200, 400 … ms between them: seven fit into eight seconds, hundreds would without the wait.
    expect(births.length).toBeGreaterThanOrEqual(3);
    expect(births.length).toBeLessThanOrEqual(7);
    const gapsMs = births.slice(1).map(({ atMs }, index) => atMs - (births[index]?.atMs ?? 0));
    for (const [index, gapMs] of gapsMs.entries()) expect(gapMs).toBeGreaterThan(200 * 2 ** index * 0.9);
    expect(childrenOf(serve.pid)).toContain(steady);
    await until(
      async () => (await metricOf(serve.url, 'busyhour_workers_ready')) === 2,
      'two workers',
      40_000,
    );
    serve.kill('SIGTERM');
    expect(await serve.exited).toBe(0);
  });
});
