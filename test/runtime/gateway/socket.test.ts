import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { Cleanup, getJson, postJson, readMetric, startTestGateway, until } from '../support/gateway-rig.ts';
import { startTestInference, type TestInference } from '../support/inference.ts';
import { SocketClient } from '../support/socket-client.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const begin = async (gateway: RunningGateway, headers = {}): Promise<string> =>
  (await postJson(gateway, '/v1/interactions', {}, headers)).body.interactionId;

const join = (
  gateway: RunningGateway,
  id: string,
  options: ConstructorParameters<typeof SocketClient>[2] = {},
): SocketClient => cleanup.add(new SocketClient(gateway, id, options));

interface Rig {
  readonly gateway: RunningGateway;
  readonly inference: TestInference;
  readonly id: string;
}

/** In front of a simulated engine of one token per step. */
async function startRig(
  stepMs: number,
  maxOutputTokens: number,
  config: GatewayConfigInput = {},
): Promise<Rig> {
  const inference = cleanup.add(await startTestInference({ stepMs }));
  const gateway = await startTestGateway(cleanup, {
    providers: [{ kind: 'grpc', name: 'local', address: inference.address }],
    dialog: { maxOutputTokens },
    ...config,
  });
  return { gateway, inference, id: await begin(gateway) };
}

const isIncreasing = (ids: readonly number[]): boolean =>
  ids.every((id, at) => at === 0 || id === (ids[at - 1] ?? 0) + 1);

const cut = (client: SocketClient): void => {
  (client.socket as unknown as { _socket: Socket })._socket.destroy();
};

describe('a socket', () => {
  it('carries turns as events under ids without gaps, and history has the same answer', async () => {
    const { gateway, id } = await startRig(1, 12);
    const client = join(gateway, id);
    expect(await client.until('hello')).toMatchObject({ interactionId: id, state: 'active' });
    client.send({ type: 'turn', messageId: 'a', text: 'hello' });
    client.send({ type: 'turn', messageId: 'b', text: 'and again' });
    await client.until('completed', 2);
    expect(isIncreasing(client.ids)).toBe(true);
    expect(client.of('started').map(({ messageId }) => messageId)).toEqual(['a', 'b']);
    const { turns } = (await getJson(gateway, `/v1/interactions/${id}`)).body;
    for (const [index, messageId] of ['a', 'b'].entries()) {
      expect(client.textOf(messageId)).toBe(turns[index].answerText);
      expect(client.of('completed')[index].turn).toMatchObject({
        messageId,
        turnIndex: index,
        replayed: false,
      });
    }
    client.send({ type: 'ping' });
    await client.until('pong');
    client.send({ type: 'turn', messageId: 'a', text: 'hello' });
    const again = await client.until('completed', 3);
    expect(again.turn).toMatchObject({ turnIndex: 0, text: turns[0].answerText, replayed: true });
  });

  it('two sockets of one interaction see the same events; a close over HTTP reaches both', async () => {
    const { gateway, id } = await startRig(1, 8);
    const clients = [join(gateway, id), join(gateway, id)] as const;
    for (const client of clients) await client.until('hello');
    clients[0].send({ type: 'turn', messageId: 'a', text: 'hello' });
    await clients[1].until('completed');
    await postJson(gateway, `/v1/interactions/${id}/close`, { reason: 'done' });
    for (const client of clients) {
      expect(await client.until('state')).toMatchObject({ state: 'closed', reason: 'done' });
    }
    const events = clients.map(({ frames }) => frames.filter((frame) => frame.id !== undefined));
    expect(events[0]).toEqual(events[1]);
    clients[0].send({ type: 'turn', messageId: 'b', text: 'more' });
    expect(await clients[0].until('error')).toMatchObject({
      messageId: 'b',
      error: { code: 'caller_conflict' },
    });
  });

  it('escalates and closes', async () => {
    const { gateway, id } = await startRig(1, 4);
    const client = join(gateway, id);
    await client.until('hello');
    client.send({ type: 'escalate', reason: 'a person please' });
    expect(await client.until('state')).toMatchObject({ state: 'handed-off' });
    client.send({ type: 'close' });
    expect(await client.until('state', 2)).toMatchObject({ state: 'closed' });
    expect((await getJson(gateway, `/v1/interactions/${id}`)).body.state).toBe('closed');
  });
});

