import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createInferenceClient } from '../../../runtime/inference/client.ts';
import * as wire from '../../../runtime/inference/generated/inference.ts';
import { frameFrom } from '../../../runtime/inference/message-frames.ts';
import type { CallReader } from '../../../runtime/inference/stream-call.ts';
import { StreamConnection } from '../../../runtime/inference/stream-connection.ts';
import { eventToWire, NO_TIMINGS } from '../../../runtime/inference/wire.ts';
import { collect, requestOf } from '../../contracts/engine.ts';
import { Cleanup, until } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const messageOf = (event: Parameters<typeof eventToWire>[0]): Buffer =>
  frameFrom(wire.GenerateStreamResponse.encode(eventToWire(event, 1)).finish());
const CHUNK = messageOf({ kind: 'chunk', text: 'a', tokenIds: [1] });
const FINISH = messageOf({ kind: 'finish', reason: 'stop', outputTokens: 1, timings: NO_TIMINGS });
const HEADERS = { ':status': 200, 'content-type': 'application/grpc' };

/** A server that speaks HTTP/2 and says what a test wants. */
async function serve(answer: (stream: ServerHttp2Stream) => void, port = 0, maxConcurrentStreams = 100) {
  const server: Http2Server = createServer({ settings: { maxConcurrentStreams } });
  const sessions = new Set<ServerHttp2Session>();
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined).on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream) => answer(stream.on('error', () => undefined)));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const session of sessions) session.destroy();
    await closed;
  };
  cleanup.add({ close: stop });
  return { port: (server.address() as AddressInfo).port, sessions, sockets, stop };
}

function clientOf(port: number) {
  const client = createInferenceClient({ address: `127.0.0.1:${port}` });
  cleanup.add({ close: async () => client.close() });
  return (deadlineMs = 5_000, signal = new AbortController().signal) =>
    collect(client.generate(requestOf(), { signal, deadlineMs }));
}

const answerWhole = (stream: ServerHttp2Stream): void => {
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.concat([CHUNK, FINISH]));
};

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

