import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from 'vitest';
import { MIGRATIONS } from '../../../runtime/store/migrations.ts';
import { openSqliteHistory } from '../../../runtime/store/sqlite-history-store.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { answered, describeHistoryStore, interactionOf, turnOf } from '../../contracts/store-history.ts';

const folder = mkdtempSync(join(tmpdir(), 'busyhour-history-'));
let files = 0;
const freshPath = (): string => join(folder, `${files++}`, 'history.sqlite');
afterAll(() => rmSync(folder, { recursive: true }));

describeHistoryStore('sqlite file', async () => unwrap(openSqliteHistory(freshPath())));
describeHistoryStore('sqlite in memory', async () => unwrap(openSqliteHistory(':memory:')));

it('keeps everything over a close, and migrates only once', async () => {
  const path = freshPath();
  const first = unwrap(openSqliteHistory(path));
  await first.createInteraction(interactionOf('a'), []);
  await first.appendTurn(turnOf('a', 0), answered(turnOf('a', 0)));
  await first.close();
  const second = unwrap(openSqliteHistory(path));
  expect(await second.listTurns('a', 10)).toEqual([turnOf('a', 0)]);
  await second.close();
  const database = new DatabaseSync(path);
  expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length });
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  database.close();
});

it('a resolved append survives kill -9 of the process', async () => {
  const path = freshPath();
  const module = (name: string) => JSON.stringify(new URL(`../../../${name}`, import.meta.url).href);
  const script = `
    import { openSqliteHistory } from ${module('runtime/store/sqlite-history-store.ts')};
    const store = openSqliteHistory(${JSON.stringify(path)}).value;
    await store.createInteraction(${JSON.stringify(interactionOf('a'))}, []);
    await store.appendTurn(${JSON.stringify(turnOf('a', 0))}, ${JSON.stringify(answered(turnOf('a', 0)))});
    process.kill(process.pid, 'SIGKILL');`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
  expect(child.signal, child.stderr.toString()).toBe('SIGKILL');
  const store = unwrap(openSqliteHistory(path));
  expect(await store.listTurns('a', 10)).toEqual([turnOf('a', 0)]);
  await store.close();
});

it('refuses a file that is not a database, one of a newer release, and a folder that cannot be made', () => {
  const text = join(folder, 'text');
  writeFileSync(text, 'this is not a database, and long enough to be looked at as one'.repeat(50));
  const newer = freshPath();
  const store = unwrap(openSqliteHistory(newer));
  store.close();
  const database = new DatabaseSync(newer);
  database.exec('PRAGMA user_version = 99');
  database.close();
  for (const path of [text, newer, join(text, 'below', 'history.sqlite')]) {
    const result = openSqliteHistory(path);
    expect(result).toMatchObject({ kind: 'failed', failure: { code: 'OUTPUT_NOT_WRITABLE' } });
    expect(result.kind === 'failed' && result.failure.message).toContain(path);
  }
});
