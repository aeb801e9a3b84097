import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HistoryConflict } from '../../../runtime/store/history-store.ts';
import { PostgresHistoryStore } from '../../../runtime/store/postgres-history-store.ts';
import { verifyAudit, withPostgresSnapshot } from '../../../runtime/store/verify-audit.ts';
import {
  answered,
  created,
  describeHistoryStore,
  interactionOf,
  turnOf,
} from '../../contracts/store-history.ts';
import { postgresBinary, startPostgres } from '../../support/postgres.ts';
import type { RealServer } from '../../support/server-process.ts';

describe.skipIf(postgresBinary() === undefined)('PostgreSQL (skipped without its server)', () => {
  let server: RealServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  const open = (url: string) =>
    new PostgresHistoryStore({
      url,
      maxConnections: 4,
      connectMs: 1000,
      statementMs: 2000,
      auditSecret: 'secret',
    });

  /** A schema of its own: much quicker than a database of its own, and as separate. */
  async function freshDatabase(): Promise<string> {
    const name = `t${randomBytes(6).toString('hex')}`;
    const client = new Client({ connectionString: server.url });
    await client.connect();
    await client.query(`CREATE SCHEMA ${name}`);
    await client.end();
    return `${server.url}?options=${encodeURIComponent(`-c search_path=${name}`)}`;
  }

  describeHistoryStore('postgres', async () => open(await freshDatabase()));

  it('replicas that start at once migrate once, and share what they write', async () => {
    const url = await freshDatabase();
    const stores = Array.from({ length: 4 }, () => open(url));
    await Promise.all(stores.map((store) => store.ping()));
    await stores[0]?.createInteraction(interactionOf('a'), created(interactionOf('a')));
    await stores[1]?.appendTurn(turnOf('a', 0), answered(turnOf('a', 0)));
    expect(await stores[2]?.listTurns('a', 10)).toEqual([turnOf('a', 0)]);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('of two replicas that append under one index exactly one wins, each time', async () => {
    const url = await freshDatabase();
    const [left, right] = [open(url), open(url)];
    await left.createInteraction(interactionOf('a'), created(interactionOf('a')));
    for (let index = 0; index < 30; index++) {
      const attempts = [left, right].map((store, replica) => {
        const turn = turnOf('a', index, `m${index}-${replica}`);
        return store.appendTurn(turn, answered(turn));
      });
      const results = await Promise.allSettled(attempts);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const lost = results.find((result) => result.status === 'rejected');
      expect(lost?.reason).toBeInstanceOf(HistoryConflict);
    }
    expect(await left.listTurns('a', 100)).toHaveLength(30);
    await left.close();
    await right.close();
  });

  it('needs no more than docs/stores.md grants: a role that owns one schema, and one that may not create', async () => {
    const page = readFileSync(new URL('../../../docs/stores.md', import.meta.url), 'utf8');
    const statements = (title: string): string =>
      new RegExp(`-- ${title}\\n([^]*?)\`\`\``).exec(page)?.[1] ?? expect.fail(`no ${title} on the page`);
    const admin = new Client({ connectionString: server.url });
    await admin.connect();
    await admin.query(statements('the owner migrates'));
    const urlOf = (role: string): string => server.url.replace('postgres@', `${role}@`);
    const owner = open(urlOf('busyhour_owner'));
    await owner.ping();
    await owner.close();
    await admin.query(statements('gateways write'));
    const { rows } = await admin.query(
      "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname LIKE 'busyhour%'",
    );
    const none = { rolsuper: false, rolcreatedb: false, rolcreaterole: false };
    expect(rows).toEqual([none, none]);
    const gateway = open(urlOf('busyhour'));
    const record = interactionOf('least');
    await gateway.createInteraction(record, created(record));
    await gateway.appendTurn(turnOf('least', 0), answered(turnOf('least', 0)));
    await gateway.readAnalytics({ fromUnixMs: 0, toUnixMs: 9e12 });
    const entry = { kind: 'customer_deleted', atUnixMs: 1.7e12, tenant: '', decisions: [] } as const;
    await gateway.deleteCustomer(record.customerHash ?? '', entry);
    const limits = { turnsBeforeUnixMs: 9e12, auditBeforeUnixMs: 1 };
    expect((await gateway.applyRetention(limits, { ...entry, kind: 'retention_applied' })).turns).toBe(1);
    await gateway.close();
    const own = new Client({ connectionString: urlOf('busyhour') });
    await own.connect();
    for (const forbidden of [
      'UPDATE audit SET body = body',
      'ALTER TABLE audit DISABLE TRIGGER ALL',
      'TRUNCATE audit',
      'UPDATE audit_checkpoints SET sequence = 0',
      'CREATE TABLE busyhour.mine (x int)',
    ])
      await expect(own.query(forbidden), forbidden).rejects.toThrow(/permission denied|must be owner/);
    await Promise.all([own.end(), admin.end()]);
  });

  it('keeps no text of a customer whom another replica deletes meanwhile', async () => {
    const url = await freshDatabase();
    const [left, right] = [open(url), open(url)];
    const deletion = { kind: 'customer_deleted', atUnixMs: 9e12, tenant: '', decisions: [] } as const;
    for (let round = 0; round < 40; round++) {
      const record = { ...interactionOf(`i${round}`), customerHash: `hash of ${round}` };
      await left.createInteraction(record, created(record));
      const turn = turnOf(record.interactionId, 0);
      await Promise.allSettled([
        left.appendTurn(turn, answered(turn)),
        right.deleteCustomer(record.customerHash, deletion),
      ]);
      const found = await left.findTurn(record.interactionId, 'm0');
      expect(found?.customerText ?? '').toBe('');
    }
    const report = await withPostgresSnapshot(url, (query) => verifyAudit(query, { secret: 'secret' }));
    expect([report.intact, report.problems]).toEqual([true, []]);
    await Promise.all([left.close(), right.close()]);
  });

  it('keeps texts with NUL and the mark that stands for it', async () => {
    const store = open(await freshDatabase());
    const turn = { ...turnOf('a', 0), customerText: 'a\0b\u001a0\u001a\0', answerText: '\u001a1' };
    await store.createInteraction(interactionOf('a'), []);
    await store.appendTurn(turn, answered(turn));
    expect(await store.findTurn('a', 'm0')).toEqual(turn);
    expect(await store.findInteraction('no\0where')).toBeUndefined();
    await store.close();
  });

  it('writes chains that verify, and a changed row is found', async () => {
    const url = await freshDatabase();
    for (let replica = 0; replica < 2; replica++) {
      const store = open(url);
      const record = interactionOf(`i${replica}`);
      await store.createInteraction(record, created(record));
      for (let index = 0; index < 5; index++) {
        await store.appendTurn(turnOf(`i${replica}`, index), answered(turnOf(`i${replica}`, index)));
      }
      await store.close();
    }
    const verify = () => withPostgresSnapshot(url, (query) => verifyAudit(query, { secret: 'secret' }));
    expect(await verify()).toMatchObject({
      intact: true,
      problems: [],
      turns: 10,
      interactions: 2,
      auditRows: 14,
    });
    const client = new Client({ connectionString: url });
    await client.connect();
    for (const sql of ["UPDATE audit SET kind = 'closed'", 'DELETE FROM audit', 'TRUNCATE audit']) {
      await expect(client.query(sql)).rejects.toThrow(/append-only/);
    }
    await client.query(
      "UPDATE turns SET answer_text = 'something else' WHERE interaction_id = 'i1' AND turn_index = 3",
    );
    expect((await verify()).problems).toEqual([
      { where: 'turn 3 of i1', problem: 'its texts are not what was written' },
    ]);
    await client.query('ALTER TABLE audit DISABLE TRIGGER USER');
    await client.query(
      "UPDATE audit SET body = replace(body, 'm2', 'm9') WHERE interaction_id = 'i0' AND turn_index = 2",
    );
    await client.end();
    const broken = (await verify()).chains.flatMap((chain) =>
      chain.broken === undefined ? [] : [chain.broken],
    );
    expect(broken).toHaveLength(1);
    expect(broken[0]?.problem).toMatch(/hash/);
  });

  it('fails fast while the server is gone and works again when it is back', async () => {
    const url = await freshDatabase();
    const store = open(url);
    await store.createInteraction(interactionOf('a'), created(interactionOf('a')));
    await server.kill();
    const startMs = performance.now();
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(store.appendTurn(turnOf('a', 0), answered(turnOf('a', 0)))).rejects.toThrow();
      await expect(store.findInteraction('a')).rejects.toThrow();
      await expect(store.ping()).rejects.toThrow();
    }
    expect(performance.now() - startMs).toBeLessThan(5000);
    await server.restart();
    await store.appendTurn(turnOf('a', 0), answered(turnOf('a', 0)));
    expect(await store.listTurns('a', 10)).toEqual([turnOf('a', 0)]);
    await store.close();
  });
});
