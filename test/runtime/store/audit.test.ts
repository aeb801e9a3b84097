import { createHash, createHmac } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../runtime/store/audit.ts';
import { canonicalJson } from '../../../runtime/store/audit-chain.ts';
import type { AuditReport } from '../../../runtime/store/audit-report.ts';
import { openSqliteHistory } from '../../../runtime/store/sqlite-history-store.ts';
import { type VerifyOptions, verifyAudit, withSqliteSnapshot } from '../../../runtime/store/verify-audit.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { answered, created, interactionOf, turnOf } from '../../contracts/store-history.ts';

const SECRET = 'a secret';
const folder = mkdtempSync(join(tmpdir(), 'busyhour-audit-'));
let files = 0;
const freshPath = (): string => join(folder, `${files++}.sqlite`);
afterAll(() => rmSync(folder, { recursive: true }));

const verify = (path: string, options: Partial<VerifyOptions> = {}): Promise<AuditReport> =>
  withSqliteSnapshot(path, (query) => verifyAudit(query, { secret: SECRET, ...options }));

const escalated: AuditEntry = {
  kind: 'escalated',
  atUnixMs: 1_700_000_001_000,
  tenant: 'default',
  interactionId: 'i0',
  decisions: [{ step: 'escalation', outcome: 'asked_for_human', reason: 'the customer asked' }],
};
const handOver = {
  trigger: 'customer',
  reasonCode: 'asked_for_human',
  summary: 'Wants a person',
  atUnixMs: 5,
};

/** Two writers one after the other, so two chains; interactions, turns, a state change and a bare entry. */
async function writeHistory(path: string): Promise<void> {
  for (const writer of [0, 1]) {
    const store = unwrap(openSqliteHistory(path, SECRET));
    for (let n = writer * 3; n < writer * 3 + 3; n++) {
      const record = interactionOf(`i${n}`);
      await store.createInteraction(record, created(record));
      for (let index = 0; index < 3; index++) {
        await store.appendTurn(turnOf(`i${n}`, index), answered(turnOf(`i${n}`, index)));
      }
    }
    if (writer === 1) {
      const change = { interactionId: 'i0', state: 'handed-off', handOver, atUnixMs: 5 } as const;
      await store.changeState(change, [escalated]);
    }
    await store.appendAudit([{ kind: 'admin_action', atUnixMs: 9, tenant: 'default', decisions: [] }]);
    await store.close();
  }
}

let original = '';
beforeAll(async () => {
  original = freshPath();
  await writeHistory(original);
});

/** A copy with whatever a hand with access to the file does to it; the triggers are in nobody's way. */
function tamper(change: (database: DatabaseSync) => void): string {
  const path = freshPath();
  cpSync(original, path);
  const database = new DatabaseSync(path);
  const triggers = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
  database.exec('PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF');
  change(database);
  database.close();
  return path;
}

describe('an intact history', () => {
  it('verifies, and says what it holds', async () => {
    const report = await verify(original);
    expect(report.problems).toEqual([]);
    expect(report.chains.map(({ broken }) => broken)).toEqual([undefined, undefined]);
    expect(report).toMatchObject({ intact: true, turns: 18, interactions: 6 });
    // 6 created, 18 answered, 1 escalated, 2 of an administrator, 2 first rows.
    expect(report.auditRows).toBe(29);
  });

  it('has hashes that follow from the definition, computed here on their own', () => {
    const database = new DatabaseSync(original, { readOnly: true });
    const rows = database.prepare('SELECT * FROM audit ORDER BY chain, sequence').all();
    database.close();
    let previous = '0'.repeat(64);
    for (const row of rows) {
      if (row.sequence === 0) previous = '0'.repeat(64);
      expect(row.previous_hash).toBe(previous);
      previous = createHash('sha256').update(`${previous}${row.body}`).digest('hex');
      expect(row.hash).toBe(previous);
    }
    const answer = rows
      .map((row) => JSON.parse(String(row.body)))
      .find(({ kind }) => kind === 'turn_answered');
    const turn = turnOf(answer.interactionId, answer.turnIndex);
    const texts = JSON.stringify([turn.customerText, turn.answerText]);
    expect(answer.contentDigest).toBe(createHmac('sha256', SECRET).update(texts).digest('hex'));
  });

  it('does not verify under another secret, which keys the digests', async () => {
    expect((await verify(original, { secret: 'another' })).intact).toBe(false);
  });

  it('cannot be changed through the database while its triggers stand', () => {
    const path = freshPath();
    cpSync(original, path);
    const database = new DatabaseSync(path);
    for (const sql of [
      "UPDATE audit SET kind = 'closed'",
      'DELETE FROM audit',
      'INSERT OR REPLACE INTO audit SELECT * FROM audit LIMIT 1',
      "INSERT INTO audit_checkpoints VALUES ('x', 1, 'y'); UPDATE audit_checkpoints SET sequence = 2",
      'DELETE FROM audit_checkpoints',
      "UPDATE audit_checkpoints SET hash = 'z'",
    ]) {
      expect(() => database.exec(sql), sql).toThrow(/append-only/);
    }
    database.close();
  });
});

