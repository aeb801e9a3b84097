import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisBinary, startRedis } from '../support/redis.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import type { RealServer } from '../support/server-process.ts';
import { childrenOf } from './children.ts';
import { eventually, runCommand, scratchFolder } from './command.ts';

async function post(url: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const signal = AbortSignal.timeout(10_000);
  const response = await fetch(url, { method: 'POST', headers, signal, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Sum over all series of a metric in a scrape. */
const sumOf = (scrape: string, name: string, label = ''): number =>
  scrape
    .split('\n')
    .filter((line) => line.startsWith(name) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);

const scrape = async (url: string): Promise<string> => (await fetch(`${url}/metrics`)).text();

interface Traffic {
  /** Message ids that were answered. */
  readonly answered: string[];
  /** What became of the others. */
  readonly failed: unknown[];
}

/** Conversations one after another in `lanes` lanes, until told to stop: turns with one message id each. */
async function converse(url: string, lanes: number, isOver: () => boolean): Promise<Traffic> {
  const traffic: Traffic = { answered: [], failed: [] };
  const lane = async (name: string): Promise<void> => {
    for (let conversation = 0; !isOver(); conversation++) {
      try {
        const created = await post(`${url}/v1/interactions`, { customerId: name });
        const id = created.body.id ?? created.body.interactionId;
        for (let turn = 0; turn < 3; turn++) {
          const messageId = `${name}-${conversation}-${turn}`;
          const answer = await post(`${url}/v1/interactions/${id}/turns`, {
            messageId,
            text: 'Where is my parcel?',
          });
          if (answer.status === 200) traffic.answered.push(messageId);
          else traffic.failed.push(answer);
        }
      } catch (error) {
        traffic.failed.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, index) => lane(`c${index}`)));
  return traffic;
}

function storedMessageIds(path: string): Set<string> {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = database.prepare('select message_id from turns').all();
    return new Set(rows.map((row) => String(row.message_id)));
  } finally {
    database.close();
  }
}

/** Starting processes takes seconds on a machine that is busy. */
const LIMIT = { timeout: 120_000 };

it('refuses several workers without shared stores, and says how to share them', LIMIT, async () => {
  const finished = await runCommand(['serve', '--workers', '2', '--port', '0']);
  expect(finished.exitCode).toBe(10);
  for (const path of ['contexts.kind', 'lock.kind', 'ledger.kind', 'history.kind']) {
    expect(finished.stderr).toContain(`${path}: expected`);
  }
  expect(finished.stderr).toContain('BUSYHOUR_REDIS_URL');
});

describe.skipIf(redisBinary() === undefined)('several workers (skipped without redis-server)', () => {
  let redis: RealServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  const startWorkers = (path: string, more: readonly string[] = []): Promise<ServeProcess> =>
    startServe(['--workers', '2', '--history', path, ...more], { BUSYHOUR_REDIS_URL: redis.url });

  it(
    'goes on when one is killed under traffic, loses no answered turn, and is scraped as one',
    LIMIT,
    async () => {
      const path = join(scratchFolder(), 'history.sqlite');
      const serve = await startWorkers(path);
      expect(serve.ready.workers).toBe(2);
      const before = childrenOf(serve.pid);
      expect(before).toHaveLength(2);

      let isOver = false;
      const running = converse(serve.url, 4, () => isOver);
      await eventually(() => existsSync(path) && storedMessageIds(path).size > 20, 30_000);
      const countedBefore = sumOf(await scrape(serve.url), 'busyhour_gateway_requests_total');
      const victim = before[0] ?? 0;
      process.kill(victim, 'SIGKILL');
      await eventually(() => childrenOf(serve.pid).filter((pid) => pid !== victim).length === 2, 30_000);
      const storedAtDeath = storedMessageIds(path).size;
      await eventually(() => storedMessageIds(path).size > storedAtDeath + 40, 30_000);
      isOver = true;
      const traffic = await running;

      // Only what the dead worker held can have failed: at most one request of each lane, and what follows from it.
      expect(traffic.failed.length).toBeLessThanOrEqual(4 * 4);
      // A connection that the dead worker held is reset: nobody waits for an answer that cannot come.
      expect(
        traffic.failed.filter((what) => what instanceof DOMException && what.name === 'TimeoutError'),
      ).toEqual([]);
      expect(traffic.answered.length).toBeGreaterThan(60);
      await eventually(() => /worker is ready again/.test(serve.stderr()), 30_000);
      const text = await scrape(serve.url);
      expect(sumOf(text, 'busyhour_workers_ready')).toBe(2);
      expect(sumOf(text, 'busyhour_worker_restarts_total')).toBe(1);
      const counted = sumOf(text, 'busyhour_gateway_requests_total');
      expect(counted).toBeGreaterThanOrEqual(countedBefore);

      serve.kill('SIGTERM');
      expect(await serve.exited).toBe(0);
      const stored = storedMessageIds(path);
      expect(traffic.answered.filter((id) => !stored.has(id))).toEqual([]);
    },
  );

  it(
    'drains all workers under traffic: what was answered is stored, and new work is told so',
    LIMIT,
    async () => {
      const path = join(scratchFolder(), 'history.sqlite');
      const serve = await startWorkers(path);
      let isOver = false;
      const running = converse(serve.url, 4, () => isOver);
      await eventually(() => existsSync(path) && storedMessageIds(path).size > 20, 30_000);
      serve.kill('SIGTERM');
      expect(await serve.exited).toBe(0);
      isOver = true;
      const traffic = await running;
      const stored = storedMessageIds(path);
      expect(traffic.answered.length).toBeGreaterThan(20);
      expect(traffic.answered.filter((id) => !stored.has(id))).toEqual([]);
      const statuses = traffic.failed.flatMap((what) =>
        what !== null && typeof what === 'object' && 'status' in what ? [what.status] : [],
      );
      // Some create no interaction during the drain, and send their turns to one that is not there.
      expect(statuses.filter((status) => status !== 503 && status !== 404)).toEqual([]);
    },
  );

  it('counts every request once, whichever worker answers the scrape', LIMIT, async () => {
    const serve = await startWorkers(join(scratchFolder(), 'history.sqlite'));
    const chat = { messages: [{ role: 'user', content: 'I want a refund' }] };
    for (let request = 0; request < 10; request++) {
      expect((await post(`${serve.url}/v1/chat/completions`, chat)).status).toBe(200);
    }
    const route = 'route="/v1/chat/completions"';
    const counts = [];
    for (let reading = 0; reading < 4; reading++) {
      counts.push(sumOf(await scrape(serve.url), 'busyhour_gateway_requests_total', route));
    }
    expect(counts).toEqual([10, 10, 10, 10]);
    serve.kill('SIGTERM');
    expect(await serve.exited).toBe(0);
  });

  it(
    'keeps the turns of one interaction in order, and one answer to one message, across workers',
    LIMIT,
    async () => {
      const serve = await startWorkers(join(scratchFolder(), 'history.sqlite'));
      const created = await post(`${serve.url}/v1/interactions`, { customerId: 'c' });
      const url = `${serve.url}/v1/interactions/${created.body.id ?? created.body.interactionId}`;
      const send = (messageId: string) => post(`${url}/turns`, { messageId, text: 'Where is my parcel?' });
      const answers = await Promise.all([send('a'), send('b'), send('a'), send('c'), send('b'), send('a')]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
      const interaction = (await (await fetch(url)).json()) as { turns: { messageId: string }[] };
      expect(interaction.turns.map(({ messageId }) => messageId).toSorted()).toEqual(['a', 'b', 'c']);
      expect(answers.filter(({ body }) => body.replayed === true)).toHaveLength(3);
      serve.kill('SIGTERM');
      expect(await serve.exited).toBe(0);
    },
  );

  it('refuses new work in every worker once a drain was asked for at one', LIMIT, async () => {
    const folder = scratchFolder();
    const key = 'operator';
    const sha256 = createHash('sha256').update(key).digest('hex');
    const config = join(folder, 'gateway.yaml');
    writeFileSync(config, `tenants: [{ name: ops, admin: true, keys: ['${sha256}'] }]\n`);
    const serve = await startWorkers(join(folder, 'history.sqlite'), ['--config', config]);
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      connection: 'close',
    };
    const ask = (path: string, body: unknown) =>
      fetch(serve.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    const chat = { messages: [{ role: 'user', content: 'I want a refund' }] };
    expect((await ask('/v1/chat/completions', chat)).status).toBe(200);
    expect((await ask('/v1/admin/drain', {})).status).toBe(202);
    const untilMs = performance.now() + 20_000;
    // Several connections in a row: each may meet any of the workers.
    for (let refusedInARow = 0; refusedInARow < 12; ) {
      refusedInARow = (await ask('/v1/chat/completions', chat)).status === 503 ? refusedInARow + 1 : 0;
      if (performance.now() > untilMs) throw new Error('a worker still takes work');
    }
    serve.kill('SIGTERM');
    expect(await serve.exited).toBe(0);
  });

  it('ends every worker when the primary is killed', LIMIT, async () => {
    const serve = await startWorkers(join(scratchFolder(), 'history.sqlite'));
    const workers = childrenOf(serve.pid);
    serve.kill('SIGKILL');
    await eventually(() => workers.every((pid) => !existsSync(`/proc/${pid}`)), 10_000);
    expect(workers).toHaveLength(2);
  });

  it('tells of a worker that cannot start, as a single process would', LIMIT, async () => {
    const path = join(scratchFolder(), 'history.sqlite');
    const first = await startWorkers(path);
    const args = ['serve', '--workers', '2', '--history', path, '--port', new URL(first.url).port];
    process.env.BUSYHOUR_REDIS_URL = redis.url;
    const second = await runCommand(args);
    delete process.env.BUSYHOUR_REDIS_URL;
    expect(second.stderr).toContain('PORT_IN_USE');
    expect(second.exitCode).toBe(2);
    first.kill('SIGTERM');
    expect(await first.exited).toBe(0);
  });
});
