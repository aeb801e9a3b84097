import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { chunkOf, startFaultServer } from '../support/fault-server.ts';
import { Cleanup, readMetric, startTestGateway, until } from '../support/gateway-rig.ts';
import { startTestInference, type TestInference } from '../support/inference.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** Rejections that nobody handled, over all tests of this file. */
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => {
  unhandled.push(reason);
};
process.on('unhandledRejection', onUnhandled);
afterAll(() => {
  process.off('unhandledRejection', onUnhandled);
  expect(unhandled).toEqual([]);
});

const CHAT = '/v1/chat/completions';
const IN_FLIGHT = 'busyhour_gateway_in_flight_requests';

/** An HTTP request as bytes, so that a test may stop anywhere in it. */
function requestBytes(path: string, body: object): string {
  const json = JSON.stringify(body);
  return `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n${json}`;
}

interface Client {
  readonly socket: Socket;
  received(): string;
}

async function open(gateway: RunningGateway): Promise<Client> {
  const socket = connect(gateway.port, '127.0.0.1');
  let text = '';
  socket.on('data', (data) => {
    text += data.toString('utf8');
  });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return { socket, received: () => text };
}

const long = (stream: boolean) => ({
  messages: [{ role: 'user', content: 'hello' }],
  max_tokens: 400,
  ignore_eos: true,
  stream,
});

const outcomeCount = (gateway: RunningGateway, outcome: string) =>
  readMetric(gateway, `busyhour_gateway_requests_total{route="${CHAT}",outcome="${outcome}"}`);

/** Every way in which an answer that began was counted. */
async function answersBegun(gateway: RunningGateway): Promise<Record<string, number>> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const found = text.matchAll(/^busyhour_gateway_answers_total\{outcome="(\w+)",[^}]*\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, outcome, count]) => [outcome, Number(count)]));
}

async function expectAllFree(gateway: RunningGateway, inference: TestInference): Promise<void> {
  await until(async () => (await inference.load()).runningRequests === 0, 'the engine being free');
  await until(async () => (await inference.load()).waitingRequests === 0, 'the queue being empty');
  await until(async () => (await readMetric(gateway, IN_FLIGHT)) === 0, 'admission being free');
}