/** Columns that nothing is derived from: the bookkeeping of naming, and one that may change without an entry. */
const FREE_COLUMNS = new Set(['named_sequence', 'updated_at_unix_ms']);

describe('tampering is detected', () => {
  it('when any column of any row changes', async () => {
    const database = new DatabaseSync(original, { readOnly: true });
    const cells = ['audit', 'turns', 'interactions', 'audit_heads'].flatMap((table) => {
      const columns = database.prepare(`SELECT name, pk FROM pragma_table_info('${table}')`).all();
      const keys = columns.filter(({ pk }) => Number(pk) > 0).map(({ name }) => String(name));
      const rows = database.prepare(`SELECT * FROM ${table}`).all();
      return rows.flatMap((row) =>
        columns
          .map(({ name }) => String(name))
          .filter((column) => !FREE_COLUMNS.has(column))
          .map((column) => ({
            table,
            column,
            value: row[column] ?? null,
            where: keys.map((key) => [key, row[key] ?? null] as const),
          })),
      );
    });
    database.close();
    expect(cells.length).toBeGreaterThan(500);
    const property = fc.asyncProperty(fc.nat(cells.length - 1), fc.nat(), async (index, at) => {
      const cell = cells[index];
      if (cell === undefined) return;
      const path = tamper((on) => {
        const condition = cell.where.map(([key]) => `${key} = ?`).join(' AND ');
        const values = [flipped(cell.value, at), ...cell.where.map(([, value]) => value)];
        on.prepare(`UPDATE ${cell.table} SET ${cell.column} = ? WHERE ${condition}`).run(...values);
      });
      const report = await verify(path);
      expect(report.intact, `${cell.table}.${cell.column}`).toBe(false);
      rmSync(path);
    });
    await fc.assert(property, { numRuns: 150 });
  });

  /** One bit of one byte of a text, which stays valid UTF-8; numbers change by a thousand, so that no key is met. */
  function flipped(value: unknown, at: number): string | number {
    if (typeof value === 'number') return value + 1000;
    if (typeof value !== 'string') return 1;
    if (value === '') return 'x';
    const bytes = Buffer.from(value);
    for (let tried = 0; tried < bytes.length; tried++) {
      const place = (at + tried) % bytes.length;
      const byte = bytes[place] ?? 0;
      if (byte >= 0x80) continue;
      bytes[place] = byte ^ 8;
      return bytes.toString();
    }
    return 'x';
  }

  it('when any row is deleted', async () => {
    const database = new DatabaseSync(original, { readOnly: true });
    const rows = ['audit', 'turns', 'audit_heads'].flatMap((table) =>
      database
        .prepare(`SELECT * FROM ${table}`)
        .all()
        .map((row) => ({ table, row })),
    );
    database.close();
    for (const { table, row } of rows) {
      const keys =
        table === 'turns'
          ? ['interaction_id', 'turn_index']
          : table === 'audit'
            ? ['chain', 'sequence']
            : ['chain'];
      const path = tamper((on) => {
        const condition = keys.map((key) => `${key} = ?`).join(' AND ');
        on.prepare(`DELETE FROM ${table} WHERE ${condition}`).run(...keys.map((key) => row[key] ?? null));
      });
      const report = await verify(path);
      expect(report.intact, JSON.stringify(row)).toBe(false);
      rmSync(path);
    }
  });

  it('when two rows of a chain trade places, and the first broken one is named', async () => {
    const { chain } = (await verify(original)).chains[0] ?? { chain: '' };
    for (const [left, right] of [
      [1, 2],
      [3, 9],
      [0, 5],
    ] as const) {
      const path = tamper((on) => {
        const move = on.prepare('UPDATE audit SET sequence = ? WHERE chain = ? AND sequence = ?');
        move.run(-1, chain, left);
        move.run(left, chain, right);
        move.run(right, chain, -1);
      });
      const report = await verify(path);
      const found = report.chains.find((candidate) => candidate.chain === chain);
      expect(found?.broken?.where).toBe(`chain ${chain} row ${left}`);
    }
  });

  it('when the tail of a chain is cut, at whatever row', async () => {
    for (const { chain, rows } of (await verify(original)).chains) {
      for (let keep = 0; keep < rows; keep++) {
        const path = tamper((on) =>
          on.prepare('DELETE FROM audit WHERE chain = ? AND sequence >= ?').run(chain, keep),
        );
        expect((await verify(path)).intact).toBe(false);
        rmSync(path);
      }
    }
  });

  it('when a whole chain goes, seal and all, by the chain that came after it', async () => {
    const { chains } = await verify(original);
    const database = new DatabaseSync(original, { readOnly: true });
    const named = database
      .prepare('SELECT body FROM audit WHERE sequence = 0 AND body LIKE \'%"hash"%\'')
      .get();
    database.close();
    const [{ chain: earlier } = { chain: '' }] = JSON.parse(String(named?.body)).heads;
    const path = tamper((on) => {
      on.prepare('DELETE FROM audit WHERE chain = ?').run(earlier);
      on.prepare('DELETE FROM audit_heads WHERE chain = ?').run(earlier);
    });
    const report = await verify(path);
    const found = report.chains.find(({ chain }) => chain === earlier);
    expect(found?.broken?.problem).toMatch(/first row of chain .* names this row/);
    // And the last chain by a head that was noted before.
    const last = chains.find(({ chain }) => chain !== earlier);
    const cut = tamper((on) => on.prepare('DELETE FROM audit WHERE chain = ?').run(last?.chain ?? ''));
    const expectHeads = last?.head === undefined ? [] : [last.head];
    const noted = await verify(cut, { expectHeads });
    expect(noted.chains.find(({ chain }) => chain === last?.chain)?.broken?.problem).toMatch(/expected head/);
  });

  it('when rows of history are added or brought back that no entry speaks of', async () => {
    const path = tamper((on) =>
      on.exec(`INSERT INTO turns SELECT * FROM (SELECT * FROM turns WHERE interaction_id = 'i1' AND turn_index = 0) t
        WHERE false; UPDATE turns SET interaction_id = 'i9' WHERE interaction_id = 'i1' AND turn_index = 2`),
    );
    const report = await verify(path);
    expect(report.problems.map(({ where }) => where)).toContain('turn 2 of i9');
  });
});

