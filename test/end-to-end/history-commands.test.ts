import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../runtime/gateway/start-gateway.ts';
import { MIGRATIONS } from '../../runtime/store/migrations.ts';
import { openSqliteHistory } from '../../runtime/store/sqlite-history-store.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { Cleanup, postJson, startTestGateway } from '../runtime/support/gateway-rig.ts';
import { SocketClient } from '../runtime/support/socket-client.ts';
import { redisBinary, startRedis } from '../support/redis.ts';
import { dumpRedis } from '../support/redis-dump.ts';
import type { RealServer } from '../support/server-process.ts';
import { ROOT, scratchFolder } from './command.ts';

const cleanup = new Cleanup();
let path = '';
beforeEach(() => {
  path = join(scratchFolder(), 'history.sqlite');
});
afterEach(() => cleanup.run());

interface CommandOptions {
  readonly input?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/** `busyhour ARGS --json` as a user would type it. */
function busyhour(args: readonly string[], { input = '', environment = {} }: CommandOptions = {}) {
  const env = { ...process.env, ...environment };
  const entry = join(ROOT, 'bin/busyhour.js');
  const ended = spawnSync(process.execPath, [entry, ...args, '--json'], { input, env, encoding: 'utf8' });
  return { exitCode: ended.status, json: JSON.parse(ended.stdout || '{}'), stderr: ended.stderr };
}

const KEY = 'key-of-an-administrator';
const ADMIN = { authorization: `Bearer ${KEY}` };
const SAID = 'the parrot in my kitchen is purple';

/** Says something in an interaction over a socket, so that contexts and events hold it. */
async function speak(gateway: RunningGateway, customerId: string): Promise<string> {
  const { interactionId } = (await postJson(gateway, '/v1/interactions', { customerId }, ADMIN)).body;
  const client = cleanup.add(new SocketClient(gateway, interactionId, { headers: ADMIN }));
  await client.until('hello');
  client.send({ type: 'turn', messageId: 'm', text: `${SAID}, says ${customerId}` });
  await client.until('completed');
  await client.close();
  return interactionId;
}

function startGateway(redis?: RealServer): Promise<RunningGateway> {
  const keys = [createHash('sha256').update(KEY).digest('hex')];
  // As they are, so that the search in Redis finds what is there.
  const privacy = { redact: false };
  const shared = { contexts: { kind: 'redis' }, lock: { kind: 'redis' }, privacy } as const;
  const history = { kind: 'sqlite', path } as const;
  return startTestGateway(
    cleanup,
    { tenants: [{ name: 'ops', admin: true, keys }], history, ...(redis === undefined ? {} : shared) },
    { environment: redis === undefined ? {} : { BUSYHOUR_REDIS_URL: redis.url } },
  );
}

const verify = (...more: string[]) => busyhour(['audit', 'verify', '--history', path, ...more]);

describe('busyhour audit verify', () => {
  beforeEach(async () => {
    await speak(await startGateway(), 'c-1');
    await cleanup.run();
  });

  it('ends with 0 for an intact history, with 50 for a changed one and with 10 for none', () => {
    const intact = verify();
    expect(intact).toMatchObject({ exitCode: 0, json: { intact: true, turns: 1, interactions: 1 } });
    expect(verify('--expect-head', intact.json.heads[0]).exitCode).toBe(0);
    const database = new DatabaseSync(path);
    database.exec("UPDATE turns SET answer_text = 'we pay you a million'");
    database.close();
    const broken = verify();
    expect(broken).toMatchObject({ exitCode: 50, json: { intact: false } });
    expect(JSON.stringify(broken.json.problems)).toContain('its texts are not what was written');
    expect(busyhour(['audit', 'verify', '--history', `${path}.not`]).exitCode).toBe(10);
  });

  it('ends with 0 after an upgrade from before the trail, and with 50 for what was changed afterwards', async () => {
    const old = new DatabaseSync(path);
    old.exec(`DROP TABLE turns; DROP TABLE interactions; DROP TABLE audit; DROP TABLE audit_heads;
      DROP TABLE audit_checkpoints; DROP TABLE shared_key; DROP TABLE unaudited;
      ${MIGRATIONS[0]} PRAGMA user_version = 1;
      INSERT INTO interactions VALUES ('old', 'hash', 'chat', 'closed', 'done', 1000, 2000);
      INSERT INTO turns VALUES ('old', 0, 'm0', 'hi', 'hello', 'complete', 'stop', 'local', 'llama', 'primary', 7, 2, 3, 1500, 2000);`);
    old.close();
    await speak(await startGateway(), 'c-2');
    await cleanup.run();
    expect(verify()).toMatchObject({ exitCode: 0, json: { intact: true, turns: 2, interactions: 2 } });
    const database = new DatabaseSync(path);
    database.exec("UPDATE turns SET answer_text = 'goodbye' WHERE interaction_id = 'old'");
    database.close();
    expect(verify()).toMatchObject({ exitCode: 50, json: { problems: [{ where: 'turn 0 of old' }] } });
  });

  it('ends with 50 for a head that is gone and under another secret, and with 2 when asked badly', () => {
    expect(verify('--expect-head', `${'0'.repeat(24)}:0:${'0'.repeat(64)}`).exitCode).toBe(50);
    const args = ['audit', 'verify', '--history', path, '--secret-env', 'OTHER'];
    expect(busyhour(args, { environment: { OTHER: 'another' } }).exitCode).toBe(50);
    expect(busyhour(args).exitCode).toBe(2);
    expect(busyhour(['audit', 'verify']).exitCode).toBe(2);
    expect(verify('--expect-head', 'nonsense').exitCode).toBe(2);
  });
});

describe('busyhour history purge', () => {
  it('takes a history that is longer than any text can be, and none that is not there', async () => {
    await speak(await startGateway(), 'c-1');
    await cleanup.run();
    // With holes: it takes no room on the disk.
    truncateSync(path, 600 * 1024 * 1024);
    const purge = (file: string) => busyhour(['history', 'purge', '--history', file, '--turns-days', '1']);
    expect(purge(path)).toMatchObject({ exitCode: 0, json: { turns: 0 } });
    expect(purge(`${path}.not`).exitCode).toBe(10);
    expect(existsSync(`${path}.not`)).toBe(false);
  });
});

describe.skipIf(redisBinary() === undefined)('deleting a customer (needs redis-server)', () => {
  let redis: RealServer;
  let gateway: RunningGateway;
  let id = '';
  beforeEach(async () => {
    redis = await startRedis();
    cleanup.add({ close: () => redis.stop() });
    gateway = await startGateway(redis);
    id = await speak(gateway, 'c-1');
    await speak(gateway, 'c-2');
    const { text } = await dumpRedis(redis.url);
    for (const part of ['says c-1', `context:${id}`, `socket:{${id}}:events`]) expect(text).toContain(part);
  });

  /** Not a word of the one, every word of the other; and what is left is borne out by the audit trail. */
  async function expectOnlyTheOther(): Promise<void> {
    const { text } = await dumpRedis(redis.url);
    for (const part of ['says c-1', `context:${id}`, `socket:{${id}}:events`])
      expect(text).not.toContain(part);
    for (const part of ['says c-2', 'context:', ':events']) expect(text).toContain(part);
    await cleanup.run();
    const store = unwrap(openSqliteHistory(path));
    const { items } = await store.listInteractions({ limit: 10 });
    const turns = await Promise.all(items.map(({ interactionId }) => store.listTurns(interactionId, 9)));
    await store.close();
    expect(
      turns
        .flat()
        .map(({ customerText }) => customerText)
        .toSorted(),
    ).toEqual(['', `${SAID}, says c-2`]);
    expect(items.filter(({ reason }) => reason === 'customer_deleted')).toHaveLength(1);
    expect(verify()).toMatchObject({ exitCode: 0, json: { intact: true } });
  }

  it('at a gateway empties history, contexts and the events of sockets', async () => {
    const body = { customerId: 'c-1' };
    const answer = await postJson(gateway, '/v1/admin/customers/delete', body, ADMIN);
    expect(answer).toMatchObject({ status: 200, body: { interactions: 1, turns: 1 } });
    await expectOnlyTheOther();
  });

  it('by command does so too, while the gateway runs', async () => {
    const args = ['history', 'delete-customer', '--history', path, '--customer-id-stdin'];
    const withRedis = [...args, '--redis-env', 'REDIS'];
    // Nothing is removed where a part of it cannot be.
    const away = busyhour(withRedis, { input: 'c-1', environment: { REDIS: 'redis://127.0.0.1:9' } });
    expect(away.exitCode).toBe(2);
    expect((await dumpRedis(redis.url)).text).toContain('says c-1');
    const done = busyhour(withRedis, { input: 'c-1\n', environment: { REDIS: redis.url } });
    expect(done).toMatchObject({ exitCode: 0, json: { turns: 1, redisKeys: 2 } });
    await expectOnlyTheOther();
  });
});
