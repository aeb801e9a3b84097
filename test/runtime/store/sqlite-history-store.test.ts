import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from 'vitest';
import { StoreFailure } from '../../../runtime/store/history-writes.ts';
import { MIGRATIONS } from '../../../runtime/store/migrations.ts';
import { openSqliteHistory } from '../../../runtime/store/sqlite-history-store.ts';
import { verifyAudit, withSqliteSnapshot } from '../../../runtime/store/verify-audit.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import {
  answered,
  created,
  describeHistoryStore,
  interactionOf,
  turnOf,
} from '../../contracts/store-history.ts';

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

/** The text of a program that opens the history at `path` at an instant, and says what became of it. */
const openerAt = (path: string, atUnixMs: number): string => {
  const module = JSON.stringify(
    new URL('../../../runtime/store/sqlite-history-store.ts', import.meta.url).href,
  );
  return `
    import { openSqliteHistory } from ${module};
    while (Date.now() < ${atUnixMs});
    const opened = openSqliteHistory(${JSON.stringify(path)});
    if (opened.kind === 'failed') throw new Error(opened.failure.message);
    await opened.value.close();`;
};

it('is made by several processes at once, as workers that start together do', async () => {
  for (let round = 0; round < 4; round++) {
    const program = openerAt(freshPath(), Date.now() + 1_500);
    const ends = Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
      let stderr = '';
      child.stderr.on('data', (part) => {
        stderr += part;
      });
      const [exitCode] = await once(child, 'close');
      return exitCode === 0 ? 'opened' : stderr;
    });
    expect(await Promise.all(ends)).toEqual(['opened', 'opened', 'opened', 'opened']);
  }
}, 60_000);

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

/** Many turns of one interaction, written past the store: what is read is in question here. */
function fill(path: string, turns: number): void {
  const database = new DatabaseSync(path);
  database.exec(`INSERT INTO turns (interaction_id, turn_index, message_id, customer_text, answer_text, outcome,
      finish_reason, provider, engine, level, prompt_tokens, cached_prompt_tokens, output_tokens,
      started_at_unix_ms, finished_at_unix_ms)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${turns - 1})
    SELECT 'a', i, 'm' || i, 'text', 'text', 'complete', 'stop', 'p', 'e', 'primary', 1, 0, 1, i, i + i % 100 FROM n`);
  database.close();
}

it('serves turns while analytics scan a large window, and ends the scan with the store', async () => {
  const path = join(folder, 'large.sqlite');
  const store = unwrap(openSqliteHistory(path));
  await store.createInteraction(interactionOf('a'), created(interactionOf('a')));
  fill(path, 100_000);
  let isReading = true;
  const reading = store.readAnalytics({ fromUnixMs: 0, toUnixMs: 1e9 }).finally(() => {
    isReading = false;
  });
  let reads = 0;
  while (isReading) {
    await store.findTurn('a', `m${reads++}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  // Oracle: i % 100 is spread evenly over 0…99, so the nearest rank of 50 % of 100 000 is 49.
  expect(await reading).toMatchObject({ turns: 100_000, answerTimeP50Ms: 49, answerTimeP95Ms: 94 });
  expect(reads).toBeGreaterThan(100);
  const cut = store.readAnalytics({ fromUnixMs: 0, toUnixMs: 1e9 });
  const refused = expect(cut).rejects.toThrow(StoreFailure);
  await store.close();
  await refused;
});

it('takes over a history of the first release, and gives rows to its turns, of which none spoke', async () => {
  const path = join(folder, 'first-release.sqlite');
  const old = new DatabaseSync(path);
  old.exec(`${MIGRATIONS[0]} PRAGMA user_version = 1;
    INSERT INTO interactions VALUES ('old', 'hash', 'chat', 'closed', 'done', 1000.5, 2000.5);
    INSERT INTO interactions VALUES ('open', NULL, 'voice', 'active', NULL, 3000, 4000);
    INSERT INTO turns VALUES ('old', 0, 'm0', 'hi', 'hello', 'complete', 'stop', 'local', 'llama', 'primary', 7, 2, 3, 1500, 2000.5);
    INSERT INTO turns VALUES ('open', 0, 'm0', 'huh', 'yes', 'failed_over', 'length', 'k', 'keyword', 'keyword', 0, 0, 0, 3500, 4000);`);
  old.close();
  const store = unwrap(openSqliteHistory(path));
  expect(await store.findInteraction('old')).toEqual({
    interactionId: 'old',
    tenant: 'default',
    customerHash: 'hash',
    channel: 'chat',
    state: 'closed',
    reason: 'done',
    createdAtUnixMs: 1000.5,
    updatedAtUnixMs: 2000.5,
  });
  expect(await store.findTurn('old', 'm0')).toEqual({
    interactionId: 'old',
    tenant: 'default',
    turnIndex: 0,
    messageId: 'm0',
    customerText: 'hi',
    answerText: 'hello',
    outcome: 'complete',
    finishReason: 'stop',
    provider: 'local',
    engine: 'llama',
    level: 'primary',
    decidedBy: 'agent',
    promptTokens: 7,
    cachedPromptTokens: 2,
    outputTokens: 3,
    costUsd: 0,
    startedAtUnixMs: 1500,
    finishedAtUnixMs: 2000.5,
  });
  // What was open goes on, in its own numbering.
  await store.appendTurn(turnOf('open', 1), answered(turnOf('open', 1)));
  expect((await store.listTurns('open', 9)).map(({ turnIndex }) => turnIndex)).toEqual([0, 1]);
  await store.close();
  const report = await withSqliteSnapshot(path, (query) => verifyAudit(query, { secret: 'busyhour' }));
  expect(report).toMatchObject({ intact: true, turns: 3, interactions: 2, problems: [] });
  expect(report.chains.map(({ broken }) => broken)).toEqual([undefined, undefined]);
  // From then on they are guarded like any other.
  for (const [change, where] of [
    ["UPDATE turns SET answer_text = 'no' WHERE interaction_id = 'old'", 'turn 0 of old'],
    ["UPDATE turns SET output_tokens = 9 WHERE interaction_id = 'open' AND turn_index = 0", 'turn 0 of open'],
    ["UPDATE interactions SET customer_hash = 'other' WHERE interaction_id = 'old'", 'interaction old'],
    ["DELETE FROM turns WHERE interaction_id = 'old'", 'turn 0 of old'],
  ] as const) {
    const copy = join(folder, 'tampered.sqlite');
    cpSync(path, copy);
    const database = new DatabaseSync(copy);
    database.exec(change);
    database.close();
    const found = await withSqliteSnapshot(copy, (query) => verifyAudit(query, { secret: 'busyhour' }));
    expect(
      found.problems.map((problem) => problem.where),
      change,
    ).toEqual([where]);
    rmSync(copy);
  }
  // Opening it again adopts nothing that came without a row.
  const database = new DatabaseSync(path);
  database.exec(
    "INSERT INTO turns SELECT 'old', 5, 'm5', customer_text, answer_text, outcome, finish_reason, provider, engine, level, prompt_tokens, cached_prompt_tokens, output_tokens, started_at_unix_ms, finished_at_unix_ms, tenant, decided_by, intent, confidence, cost_usd FROM turns WHERE interaction_id = 'old'",
  );
  database.close();
  await unwrap(openSqliteHistory(path)).close();
  const added = await withSqliteSnapshot(path, (query) => verifyAudit(query, { secret: 'busyhour' }));
  expect(added.problems.map((problem) => problem.where)).toEqual(['turn 5 of old']);
});