describe('coming back', () => {
  it('after a cut in the middle of an answer replays what was missed, once, and goes on', async () => {
    const { gateway, id, inference } = await startRig(10, 60);
    const first = join(gateway, id);
    await first.until('hello');
    first.send({ type: 'turn', messageId: 'a', text: 'hello' });
    await first.until('text', 5);
    cut(first);
    const lastEventId = first.ids.at(-1);
    await until(async () => (await readMetric(gateway, 'busyhour_sockets')) === 0, 'the end');
    expect((await inference.load()).runningRequests).toBe(1);
    const second = join(gateway, id);
    await second.until('hello');
    second.send({ type: 'resume', lastEventId });
    await second.until('completed');
    const seen = [...first.ids, ...second.ids];
    expect(isIncreasing(seen)).toBe(true);
    const { turns } = (await getJson(gateway, `/v1/interactions/${id}`)).body;
    expect(first.textOf('a') + second.textOf('a')).toBe(turns[0].answerText);
    expect(turns).toHaveLength(1);
  });

  it('after the turn ended replays it whole; with an id that is not kept any more it gets the state of history', async () => {
    const { gateway, id } = await startRig(1, 30, { socket: { maxEvents: 8 } });
    const first = join(gateway, id);
    const { lastEventId } = await first.until('hello');
    for (const messageId of ['a', 'b', 'c', 'd', 'e']) {
      first.send({ type: 'turn', messageId, text: 'hello' });
      await first.until('completed', first.of('completed').length + 1);
    }
    const late = join(gateway, id);
    await late.until('hello');
    late.send({ type: 'resume', lastEventId: first.ids.at(-3) });
    await late.until('completed');
    expect(late.ids).toEqual(first.ids.slice(-2));
    late.send({ type: 'resume', lastEventId });
    const resync = await late.until('resync');
    expect(resync).toMatchObject({ state: 'active', lastEventId: first.ids.at(-1) });
    expect(resync.turns.map(({ messageId }: { messageId: string }) => messageId)).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
    ]);
    late.send({ type: 'resume', lastEventId: Number.MAX_SAFE_INTEGER });
    await late.until('resync', 2);
    late.send({ type: 'turn', messageId: 'f', text: 'hello' });
    await late.until('completed', 2);
    expect(await readMetric(gateway, 'busyhour_socket_resumes_total{result="resync"}')).toBe(2);
  });

  it('a turn for which nobody comes back is cancelled at the engine after the grace, and leaves no row', async () => {
    // The length of an answer is drawn: at this pace even one of ten words outlives the grace.
    const { gateway, id, inference } = await startRig(50, 2000, { socket: { graceMs: 100 } });
    const client = join(gateway, id);
    await client.until('hello');
    client.send({ type: 'turn', messageId: 'a', text: 'hello' });
    await client.until('text', 2);
    cut(client);
    await until(async () => (await inference.load()).runningRequests === 0, 'the cancelled work');
    await until(
      async () => (await readMetric(gateway, 'busyhour_gateway_in_flight_requests')) === 0,
      'the ticket',
    );
    expect(await readMetric(gateway, 'busyhour_socket_turns_abandoned_total')).toBe(1);
    expect((await getJson(gateway, `/v1/interactions/${id}`)).body.turns).toEqual([]);
  });
});

describe('bad clients', () => {
  it('bad frames are answered by name and do no harm; the tenth ends the socket', async () => {
    const { gateway, id } = await startRig(1, 4);
    const client = join(gateway, id);
    await client.until('hello');
    const frames = [
      '{',
      '[]',
      'null',
      '{"type":"none"}',
      '{"type":"turn"}',
      '['.repeat(5000),
      '{"__proto__":{"x":1}}',
    ];
    for (const frame of frames) client.send(frame);
    await client.until('error', frames.length);
    for (const { error } of client.of('error')) expect(error.code).toBe('caller_invalid_request');
    client.send({ type: 'turn', messageId: 'a', text: 'hello' });
    await client.until('completed');
    for (let n = 0; n < 3; n++) client.socket.send(Buffer.from([0xff]), { binary: true });
    expect((await client.untilClosed()).code).toBe(4400);
  });

  it('a frame over the limit ends with 1009, invalid UTF-8 with 1007', async () => {
    const { gateway, id } = await startRig(1, 4, { socket: { maxFrameBytes: 2048 } });
    const large = join(gateway, id);
    await large.until('hello');
    large.send('x'.repeat(3000));
    expect((await large.untilClosed()).code).toBe(1009);
    const garbled = join(gateway, id);
    await garbled.until('hello');
    garbled.socket.send(Buffer.from([0xc3, 0x28]), { binary: false });
    expect((await garbled.untilClosed()).code).toBe(1007);
  });

  it('one that reads nothing is closed with the buffer bounded, and its turns go on for the others', async () => {
    const gateway = await startTestGateway(cleanup, { socket: { maxBufferedBytes: 1024 } });
    const id = await begin(gateway);
    const slow = join(gateway, id);
    const other = join(gateway, id);
    await slow.until('hello');
    await other.until('hello');
    slow.socket.pause();
    const text = 'word '.repeat(15_000);
    const ended = 'busyhour_sockets_ended_total{reason="slow_reader"}';
    // Each resync carries every text so far: megabytes that the kernel does not take from a reader that stopped.
    other.send({ type: 'turn', messageId: 'a', text });
    await other.until('completed');
    for (let n = 0; n < 150 && slow.socket.readyState === slow.socket.OPEN; n++)
      slow.send({ type: 'resume', lastEventId: 1 });
    await until(async () => (await readMetric(gateway, ended)) === 1, 'the close', 8000);
    other.send({ type: 'turn', messageId: 'b', text: 'hello' });
    await other.until('completed', 2);
  });

  it('one that answers no ping is cut', async () => {
    const { gateway, id } = await startRig(1, 4, { socket: { pingMs: 100 } });
    const alive = join(gateway, id);
    const dead = join(gateway, id);
    await alive.until('hello');
    await dead.until('hello');
    dead.socket.pause();
    const ended = 'busyhour_sockets_ended_total{reason="unanswered_ping"}';
    await until(async () => (await readMetric(gateway, ended)) === 1, 'the cut');
    expect(await readMetric(gateway, 'busyhour_sockets')).toBe(1);
  });
});

describe('a drain', () => {
  it('ends the running turn first, then closes with 1012; sockets without work are closed at once', async () => {
    const { gateway, id } = await startRig(10, 40);
    const busy = join(gateway, id);
    const idle = join(gateway, await begin(gateway));
    await busy.until('hello');
    await idle.until('hello');
    busy.send({ type: 'turn', messageId: 'a', text: 'hello' });
    await busy.until('text');
    const closing = gateway.close(5000);
    expect((await idle.untilClosed()).code).toBe(1012);
    expect(busy.of('completed')).toEqual([]);
    busy.send({ type: 'turn', messageId: 'b', text: 'one more' });
    expect(await busy.until('error')).toMatchObject({ error: { code: 'gateway_draining' } });
    await busy.until('completed');
    expect((await busy.untilClosed()).code).toBe(1012);
    await closing;
  });
});