describe('removal on purpose', () => {
  async function withStore(work: (store: ReturnType<typeof open>) => Promise<void>): Promise<string> {
    const path = freshPath();
    await writeHistory(path);
    const store = open(path);
    await work(store);
    await store.close();
    return path;
  }
  const open = (path: string) => unwrap(openSqliteHistory(path, SECRET));
  const entry = (kind: AuditEntry['kind']): AuditEntry => ({
    kind,
    atUnixMs: 1_800_000_000_000,
    tenant: '',
    decisions: [],
  });

  it('of a customer leaves a history that verifies, without a word of hers', async () => {
    const path = await withStore(async (store) => {
      const removed = await store.deleteCustomer('c'.repeat(64), entry('customer_deleted'));
      expect(removed).toMatchObject({ turns: 18 });
      expect(removed.interactionIds).toHaveLength(6);
      expect((await store.findTurn('i0', 'm0'))?.customerText).toBe('');
      expect((await store.findInteraction('i0'))?.customerHash).toBeUndefined();
    });
    expect(await verify(path)).toMatchObject({ intact: true, problems: [], turns: 18 });
    const database = new DatabaseSync(path);
    const dump = canonicalJson([
      database.prepare('SELECT * FROM turns').all(),
      database.prepare('SELECT * FROM interactions').all(),
      database.prepare('SELECT * FROM audit').all(),
    ]);
    expect(dump).not.toMatch(/DROP TABLE|answer 0|c{64}|Wants a person/);
    // Who empties texts without saying so is found out.
    database.exec("UPDATE turns SET customer_text = 'put back' WHERE interaction_id = 'i2'");
    database.close();
    expect((await verify(path)).intact).toBe(false);
  });

  it('by age takes interactions and audit rows, and what is left verifies', async () => {
    const path = await withStore(async (store) => {
      const limits = { turnsBeforeUnixMs: 1_750_000_000_000, auditBeforeUnixMs: Date.now() + 1000 };
      const removed = await store.applyRetention(limits, entry('retention_applied'));
      expect(removed.interactionIds).toHaveLength(6);
      expect(removed).toMatchObject({ turns: 18 });
      expect(removed.auditRows).toBeGreaterThan(20);
      const record = { ...interactionOf('new'), createdAtUnixMs: Date.now() + 3_600_000 };
      await store.createInteraction(record, created(record));
      expect(await store.applyRetention(limits, entry('retention_applied'))).toMatchObject({ auditRows: 0 });
    });
    const report = await verify(path);
    expect(report.problems).toEqual([]);
    expect(report.chains.map(({ broken }) => broken)).toEqual([undefined, undefined, undefined]);
    expect(report).toMatchObject({ intact: true, turns: 0, interactions: 1 });
  });

  it('by age, but of audit rows by hand under a checkpoint of one’s own, is found out', async () => {
    const { chain } = (await verify(original)).chains[0] ?? { chain: '' };
    const path = tamper((on) => {
      on.prepare(
        'INSERT INTO audit_checkpoints SELECT chain, sequence, hash FROM audit WHERE chain = ? AND sequence = 3',
      ).run(chain);
      on.prepare('DELETE FROM audit WHERE chain = ? AND sequence <= 3').run(chain);
    });
    const found = (await verify(path)).chains.find((candidate) => candidate.chain === chain);
    expect(found?.broken?.problem).toMatch(/no retention row says so/);
  });
});

