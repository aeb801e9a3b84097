import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { PostgresHistoryStore } from '../../../runtime/store/postgres-history-store.ts';
import { postgresBinary, startPostgres } from '../../support/postgres.ts';
import { redisBinary, startRedis } from '../../support/redis.ts';
import { chunkOf, startFaultServer } from '../support/fault-server.ts';
import { Cleanup, getJson, postJson, startTestGateway } from '../support/gateway-rig.ts';
import { SocketClient } from '../support/socket-client.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** As they were written, and as an account slot of the script and a store may write them. */
const ORIGINALS = [
  'Zoltan',
  'Kaczmarek',
  'zk@kaczmarek.example',
  '07700 900142',
  '07700900142',
  '4111 1111',
  '4111111111111111',
  'DE89',
  '0532 0130',
  'oosterhout',
  'NL100003',
  'C-1977-private',
];
const MESSAGE =
  'My name is Zoltan Kaczmarek, mail zk@kaczmarek.example, call me on 07700 900142, card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00';
const ANSWER = 'Dear Mr Kaczmarek, we pay to DE89 3704 0044 0532 0130 00 and write to zk@kaczmarek.example.';
const MESSAGE_IDS = ['zk@kaczmarek.example/1', 'call 07700 900142', 'm-3', 'my name is Zoltan Kaczmarek'];
const DESK = join(import.meta.dirname, '../../../scenarios/scripts/telecom-service-desk');

const found = (text: string): string[] => ORIGINALS.filter((original) => text.includes(original));

async function startPlace(history: GatewayConfigInput['history'], environment: Record<string, string> = {}) {
  const events = [...ANSWER.split(/(?<= )/).map((word) => chunkOf(word)), chunkOf('', 'stop'), '[DONE]'];
  const vendor = cleanup.add(await startFaultServer({ kind: 'stream', events, ending: 'end' }));
  const redis = await startRedis();
  cleanup.add({ close: () => redis.stop() });
  return startTestGateway(
    cleanup,
    {
      providers: [{ kind: 'openai', name: 'vendor', baseUrl: vendor.baseUrl, model: 'm' }],
      ...(history === undefined ? {} : { history }),
      contexts: { kind: 'redis' },
      lock: { kind: 'redis' },
      dialog: { scripts: { folder: DESK, logicTimeoutMs: 2000 } },
    },
    { environment: { BUSYHOUR_REDIS_URL: redis.url, ...environment } },
  );
}

/** Turns by HTTP and by socket, a repeated one, a refused one, a slot, a name that only the caller knows, a hand-over. */
async function converse(gateway: RunningGateway): Promise<void> {
  const created = await postJson(gateway, '/v1/interactions', { customerId: 'C-1977-private' });
  const path = `/v1/interactions/${created.body.interactionId}`;
  const client = cleanup.add(new SocketClient(gateway, created.body.interactionId));
  await client.until('hello');
  client.send({ type: 'turn', messageId: MESSAGE_IDS[0], text: MESSAGE });
  expect(await client.until('completed')).toMatchObject({
    messageId: MESSAGE_IDS[0],
    turn: { messageId: MESSAGE_IDS[0], text: ANSWER },
  });
  const named = {
    messageId: MESSAGE_IDS[1],
    text: 'oosterhout is me',
    customerName: 'Bo van der Oosterhout',
  };
  const first = await postJson(gateway, `${path}/turns`, named);
  expect(first.body).toMatchObject({ messageId: MESSAGE_IDS[1], replayed: false, turnIndex: 1 });
  // The id is known again in the form in which it is kept, and another text under it is still refused.
  const again = await postJson(gateway, `${path}/turns`, named);
  expect(again.body).toMatchObject({ messageId: MESSAGE_IDS[1], replayed: true, turnIndex: 1 });
  const other = await postJson(gateway, `${path}/turns`, { messageId: MESSAGE_IDS[1], text: 'another text' });
  expect(other.status).toBe(409);
  await postJson(gateway, `${path}/turns`, { messageId: MESSAGE_IDS[2], text: 'why is my bill so high?' });
  await postJson(gateway, `${path}/turns`, { messageId: MESSAGE_IDS[3], text: 'it is NL100003' });
  const completion = { messages: [{ role: 'user', content: MESSAGE }] };
  await postJson(gateway, '/v1/chat/completions', completion);
  const reason = 'call Mr Kaczmarek on 07700 900142';
  expect((await postJson(gateway, `${path}/escalate`, { reason })).status).toBe(200);
  const view = await getJson(gateway, path);
  const ids = view.body.turns.map(({ messageId }: { messageId: string }) => messageId);
  expect(ids[2]).toBe('m-3');
  for (const index of [0, 1, 3]) expect(ids[index]).toMatch(/^hashed-[0-9a-f]{64}$/);
  expect(new Set(ids).size).toBe(4);
}