it('a refused connection ends a call at once as UNAVAILABLE, and the first call after the server came is answered', async () => {
  const port = await freePort();
  const ask = clientOf(port);
  await expect(ask()).rejects.toMatchObject({
    status: 'UNAVAILABLE',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  await serve(answerWhole, port);
  expect((await ask()).text).toBe('a');
});

it('calls share a connection; one that is lost breaks its calls as UNAVAILABLE, and the next call makes another', async () => {
  let isSilent = false;
  const server = await serve((stream) => {
    if (!isSilent) return answerWhole(stream);
    stream.respond(HEADERS);
    stream.write(CHUNK);
  });
  const ask = clientOf(server.port);
  await Promise.all([ask(), ask(), ask()]);
  expect(server.sockets.length).toBe(1);
  isSilent = true;
  const broken = Promise.allSettled([ask(), ask()]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (const socket of server.sockets) socket.destroy();
  for (const result of await broken)
    expect(result).toMatchObject({ status: 'rejected', reason: { status: 'UNAVAILABLE' } });
  isSilent = false;
  await ask();
  expect(server.sockets.length).toBe(2);
});

it('a server that says goodbye ends its running calls itself and gets no new ones', async () => {
  const held: ServerHttp2Stream[] = [];
  const server = await serve((stream) => {
    if (held.push(stream) === 1) {
      stream.respond(HEADERS, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.write(CHUNK);
    } else answerWhole(stream);
  });
  const ask = clientOf(server.port);
  const first = ask();
  await until(() => held.length === 1, 'the first call');
  for (const session of server.sessions) session.goaway();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await ask();
  expect(server.sockets.length).toBe(2);
  held[0]?.end(FINISH);
  expect((await first).terminal).toMatchObject({ kind: 'finish', reason: 'stop' });
});

it.each([
  [
    'a status without a message',
    { ...HEADERS, 'grpc-status': '8', 'grpc-message': 'too%20much' },
    'RESOURCE_EXHAUSTED',
    'too much',
  ],
  ['a status of a later release', { ...HEADERS, 'grpc-status': '99' }, 'UNKNOWN', ''],
  ['a proxy without a server', { ':status': 503 }, 'UNAVAILABLE', '503'],
  ['a server of something else', { ':status': 404 }, 'UNIMPLEMENTED', '404'],
])('%s is a typed failure', async (_what, headers, status, message) => {
  const server = await serve((stream) => stream.respond(headers, { endStream: true }));
  await expect(clientOf(server.port)()).rejects.toMatchObject({
    status,
    message: expect.stringContaining(message),
  });
});

it('a page of text in place of messages is told by its HTTP status', async () => {
  const server = await serve((stream) => {
    stream.respond({ ':status': 502 });
    stream.end('<html>bad gateway</html>');
  });
  await expect(clientOf(server.port)()).rejects.toMatchObject({ status: 'UNAVAILABLE' });
});

it('a page of text that says it went well is no answer', async () => {
  const server = await serve((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'text/html' });
    stream.end('<html>welcome</html>');
  });
  const failure = { status: 'UNKNOWN', message: expect.stringContaining('text/html') };
  await expect(clientOf(server.port)()).rejects.toMatchObject(failure);
});

it('calls beyond what the server takes at once wait their turn, and one that leaves meanwhile never reaches it', async () => {
  const held: ServerHttp2Stream[] = [];
  const server = await serve((stream) => void held.push(stream), 0, 2);
  const ask = clientOf(server.port);
  const first = ask();
  await until(() => held.length === 1, 'the first call');
  const others = [ask(), ask(), ask()];
  const leaving = new AbortController();
  const left = ask(5_000, leaving.signal);
  await until(() => held.length === 2, 'the second call');
  leaving.abort();
  expect((await left).terminal).toMatchObject({ kind: 'finish', reason: 'abort' });
  for (let answered = 0; answered < 4; answered++) {
    await until(() => held.length > answered, `call ${answered}`);
    const [stream] = held.slice(answered);
    if (stream !== undefined) answerWhole(stream);
  }
  for (const each of [first, ...others]) expect((await each).text).toBe('a');
  expect(held).toHaveLength(4);
  expect(server.sockets).toHaveLength(1);
});

/** The status that one call of a connection ends with. */
const endOf = (connection: StreamConnection): Promise<string> =>
  new Promise((resolve) => {
    const reader: CallReader = { message: () => undefined, ended: ({ name }) => resolve(name) };
    const message = Buffer.alloc(0);
    connection.open({ path: '/a/B', message, deadlineMs: 5_000, traceparent: undefined }, reader);
  });

it('a connection whose numbers are used up is followed by another', async () => {
  const server = await serve(answerWhole);
  const limits = { connectMs: 5_000, maxCalls: 2 };
  const connection = new StreamConnection(`127.0.0.1:${server.port}`, undefined, limits);
  cleanup.add({ close: async () => connection.close() });
  const ends = await Promise.all(Array.from({ length: 5 }, () => endOf(connection)));
  expect(ends).toEqual(Array(5).fill('OK'));
  expect(server.sockets).toHaveLength(3);
});

it('a host that never finishes a handshake ends its calls as UNAVAILABLE, and the next call tries anew', async () => {
  const sockets: Socket[] = [];
  const silent = createTcpServer((socket) => void sockets.push(socket.on('error', () => undefined)));
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  cleanup.add({ close: async () => void silent.close() });
  const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const tls = { ca: undefined, cert: undefined, key: undefined };
  const connection = new StreamConnection(address, tls, { connectMs: 50, maxCalls: 9 });
  expect(await Promise.all([endOf(connection), endOf(connection)])).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
  expect(await endOf(connection)).toBe('UNAVAILABLE');
  expect(sockets).toHaveLength(2);
});

it.each([
  ['at its deadline', 'DEADLINE_EXCEEDED'],
  ['by its reader', undefined],
])('a call that is ended %s is cancelled at the far end', async (_what, status) => {
  let resetCode: number | undefined;
  const server = await serve((stream) => {
    stream.on('close', () => {
      resetCode = stream.rstCode;
    });
    stream.respond(HEADERS);
    stream.write(CHUNK);
  });
  const ask = clientOf(server.port);
  if (status !== undefined) {
    await expect(ask(100)).rejects.toMatchObject({ status });
  } else {
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 50);
    expect((await ask(5_000, leaving.signal)).terminal).toMatchObject({ kind: 'finish', reason: 'abort' });
  }
  await until(() => resetCode !== undefined, 'the stream being closed');
  expect(resetCode).toBe(8);
});
