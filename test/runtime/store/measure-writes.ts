/**
 * What writing history costs the thread that serves: turns appended at a fixed rate, open loop, and beside them a
 * timer that notes how late the event loop is. Run: node test/runtime/store/measure-writes.ts [turns/s] [seconds]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../../runtime/store/migrations.ts';
import { configureConnection } from '../../../runtime/store/sqlite-connection.ts';
import { openSqliteHistory, SqliteHistoryStore } from '../../../runtime/store/sqlite-history-store.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { computePercentile, sortSamples } from '../../../vocabulary/percentiles.ts';
import { answered, created, interactionOf, turnOf } from '../../contracts/history-fixtures.ts';

const ratePerS = Number(process.argv[2] ?? 500);
const seconds = Number(process.argv[3] ?? 10);
const TURN_TEXT = 'The invoice of last month is higher than what my contract says. '.repeat(4);

function openInThread(path: string, synchronous: string): SqliteHistoryStore {
  const database = new DatabaseSync(path);
  configureConnection(database);
  database.exec(`PRAGMA synchronous = ${synchronous}`);
  migrate(database);
  return new SqliteHistoryStore(database);
}

async function measure(name: string, store: SqliteHistoryStore): Promise<void> {
  // A thread is started first, and every statement run once.
  for (let n = 0; n < 20; n++) await one(store, `warm${n}`, [], 0);
  const latenciesMs: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const startMs = performance.now();
  const work: Promise<void>[] = [];
  for (let sent = 0; sent < ratePerS * seconds; ) {
    const due = Math.min(ratePerS * seconds, ((performance.now() - startMs) * ratePerS) / 1000);
    for (; sent < due; sent++)
      work.push(one(store, `i${sent}`, latenciesMs, startMs + (sent * 1000) / ratePerS));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(work);
  delay.disable();
  await store.close();
  const sorted = sortSamples(latenciesMs);
  const ms = (percent: number) => computePercentile(sorted, percent)?.toFixed(2);
  const lateMs = (percent: number) => (delay.percentile(percent) / 1e6).toFixed(2);
  process.stdout.write(
    `${name}: append p50 ${ms(50)} p99 ${ms(99)} p99.9 ${ms(99.9)} ms; ` +
      `event loop late p99 ${lateMs(99)} max ${(delay.max / 1e6).toFixed(2)} ms\n`,
  );
}

async function one(
  store: SqliteHistoryStore,
  id: string,
  latenciesMs: number[],
  dueMs: number,
): Promise<void> {
  const record = interactionOf(id);
  await store.createInteraction(record, created(record));
  const turn = { ...turnOf(id, 0), customerText: TURN_TEXT, answerText: TURN_TEXT };
  await store.appendTurn(turn, answered(turn));
  latenciesMs.push(performance.now() - dueMs);
}

const folder = mkdtempSync(join(tmpdir(), 'busyhour-measure-'));
try {
  await measure('on the event loop, NORMAL', openInThread(join(folder, 'a'), 'NORMAL'));
  for (const synchronous of ['normal', 'full'] as const) {
    const store = unwrap(openSqliteHistory(join(folder, synchronous), 'secret', synchronous));
    await measure(`on a thread, ${synchronous}`, store);
  }
} finally {
  rmSync(folder, { recursive: true });
}