const roleUrl = (url: string, role: string): string => url.replace('postgres@', `${role}@`);

/** The statements of the page, by the comment that begins them. */
function statementsOf(beginning: string): string {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/stores.md'), 'utf8');
  const blocks = [...page.matchAll(/```sql\n([^`]*)```/g)].map(([, sql = '']) => sql);
  return blocks.find((sql) => sql.startsWith(beginning)) ?? '';
}

async function rowsOf(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const tables = await client.query(
      "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    );
    const texts: string[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query(`SELECT row_to_json(t)::text AS row FROM ${name} t`);
      texts.push(...rows.map(({ row }) => `${name} ${row}`));
    }
    return texts.join('\n');
  } finally {
    await client.end();
  }
}

describe.skipIf(redisBinary() === undefined)('after turns with personal data (needs redis-server)', () => {
  it('the bytes of the SQLite file and its log hold none of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'busyhour-scan-'));
    cleanup.add({ close: async () => rmSync(folder, { recursive: true }) });
    const path = join(folder, 'history.sqlite');
    const gateway = await startPlace({ kind: 'sqlite', path });
    await converse(gateway);
    const bytes = [path, `${path}-wal`]
      .filter((file) => existsSync(file))
      .map((file) => readFileSync(file).toString('latin1'))
      .join('\n');
    expect(bytes).toContain('[email]');
    expect(found(bytes)).toEqual([]);
  });

  it.skipIf(postgresBinary() === undefined)(
    'no row of PostgreSQL holds any, and the roles of the page suffice (needs postgres)',
    async () => {
      const postgres = await startPostgres();
      cleanup.add({ close: () => postgres.stop() });
      const client = new Client({ connectionString: postgres.url });
      await client.connect();
      await client.query(statementsOf('-- the owner migrates'));
      const limits = { maxConnections: 2, connectMs: 5000, statementMs: 10_000, auditSecret: 's' };
      const owner = new PostgresHistoryStore({ url: roleUrl(postgres.url, 'busyhour_owner'), ...limits });
      await owner.ping();
      await owner.close();
      await client.query(statementsOf('-- gateways write'));
      await client.end();
      const environment = { BUSYHOUR_POSTGRES_URL: roleUrl(postgres.url, 'busyhour') };
      const gateway = await startPlace({ kind: 'postgres' }, environment);
      await converse(gateway);
      const rows = await rowsOf(postgres.url);
      expect(rows).toContain('[email]');
      expect(rows).toContain('shared_key');
      expect(found(rows)).toEqual([]);
      // As that role too: a purge thins the checkpoints that it may not delete.
      const store = new PostgresHistoryStore({ url: environment.BUSYHOUR_POSTGRES_URL, ...limits });
      for (const aheadMs of [1000, 3000]) {
        const atUnixMs = Date.now() + aheadMs;
        const entry = { kind: 'retention_applied', atUnixMs, tenant: '', decisions: [] } as const;
        const removed = await store.applyRetention({ auditBeforeUnixMs: atUnixMs }, entry);
        expect(removed.auditRows).toBeGreaterThan(0);
      }
      await store.close();
      const checkpoints = (await rowsOf(postgres.url))
        .split('\n')
        .filter((row) => row.includes('audit_checkpoints '));
      expect(checkpoints.length).toBeGreaterThan(0);
      const chains = checkpoints.map((row) => /"chain":"(\w+)"/.exec(row)?.[1]);
      expect(new Set(chains).size).toBe(chains.length);
    },
  );
});
