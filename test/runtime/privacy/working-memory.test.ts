import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { redisBinary, startRedis } from '../../support/redis.ts';
import { dumpRedis } from '../../support/redis-dump.ts';
import type { RealServer } from '../../support/server-process.ts';
import { chunkOf, startFaultServer } from '../support/fault-server.ts';
import { Cleanup, postJson, startTestGateway } from '../support/gateway-rig.ts';
import { SocketClient } from '../support/socket-client.ts';

const DESK = join(import.meta.dirname, '../../../scenarios/scripts/telecom-service-desk');
/** Of each kind that is redacted, what a customer wrote and a model wrote back. */
const PERSON = [
  'Zoltan Kaczmarek',
  'zk@kaczmarek.example',
  '07700 900142',
  '4111 1111 1111 1111',
  'DE89 3704 0044 0532 0130 00',
  'NL100001',
];
const MESSAGE = `My name is ${PERSON[0]}, mail ${PERSON[1]}, call me on ${PERSON[2]}, card ${PERSON[3]}, IBAN ${PERSON[4]}`;
const ANSWER = `Dear Mr ${PERSON[0]}, we write to ${PERSON[1]} and pay to ${PERSON[4]}.`;

const cleanup = new Cleanup();
let folder: string;
let redis: RealServer;
const newKey = (): string => randomBytes(32).toString('base64');
/** Four digits of a card also stand in the milliseconds of some instants: of numbers only longer parts tell. */
const tells = (part: string): boolean => part.length > (/^[\d-]+$/.test(part) ? 6 : 3);

const found = (text: string): string[] =>
  PERSON.flatMap((original) => [original, ...original.split(' ')]).filter(
    (part) => tells(part) && text.includes(part),
  );

async function startPlace() {
  const events = [...ANSWER.split(/(?<= )/).map((word) => chunkOf(word)), chunkOf('', 'stop'), '[DONE]'];
  const vendor = cleanup.add(await startFaultServer({ kind: 'stream', events, ending: 'end' }));
  const logs: string[] = [];
  const start = (config: GatewayConfigInput = {}, keys?: string): Promise<RunningGateway> =>
    startTestGateway(
      cleanup,
      {
        providers: [{ kind: 'openai', name: 'vendor', baseUrl: vendor.baseUrl, model: 'm' }],
        history: { kind: 'sqlite', path: join(folder, 'history.sqlite') },
        contexts: { kind: 'redis' },
        lock: { kind: 'redis' },
        logLevel: 'warn',
        dialog: { scripts: { folder: DESK, logicTimeoutMs: 2000 } },
        ...(keys === undefined ? {} : { privacy: { keysEnv: 'KEYS' } }),
        ...config,
      },
      {
        environment: { BUSYHOUR_REDIS_URL: redis.url, ...(keys === undefined ? {} : { KEYS: keys }) },
        logDestination: { write: (line: string) => logs.push(line) },
      },
    );
  return { start, logs };
}

const begin = async (gateway: RunningGateway): Promise<string> =>
  (await postJson(gateway, '/v1/interactions', {})).body.interactionId;

const say = (gateway: RunningGateway, id: string, text: string, messageId = text) =>
  postJson(gateway, `/v1/interactions/${id}/turns`, { messageId, text });

/** What DUMP gives of every key, besides what reading by type gives. */
async function dumpPacked(): Promise<string> {
  const client = new Redis(redis.url);
  try {
    const keys = await client.keys('*');
    const values = await Promise.all(keys.map((key) => client.dumpBuffer(key)));
    return values.map((value) => value?.toString('latin1') ?? '').join('\n');
  } finally {
    client.disconnect();
  }
}

const everything = async (): Promise<string> => (await dumpRedis(redis.url)).text + (await dumpPacked());