describe('rows of the first format', () => {
  type Ends = Map<string, { readonly sequence: number; readonly hash: string }>;

  /** The body as it shall be, with the heads that it names as they are now. */
  function rewritten(text: string, keep: (body: Record<string, unknown>) => boolean, ends: Ends): string {
    const { personDigest, ...body } = JSON.parse(text);
    for (const head of body.heads ?? []) head.hash = ends.get(head.chain)?.hash;
    return canonicalJson(personDigest !== undefined && keep(body) ? { ...body, personDigest } : body);
  }

  function relink(on: DatabaseSync, keep: (body: Record<string, unknown>) => boolean): Ends {
    const rows = on.prepare('SELECT chain, sequence, body FROM audit ORDER BY chain, sequence').all();
    const set = on.prepare(
      'UPDATE audit SET body = ?, previous_hash = ?, hash = ? WHERE chain = ? AND sequence = ?',
    );
    // Chains that name the ends of others go last.
    const naming = new Set(
      rows.filter(({ body }) => String(body).includes('"heads":[{')).map(({ chain }) => chain),
    );
    const ends: Ends = new Map();
    for (const row of rows.toSorted((x, y) => Number(naming.has(x.chain)) - Number(naming.has(y.chain)))) {
      const [chain, sequence] = [String(row.chain), Number(row.sequence)];
      const previous = ends.get(chain)?.hash ?? '0'.repeat(64);
      const text = rewritten(String(row.body), keep, ends);
      const hash = createHash('sha256')
        .update(previous + text)
        .digest('hex');
      set.run(text, previous, hash, chain, sequence);
      ends.set(chain, { sequence, hash });
    }
    return ends;
  }

  /** As a release wrote them that knew no digest of the person: linked and sealed anew without it. */
  const asFirstFormat = (keep: (body: Record<string, unknown>) => boolean): string =>
    tamper((on) => {
      for (const [chain, { sequence, hash }] of relink(on, keep)) {
        const seal = createHmac('sha256', SECRET)
          .update(JSON.stringify([chain, sequence, hash]))
          .digest('hex');
        on.prepare('UPDATE audit_heads SET hash = ?, seal = ? WHERE chain = ?').run(hash, seal, chain);
      }
    });

  it('verify under what they say, alone and among newer ones', async () => {
    for (const keep of [
      () => false,
      () => true,
      ({ kind }: Record<string, unknown>) => kind === 'escalated',
    ]) {
      expect(await verify(asFirstFormat(keep))).toMatchObject({ intact: true, problems: [] });
    }
    // A gateway of the earlier release that hands over leaves a summary of which nothing is known.
    const mixed = asFirstFormat(({ kind }) => kind === 'interaction_created');
    expect(await verify(mixed)).toMatchObject({ intact: true, problems: [] });
  });

  it('go on verifying when a gateway of this release opens the history and writes to it', async () => {
    const path = asFirstFormat(() => false);
    const store = unwrap(openSqliteHistory(path, SECRET));
    const record = interactionOf('new');
    await store.createInteraction(record, created(record));
    await store.close();
    expect(await verify(path)).toMatchObject({ intact: true, problems: [], interactions: 7 });
    const database = new DatabaseSync(path);
    database.exec("UPDATE interactions SET customer_hash = 'another' WHERE interaction_id = 'new'");
    database.close();
    expect((await verify(path)).problems.map(({ where }) => where)).toEqual(['interaction new']);
  });
});

