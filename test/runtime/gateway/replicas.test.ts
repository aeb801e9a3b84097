import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { redisBinary, startRedis } from '../../support/redis.ts';
import type { RealServer } from '../../support/server-process.ts';
import { Cleanup, getJson, postJson, readMetric, startTestGateway, until } from '../support/gateway-rig.ts';
import { startTestInference } from '../support/inference.ts';
import { SocketClient } from '../support/socket-client.ts';

const cleanup = new Cleanup();
let redis: RealServer;
let folder: string;

const isMissing = redisBinary() === undefined;

describe.skipIf(isMissing)('two gateways, one Redis, one history (skipped without redis-server)', () => {
  beforeAll(async () => {
    redis = await startRedis();
    folder = mkdtempSync(join(tmpdir(), 'busyhour-replicas-'));
  });
  afterEach(() => cleanup.run());
  afterAll(async () => {
    await redis.stop();
    rmSync(folder, { recursive: true });
  });

  async function startPair(stepMs: number, maxOutputTokens: number, graceMs = 30_000) {
    const inference = cleanup.add(await startTestInference({ stepMs }));
    const config = {
      providers: [{ kind: 'grpc' as const, name: 'local', address: inference.address }],
      history: { kind: 'sqlite' as const, path: join(folder, `${stepMs}-${maxOutputTokens}.sqlite`) },
      contexts: { kind: 'redis' as const },
      lock: { kind: 'redis' as const },
      dialog: { maxOutputTokens, maxQueuedTurns: 64 },
      socket: { graceMs },
    };
    const environment = { BUSYHOUR_REDIS_URL: redis.url };
    const a = await startTestGateway(cleanup, config, { environment });
    const b = await startTestGateway(cleanup, config, { environment });
    return { a, b, inference };
  }

  const begin = async (gateway: RunningGateway): Promise<string> =>
    (await postJson(gateway, '/v1/interactions', {})).body.interactionId;

  it('concurrent turns of one interaction at both: gapless indices, one answer per message id, duplicates get the stored one', async () => {
    const { a, b } = await startPair(1, 4);
    const id = await begin(a);
    const messages = Array.from({ length: 20 }, (_, n) => `m${n}`);
    // Every message goes to both gateways at once, as an impatient client would send it.
    const answers = await Promise.all(
      messages.flatMap((messageId) =>
        [a, b].map((gateway) =>
          postJson(gateway, `/v1/interactions/${id}/turns`, { messageId, text: `text ${messageId}` }),
        ),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const { turns } = (await getJson(b, `/v1/interactions/${id}`)).body;
    expect(turns.map(({ turnIndex }: { turnIndex: number }) => turnIndex)).toEqual(messages.map((_, n) => n));
    expect(new Set(turns.map(({ messageId }: { messageId: string }) => messageId)).size).toBe(
      messages.length,
    );
    for (const messageId of messages) {
      const pair = answers.filter(({ body }) => body.messageId === messageId).map(({ body }) => body);
      expect(pair).toHaveLength(2);
      expect(pair[0].text).toBe(pair[1].text);
      expect(pair[0].turnIndex).toBe(pair[1].turnIndex);
      expect(pair.map(({ replayed }) => replayed).toSorted()).toEqual([false, true]);
    }
  });

  it('a socket cut at one gateway resumes at the other, in the middle of the answer and without a gap', async () => {
    const { a, b } = await startPair(8, 100, 300);
    const id = await begin(a);
    const first = cleanup.add(new SocketClient(a, id));
    await first.until('hello');
    first.send({ type: 'turn', messageId: 'm', text: 'hello' });
    await first.until('text', 5);
    first.socket.terminate();
    await first.untilClosed();
    const lastEventId = first.ids.at(-1) ?? 0;
    const second = cleanup.add(new SocketClient(b, id));
    await second.until('hello');
    second.send({ type: 'resume', lastEventId });
    await second.until('completed');
    const ids = [...first.ids, ...second.ids];
    expect(ids).toEqual(ids.map((_, at) => (ids[0] ?? 0) + at));
    const { turns } = (await getJson(b, `/v1/interactions/${id}`)).body;
    expect(first.textOf('m') + second.textOf('m')).toBe(turns[0].answerText);
    // It took longer than the grace: the listener at the other gateway kept the turn alive.
    expect(await readMetric(a, 'busyhour_socket_turns_abandoned_total')).toBe(0);
  });

  it('events of turns at both gateways reach sockets at both, under the same ids', async () => {
    const { a, b } = await startPair(2, 10);
    const id = await begin(a);
    const clients = [cleanup.add(new SocketClient(a, id)), cleanup.add(new SocketClient(b, id))];
    for (const [n, client] of clients.entries()) {
      await client.until('hello');
      client.send({ type: 'turn', messageId: `m${n}`, text: 'hello' });
    }
    for (const client of clients) await client.until('completed', 2);
    const events = clients.map(({ frames }) => frames.filter(({ id: eventId }) => eventId !== undefined));
    const shared = (events[0] ?? []).filter(({ id: eventId }) =>
      events[1]?.some((other) => other.id === eventId),
    );
    expect(shared.filter(({ type }) => type === 'completed')).toHaveLength(2);
    for (const { ids } of clients) expect(ids).toEqual(ids.map((_, at) => (ids[0] ?? 0) + at));
    await until(async () => (await readMetric(a, 'busyhour_gateway_in_flight_requests')) === 0, 'the end');
  });
});
