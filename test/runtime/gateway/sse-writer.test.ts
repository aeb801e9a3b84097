import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { SseWriter } from '../../../runtime/gateway/sse-writer.ts';
import { Cleanup, until } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** A real response and its reader over loopback, with the writes of the response counted. */
async function openPair() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.add({
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
  const asking = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  asking.on('error', () => undefined);
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  let writes = 0;
  const write = response.write.bind(response) as (chunk: unknown) => boolean;
  response.write = ((chunk: unknown) => {
    writes++;
    return write(chunk);
  }) as typeof response.write;
  return { asking, response, writes: () => writes };
}

it('sends the events of one loop turn in one write, complete and in order', async () => {
  const { asking, response, writes } = await openPair();
  const incoming = once(asking, 'response');
  const writer = new SseWriter(response, 1000, () => undefined);
  writer.open({});
  const events = Array.from({ length: 500 }, (_, index) => `data: ${index}\n\n`);
  for (const event of events) writer.send(event);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(writes()).toBe(1);
  // Length in bytes and not in characters.
  writer.send('data: é😀\n\n');
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  writer.send('data: last ü\n\n');
  await writer.end();
  const message = (await incoming)[0] as IncomingMessage;
  expect(message.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(Buffer.concat(await message.toArray()).toString()).toBe(
    `${events.join('')}data: é😀\n\ndata: last ü\n\n`,
  );
});

it('gathers events while the reader is behind, holds the producer, and loses nothing', async () => {
  const { asking, response, writes } = await openPair();
  const writer = new SseWriter(response, 5000, () => undefined);
  writer.open({});
  const reader = await new Promise<IncomingMessage>((resolve) => {
    asking.on('response', (message) => resolve(message.pause()));
    writer.send(': hello\n\n');
  });
  let sent = 0;
  const event = `data: ${'x'.repeat(1000)}\n\n`;
  while (!writer.isBehind) {
    writer.send(event);
    sent++;
    if (sent % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (sent > 100_000) throw new Error('never behind');
  }
  let resumed = false;
  const ready = writer.ready().then(() => {
    resumed = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(resumed).toBe(false);
  const before = writes();
  const all = reader.toArray();
  await ready;
  // More than 250 kB of events left in a single write.
  expect(writes() - before).toBeLessThanOrEqual(1);
  await writer.end();
  const text = Buffer.concat(await all).toString();
  expect(text.length).toBe(': hello\n\n'.length + sent * event.length);
});

it('cuts a reader off that takes nothing for the limit, and wakes the producer', async () => {
  const { asking, response } = await openPair();
  const faults: string[] = [];
  const writer = new SseWriter(response, 100, (fault) => faults.push(fault.code));
  asking.on('response', (message) => {
    message.on('error', () => undefined);
    message.pause();
  });
  writer.open({});
  while (!writer.isBehind) {
    writer.send(`data: ${'x'.repeat(100_000)}\n\n`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await writer.ready();
  expect(faults).toEqual(['caller_disconnected']);
  expect(response.destroyed).toBe(true);
  // What comes after goes nowhere, without an error and without waiting.
  writer.send('data: late\n\n');
  await writer.end();
});

it('a reader that leaves wakes the producer at once', async () => {
  const { asking, response } = await openPair();
  const writer = new SseWriter(response, 60_000, () => undefined);
  writer.open({});
  asking.on('response', (message) => {
    message.on('error', () => undefined);
    message.pause();
  });
  while (!writer.isBehind) {
    writer.send(`data: ${'x'.repeat(100_000)}\n\n`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const ready = writer.ready();
  asking.destroy();
  await ready;
  await until(() => response.destroyed, 'the response being closed');
});

it.each([
  ['HTTP/1.1, on a connection that serves the next request', '1.1'],
  ['HTTP/1.0, without chunks, to the end of the connection', '1.0'],
])('%s', async (_what, version) => {
  const server = createServer((_request, response) => {
    const writer = new SseWriter(response, 1000, () => undefined);
    writer.open({});
    writer.send('data: é\n\n');
    setImmediate(() => setImmediate(() => void writer.end()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.add({ close: async () => void server.close() });
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  cleanup.add({ close: async () => void socket.destroy() });
  let seen = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    seen += piece;
  });
  const ask = `GET / HTTP/${version}\r\nhost: x\r\n\r\n`;
  const bodies = (): string[] =>
    seen
      .split('HTTP/1.1 200 OK')
      .slice(1)
      .map((each) => each.slice(each.indexOf('\r\n\r\n') + 4));
  socket.write(ask);
  if (version === '1.0') {
    await once(socket, 'end');
    expect(bodies()).toEqual(['data: é\n\n']);
    return;
  }
  const whole = 'a\r\ndata: é\n\n\r\n0\r\n\r\n';
  await until(() => bodies()[0] === whole, 'the first answer');
  socket.write(ask);
  await until(() => bodies()[1] === whole, 'the second answer');
});