it('a removal by age whose limit is later than itself ends, and keeps the row that tells of it', async () => {
  const store = unwrap(openSqliteHistory(freshPath(), SECRET));
  const entry = { kind: 'admin_action', atUnixMs: Date.now(), tenant: '', decisions: [] } as const;
  await store.appendAudit([entry, entry]);
  const retention = { ...entry, kind: 'retention_applied', atUnixMs: Date.now() + 60_000 } as const;
  const purge = () => store.applyRetention({ auditBeforeUnixMs: 9e12 }, retention);
  // What begins the chain, and the two entries.
  expect((await purge()).auditRows).toBe(3);
  expect((await purge()).auditRows).toBe(0);
  await store.close();
});

it('of each chain one checkpoint is left, however often rows are removed by age', async () => {
  const path = freshPath();
  const store = unwrap(openSqliteHistory(path, SECRET));
  for (let purge = 1; purge <= 4; purge++) {
    const entry = { kind: 'admin_action', atUnixMs: purge * 1000, tenant: '', decisions: [] } as const;
    await store.appendAudit([entry, entry, entry]);
    const limits = { auditBeforeUnixMs: Date.now() + purge * 10_000 };
    const retention = { ...entry, kind: 'retention_applied', atUnixMs: limits.auditBeforeUnixMs } as const;
    expect((await store.applyRetention(limits, retention)).auditRows).toBeGreaterThan(2);
  }
  await store.close();
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database
    .prepare('SELECT chain, count(*) AS checkpoints FROM audit_checkpoints GROUP BY chain')
    .all();
  database.close();
  expect(rows.map(({ checkpoints }) => checkpoints)).toEqual([1]);
  expect(await verify(path)).toMatchObject({ intact: true, problems: [] });
});