describe('a client that leaves', () => {
  let inference: TestInference;
  let gateway: RunningGateway;

  beforeEach(async () => {
    inference = cleanup.add(await startTestInference({ stepMs: 10, maxSequences: 2 }));
    gateway = await startTestGateway(cleanup, {
      providers: [{ kind: 'grpc', name: 'local', address: inference.address }],
    });
  });

  it('in the middle of its own request occupies nothing', async () => {
    const { socket } = await open(gateway);
    const bytes = requestBytes(CHAT, long(true));
    socket.write(bytes.slice(0, -10));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await readMetric(gateway, IN_FLIGHT)).toBe(0);
    socket.destroy();
    await expectAllFree(gateway, inference);
    expect(await answersBegun(gateway)).toEqual({});
  });

  it.each([true, false])(
    'while queued, before the first token (stream %s), leaves the queue',
    async (stream) => {
      const holders = [await open(gateway), await open(gateway)];
      for (const { socket } of holders) socket.write(requestBytes(CHAT, long(true)));
      await until(async () => (await inference.load()).runningRequests === 2, 'the engine being full');
      const queued = await open(gateway);
      queued.socket.write(requestBytes(CHAT, long(stream)));
      await until(async () => (await inference.load()).waitingRequests === 1, 'the third one queueing');
      expect(queued.received()).toBe('');
      queued.socket.destroy();
      await until(async () => (await inference.load()).waitingRequests === 0, 'the queue being empty');
      expect(await readMetric(gateway, IN_FLIGHT)).toBe(2);
      expect((await inference.load()).runningRequests).toBe(2);
      for (const { socket } of holders) socket.destroy();
      await expectAllFree(gateway, inference);
      await until(async () => (await outcomeCount(gateway, 'caller_disconnected')) === 3, 'the count');
      // The queued one had not begun: only the two streams are among the answers.
      expect(await answersBegun(gateway)).toEqual({ incomplete: 2 });
    },
  );

  it('in mid-stream stops the engine, and the answer is counted once, as incomplete', async () => {
    const client = await open(gateway);
    client.socket.write(requestBytes(CHAT, long(true)));
    await until(() => client.received().split('"content":').length > 4, 'tokens');
    client.socket.destroy();
    await expectAllFree(gateway, inference);
    expect(await answersBegun(gateway)).toEqual({ incomplete: 1 });
    await until(async () => (await outcomeCount(gateway, 'caller_disconnected')) === 1, 'the count');
    expect(await outcomeCount(gateway, 'ok')).toBe(0);
  });

  it('after the last token was served: the answer is complete, once', async () => {
    const client = await open(gateway);
    client.socket.write(requestBytes(CHAT, { ...long(true), max_tokens: 3 }));
    await until(() => client.received().includes('[DONE]'), 'the end');
    client.socket.destroy();
    await expectAllFree(gateway, inference);
    await until(async () => (await outcomeCount(gateway, 'ok')) === 1, 'the count');
    expect(await answersBegun(gateway)).toEqual({ complete: 1 });
  });

  it('with several pipelined requests under way frees all of them', async () => {
    const client = await open(gateway);
    client.socket.write(requestBytes(CHAT, long(true)).repeat(3));
    await until(async () => (await readMetric(gateway, IN_FLIGHT)) === 3, 'three in flight');
    client.socket.destroy();
    await expectAllFree(gateway, inference);
  });

  it('of fifty at random moments leaves nothing behind, and every answer begun ended exactly once', async () => {
    const clients = await Promise.all(Array.from({ length: 50 }, () => open(gateway)));
    for (const [index, { socket }] of clients.entries()) {
      socket.write(requestBytes(CHAT, { ...long(index % 3 !== 0), max_tokens: 1 + (index % 7) * 3 }));
      setTimeout(() => socket.destroy(), (index * 37) % 400);
    }
    await Promise.all(clients.map(({ socket }) => once(socket, 'close')));
    await expectAllFree(gateway, inference);
    const ended = (await outcomeCount(gateway, 'ok')) + (await outcomeCount(gateway, 'caller_disconnected'));
    expect(ended).toBe(50);
    const begun = Object.values(await answersBegun(gateway)).reduce((sum, count) => sum + count, 0);
    const attempts = await readMetric(
      gateway,
      'busyhour_provider_first_token_seconds_count{provider="local"}',
    );
    expect(begun).toBe(attempts);
  });
});

describe('pipelined requests', () => {
  it('are answered in order, each whole', async () => {
    const gateway = await startTestGateway(cleanup, {});
    const client = await open(gateway);
    const ask = (content: string) => requestBytes(CHAT, { messages: [{ role: 'user', content }] });
    client.socket.write(ask('I want a refund') + ask('') + ask('hello') + requestBytes('/none', {}));
    await until(() => client.received().split('HTTP/1.1 ').length === 5, 'four answers');
    expect([...client.received().matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual([
      '200',
      '200',
      '200',
      '404',
    ]);
    expect(client.received().indexOf('refund')).toBeLessThan(
      client.received().indexOf('There is no such path'),
    );
    client.socket.destroy();
  });

  it('garbage behind a request whose stream is under way cuts the connection without a second head in it', async () => {
    const vendor = cleanup.add(
      await startFaultServer({ kind: 'stream', events: [chunkOf('one')], ending: 'stall' }),
    );
    const gateway = await startTestGateway(cleanup, {
      providers: [{ kind: 'openai', name: 'vendor', baseUrl: vendor.baseUrl, model: 'm' }],
    });
    const client = await open(gateway);
    client.socket.write(requestBytes(CHAT, long(true)));
    await until(() => client.received().includes('"one"'), 'the first token');
    const closed = once(client.socket, 'close');
    client.socket.write('GARBAGE\r\n\r\n');
    await closed;
    expect(client.received().match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(client.received()).not.toContain('400');
    await until(async () => (await readMetric(gateway, IN_FLIGHT)) === 0, 'admission being free');
    await until(() => vendor.openConnections() === 0, 'the vendor being left');
  });
});