describe.skipIf(redisBinary() === undefined)('working memory in Redis (needs redis-server)', () => {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'busyhour-sealed-'));
    redis = await startRedis();
  });
  afterEach(async () => {
    await cleanup.run();
    await redis.stop();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['a key of the environment', newKey()],
    ['no key configured', undefined],
  ])(
    'with %s holds no original, and two replicas go on with slots and streamed events',
    async (_how, keys) => {
      const { start } = await startPlace();
      const [a, b] = [await start({}, keys), await start({}, keys)];
      const id = await begin(a);
      const client = cleanup.add(new SocketClient(a, id));
      await client.until('hello');
      client.send({ type: 'turn', messageId: 'm-1', text: MESSAGE });
      await client.until('completed');
      // The slot is filled at one replica in one turn, and used by the script at the other in a later one.
      client.send({ type: 'turn', messageId: 'm-2', text: 'change to the max plan' });
      await client.until('completed', 2);
      client.send({ type: 'turn', messageId: 'm-3', text: 'it is NL100001' });
      expect((await client.until('completed', 3)).turn.text).toContain('Shall I do that?');
      expect(found(await everything())).toEqual([]);
      expect(await everything()).toContain('sealed1.');
      const confirmed = await say(b, id, 'yes please', 'm-4');
      expect(confirmed.body).toMatchObject({ turnIndex: 3, decidedBy: 'script' });
      expect(confirmed.body.text).toContain('Max');
      // Whoever comes back to the other replica gets each event as it was, not its redacted form.
      const back = cleanup.add(new SocketClient(b, id));
      const { lastEventId } = await back.until('hello');
      const first = client.frames.find(({ type }) => type === 'started');
      back.send({ type: 'resume', lastEventId: first.id });
      expect((await back.until('resumed')).lastEventId).toBe(lastEventId);
      await back.until('completed', 3);
      expect(back.textOf('m-1')).toBe(client.textOf('m-1'));
      expect(back.textOf('m-1')).toBe(ANSWER);
      expect(found(await everything())).toEqual([]);
    },
  );

  it('opens under the old key after a rotation and seals under the new one; keys may lie in a file', async () => {
    const { start } = await startPlace();
    const [old, next] = [newKey(), newKey()];
    const keysFile = join(folder, 'keys');
    writeFileSync(keysFile, `${old}\n`);
    const before = await start({ privacy: { keysFile } });
    const id = await begin(before);
    await say(before, id, 'change to the max plan');
    await say(before, id, 'it is NL100001');
    writeFileSync(keysFile, `${next}\n${old}\n`);
    const both = await start({ privacy: { keysFile } });
    expect((await say(both, id, 'yes please')).body.text).toContain('Max');
    writeFileSync(keysFile, `${next}\n`);
    const after = await start({ privacy: { keysFile } });
    expect((await say(after, id, 'thank you')).status).toBe(200);
  });

  it('under a key that is not given refuses the turn, says why in the log, and loses nothing', async () => {
    const { start, logs } = await startPlace();
    const [right, wrong] = [newKey(), newKey()];
    const one = await start({}, right);
    const id = await begin(one);
    await say(one, id, 'change to the max plan');
    await say(one, id, 'it is NL100001');
    const client = cleanup.add(new SocketClient(one, id));
    const { lastEventId } = await client.until('hello');
    client.send({ type: 'turn', messageId: 'm-3', text: 'is there anything else' });
    await client.until('completed');
    for (const other of [await start({}, wrong), await start({ privacy: { redact: false } })]) {
      const refused = await say(other, id, 'yes please');
      expect([refused.status, refused.body.error.code]).toEqual([503, 'gateway_store_unavailable']);
      const back = cleanup.add(new SocketClient(other, id));
      await back.until('hello');
      back.send({ type: 'resume', lastEventId });
      expect((await back.until('error')).error.code).toBe('gateway_store_unavailable');
      expect(logs.splice(0).join('')).toMatch(
        /sealed under the key [\w-]{11}, and .* given here.*privacy\.keysEnv/,
      );
    }
    const back = cleanup.add(new SocketClient(one, id));
    await back.until('hello');
    back.send({ type: 'resume', lastEventId });
    expect((await back.until('completed')).turn).toMatchObject({ messageId: 'm-3', turnIndex: 2 });
    const confirmed = await say(one, id, 'yes please');
    expect(confirmed.body).toMatchObject({ turnIndex: 3, decidedBy: 'script' });
    expect(confirmed.body.text).toContain('Max');
  });

  it('takes nothing that was altered or moved from another interaction: the context comes from history', async () => {
    const { start } = await startPlace();
    const gateway = await start({}, newKey());
    const [mine, hers] = [await begin(gateway), await begin(gateway)];
    await say(gateway, mine, 'change to the max plan');
    await say(gateway, hers, 'my internet is down');
    const client = new Redis(redis.url);
    cleanup.add({ close: async () => client.disconnect() });
    const key = (id: string): string => `busyhour:context:${id}`;
    await client.set(key(mine), (await client.get(key(hers))) ?? '');
    expect((await say(gateway, mine, 'it is NL100001')).body.text).toContain('Shall I do that?');
    const sealed = (await client.get(key(hers))) ?? '';
    const flipped = sealed.endsWith('A') ? 'Q' : 'A';
    await client.set(key(hers), sealed.slice(0, -6) + flipped + sealed.slice(-5));
    expect((await say(gateway, hers, '99999')).status).toBe(200);
  });

  it.each([
    ['short', 'c2hvcnQ=', 'privacy.keysEnv[0]'],
    ['absent', '', 'privacy.keysEnv'],
    ['second broken', `${newKey()},${'x'.repeat(44)}!`, 'privacy.keysEnv[1]'],
  ])('does not start with a key that is %s, and does not print it', async (_what, keys, path) => {
    const { start } = await startPlace();
    const failure = await start({}, keys).catch((error: unknown) => error);
    expect(failure).toMatchObject({ failure: { code: 'INVALID_CONFIG', issues: [{ path }] } });
    if (keys !== '') expect(JSON.stringify(failure)).not.toContain(keys);
  });

  it('keeps the key of a deployment in the history alone', async () => {
    const { start } = await startPlace();
    const gateway = await start();
    await say(gateway, await begin(gateway), 'it is NL100001');
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(join(folder, 'history.sqlite'), { readOnly: true });
    const rows = database.prepare('SELECT key FROM shared_key').all();
    database.close();
    expect(rows).toHaveLength(1);
    expect(Buffer.from(String(rows[0]?.key), 'base64')).toHaveLength(32);
    expect(await everything()).not.toContain(String(rows[0]?.key));
  });
});
