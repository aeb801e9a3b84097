import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { redisBinary, startRedis } from '../../support/redis.ts';
import type { RealServer } from '../../support/server-process.ts';
import { Cleanup, getJson, postJson, startTestGateway, until } from '../support/gateway-rig.ts';
import { SocketClient } from '../support/socket-client.ts';

const DESK = fileURLToPath(new URL('../../../scenarios/scripts/telecom-service-desk', import.meta.url));

const cleanup = new Cleanup();
let folder: string;
let redis: RealServer | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'busyhour-replicas-'));
  cpSync(DESK, join(folder, 'scripts'), { recursive: true });
});
afterEach(async () => {
  await cleanup.run();
  await redis?.stop();
  redis = undefined;
  rmSync(folder, { recursive: true });
});

const SHARED = { contexts: { kind: 'redis' }, lock: { kind: 'redis' } } as const;

const start = (config: GatewayConfigInput = {}): Promise<RunningGateway> =>
  startTestGateway(
    cleanup,
    {
      history: { kind: 'sqlite', path: join(folder, 'history.sqlite') },
      dialog: { scripts: { folder: join(folder, 'scripts'), logicTimeoutMs: 10_000, debounceMs: 10 } },
      ...config,
    },
    { environment: redis === undefined ? {} : { BUSYHOUR_REDIS_URL: redis.url } },
  );

const begin = async (gateway: RunningGateway): Promise<string> =>
  (await postJson(gateway, '/v1/interactions', {})).body.interactionId;

const say = async (gateway: RunningGateway, id: string, text: string, messageId = text) =>
  (await postJson(gateway, `/v1/interactions/${id}/turns`, { messageId, text })).body;

const script = (answer: string): string =>
  `name: desk\nintents:\n  - name: hours\n    examples: [when are you open]\n    answer: ${answer}\n`;

/** Version 9 is newer than the desk's own. */
function writeVersion(version: string, answer: string): void {
  cpSync(join(DESK, '1.0.0'), join(folder, 'scripts', version), { recursive: true });
  writeFileSync(join(folder, 'scripts', version, 'script.yaml'), script(answer));
}

const untilNewOnesSay = (gateway: RunningGateway, text: string) =>
  until(async () => (await say(gateway, await begin(gateway), 'when are you open')).text === text, text);

it('after a restart with contexts in memory an interaction goes on under its own version, whichever is active then', async () => {
  writeVersion('9.0.0', 'nine');
  const before = await start();
  const id = await begin(before);
  expect((await say(before, id, 'when are you open', 'a')).text).toBe('nine');
  writeVersion('10.0.0', 'ten');
  await untilNewOnesSay(before, 'ten');
  expect((await say(before, id, 'when are you open', 'b')).text).toBe('nine');
  await before.close(0);
  const after = await start();
  expect((await say(after, id, 'when are you open', 'c')).text).toBe('nine');
  expect((await say(after, id, 'when are you open', 'a')).text).toBe('nine');
});

it('after a restart with contexts in memory a script goes on where it was, from the stored turns', async () => {
  const before = await start();
  const id = await begin(before);
  expect((await say(before, id, 'my internet is down')).text).toContain('postcode');
  await before.close(0);
  expect((await say(await start(), id, '10115')).text).toContain('repaired by today at 18:00');
});

describe.skipIf(redisBinary() === undefined)('one Redis (skipped without redis-server)', () => {
  it('keeps the version of an interaction over restarts', async () => {
    redis = await startRedis();
    writeVersion('9.0.0', 'nine');
    const before = await start(SHARED);
    const id = await begin(before);
    expect((await say(before, id, 'when are you open', 'a')).text).toBe('nine');
    writeVersion('10.0.0', 'ten');
    await untilNewOnesSay(before, 'ten');
    await before.close(0);
    const after = await start(SHARED);
    expect((await say(after, id, 'when are you open', 'b')).text).toBe('nine');
    expect((await say(after, await begin(after), 'when are you open')).text).toBe('ten');
  });

  it('lets a conversation with a script go on at either of two gateways, also when both are asked at once', async () => {
    redis = await startRedis();
    const [a, b] = [await start(SHARED), await start(SHARED)];
    const id = await begin(a);
    expect((await say(a, id, 'why is my bill so high?')).text).toContain('account number');
    expect((await say(b, id, 'it is NL100001')).text).toContain('$31.50, after $19.00');
    const both = await begin(b);
    expect((await say(a, both, 'there is no signal')).text).toContain('postcode');
    // The script takes one answer to its question: whoever comes second is asked the next.
    const answers = await Promise.all([say(a, both, '99999', 'x'), say(b, both, '99999', 'x')]);
    expect(answers.map(({ turnIndex }) => turnIndex)).toEqual([1, 1]);
    expect(answers.map(({ replayed }) => replayed).toSorted()).toEqual([false, true]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect((await getJson(a, `/v1/interactions/${both}`)).body.turns).toHaveLength(2);
  });

  it('that loses its events while a socket is open: the socket gets resync with the history, and goes on', async () => {
    redis = await startRedis();
    const server = redis;
    const gateway = await start(SHARED);
    const id = await begin(gateway);
    const client = cleanup.add(new SocketClient(gateway, id));
    await client.until('hello');
    client.send({ type: 'turn', messageId: 'a', text: 'when are you open' });
    await client.until('completed');
    await server.restart();
    await until(async () => (await fetch(`${gateway.url}/ready`)).status === 200, 'Redis again', 15_000);
    client.send({ type: 'turn', messageId: 'b', text: 'hello' });
    const resync = await client.until('resync', 1, 15_000);
    expect(resync.turns.map(({ messageId }: { messageId: string }) => messageId)).toContain('a');
    client.send({ type: 'turn', messageId: 'c', text: 'hello' });
    await until(
      () => client.of('completed').some(({ messageId }) => messageId === 'c'),
      'the answer after it',
      10_000,
    );
    expect(client.closed).toBeUndefined();
    expect(client.ids).toEqual(client.ids.toSorted((x, y) => x - y));
  });

  it('that is away when a turn comes: the socket is told, closed with 1013, and the client goes on later', async () => {
    redis = await startRedis();
    const server = redis;
    const gateway = await start({ ...SHARED, redis: { commandMs: 300, connectMs: 300 } });
    const id = await begin(gateway);
    const client = cleanup.add(new SocketClient(gateway, id));
    await client.until('hello');
    client.send({ type: 'turn', messageId: 'a', text: 'when are you open' });
    await client.until('completed');
    const lastEventId = client.ids.at(-1);
    await server.kill();
    client.send({ type: 'turn', messageId: 'b', text: 'when are you open' });
    expect((await client.untilClosed(10_000)).code).toBe(1013);
    expect(client.of('error').at(-1)).toMatchObject({ error: { code: expect.stringMatching(/^gateway_/) } });
    await server.restart();
    await until(async () => (await fetch(`${gateway.url}/ready`)).status === 200, 'Redis again', 15_000);
    const back = cleanup.add(new SocketClient(gateway, id));
    await back.until('hello');
    back.send({ type: 'resume', lastEventId });
    expect((await back.until('resync')).turns[0]).toMatchObject({ messageId: 'a' });
    back.send({ type: 'turn', messageId: 'b', text: 'when are you open' });
    const { turn } = await back.until('completed');
    expect(turn).toMatchObject({ messageId: 'b', turnIndex: 1 });
  });
});
