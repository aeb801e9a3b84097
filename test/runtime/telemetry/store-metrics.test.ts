import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { Registry } from 'prom-client';
import { afterAll, describe, expect, it } from 'vitest';
import type { HistoryStore } from '../../../runtime/store/history-store.ts';
import { PostgresHistoryStore } from '../../../runtime/store/postgres-history-store.ts';
import { openSqliteHistory } from '../../../runtime/store/sqlite-history-store.ts';
import { StoreMetrics } from '../../../runtime/telemetry/store-metrics.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { created, interactionOf } from '../../contracts/history-fixtures.ts';
import { postgresBinary, startPostgres } from '../../support/postgres.ts';
import { parseExposition } from '../support/prometheus-text.ts';

const WRITES = 100;
const folder = mkdtempSync(join(tmpdir(), 'busyhour-store-metrics-'));
afterAll(() => rmSync(folder, { recursive: true }));

function observe(history: HistoryStore) {
  const registry = new Registry();
  history.observeWrites(new StoreMetrics(registry, () => history.load));
  return async (name: string, labels: Record<string, string> = {}): Promise<number | undefined> => {
    const families = parseExposition(await registry.metrics());
    return [...families.values()]
      .flatMap(({ samples }) => samples)
      .find(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )?.value;
  };
}

const create = (history: HistoryStore, id: string): Promise<void> =>
  history.createInteraction(interactionOf(id), created(interactionOf(id)));

/** While they wait, and when they are done: every write is in one transaction. */
async function expectCounted(history: HistoryStore): Promise<ReturnType<typeof observe>> {
  const read = observe(history);
  const writes = Array.from({ length: WRITES }, (_, index) => create(history, `i${index}`));
  expect(await read('busyhour_store_backlog_writes')).toBe(WRITES);
  await Promise.all(writes);
  expect(await read('busyhour_store_backlog_writes')).toBe(0);
  expect(await read('busyhour_store_commit_writes_sum')).toBe(WRITES);
  const commits = await read('busyhour_store_commit_seconds_count', { result: 'ok' });
  expect(commits).toBe(await read('busyhour_store_commit_writes_count'));
  // All but the first came while another transaction ran.
  expect(commits).toBeLessThan(WRITES / 2);
  expect(await read('busyhour_store_commit_seconds_sum', { result: 'ok' })).toBeGreaterThan(0);
  expect(await read('busyhour_store_commit_seconds_sum', { result: 'ok' })).toBeLessThan(60);
  return read;
}

it('SQLite: what waits, what shares a transaction and how long it takes', async () => {
  const history = unwrap(openSqliteHistory(join(folder, 'a.sqlite')));
  const read = await expectCounted(history);
  expect(await read('busyhour_store_pool_connections')).toBeUndefined();
  // A conflict is an answer, no failure.
  await expect(create(history, 'i1')).rejects.toThrow('exists already');
  expect(await read('busyhour_store_commit_seconds_count', { result: 'error' })).toBeUndefined();
  await history.close();
});

describe.skipIf(postgresBinary() === undefined)('PostgreSQL (skipped without its server)', () => {
  it('also its connections, and transactions that failed', async () => {
    const server = await startPostgres();
    const settings = { maxConnections: 2, connectMs: 1000, statementMs: 2000, auditSecret: 's' };
    const history = new PostgresHistoryStore({ ...settings, url: server.url });
    try {
      const read = await expectCounted(history);
      expect(await read('busyhour_store_pool_connections', { state: 'used' })).toBe(0);
      expect(await read('busyhour_store_pool_connections', { state: 'idle' })).toBeGreaterThan(0);
      const other = new Client({ connectionString: server.url });
      await other.connect();
      await other.query('BEGIN; LOCK TABLE interactions');
      const looks = Array.from({ length: 5 }, () => history.findInteraction('i1'));
      // Two connections, so three wait.
      await expect.poll(() => read('busyhour_store_pool_waiting_requests')).toBe(3);
      expect(await read('busyhour_store_pool_connections', { state: 'used' })).toBe(2);
      await other.query('COMMIT');
      await other.end();
      await Promise.all(looks);
      await server.kill();
      await expect(create(history, 'i1')).rejects.toThrow();
      expect(await read('busyhour_store_commit_seconds_count', { result: 'error' })).toBeGreaterThan(0);
    } finally {
      await history.close();
      await server.stop();
    }
  });
});
