import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Driver, TurnRequest } from '../../../bench/drive/driver.ts';
import { createOpenaiChatDriver } from '../../../bench/drive/openai-chat.ts';
import { createPlainHttpDriver } from '../../../bench/drive/plain-http.ts';
import type { Outcome } from '../../../vocabulary/outcomes.ts';

const TIMEOUTS = { connectMs: 1_000, firstTokenMs: 250, idleMs: 150, totalMs: 600 };
const REQUEST: TurnRequest = {
  interactionId: 'step 1 i7',
  messages: [{ role: 'user', content: 'hello' }],
  maxOutputTokens: 2,
  exactOutputTokens: false,
  keepText: true,
};

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const TOKEN = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';
const FINISH = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
const status = (line: string, body: string, headers = ''): string =>
  `HTTP/1.1 ${line}\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const errorBody = (code: string): string => JSON.stringify({ error: { message: 'no', type: 'x', code } });

/** What a server does with the socket once a request's first bytes have come. */
type Fault = (socket: Socket) => void;

/** Sends `text` again and again until the client goes. */
function trickle(socket: Socket, text: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(text), everyMs);
  socket.once('close', () => clearInterval(timer));
}

const FAULTS: readonly (readonly [string, Fault, Partial<Outcome>])[] = [
  [
    'a reset before headers',
    (socket) => void socket.resetAndDestroy(),
    { state: 'failed', code: 'connection-reset' },
  ],
  ['an end before headers', (socket) => void socket.end(), { state: 'failed', code: 'connection-reset' }],
  [
    'a reset after headers',
    (socket) => void socket.write(HEAD, () => setTimeout(() => socket.resetAndDestroy(), 20)),
    { state: 'failed', code: 'incomplete-stream' },
  ],
  ['silence before headers', () => {}, { state: 'timed-out', phase: 'first-token' }],
  [
    'silence after headers',
    (socket) => void socket.write(HEAD),
    { state: 'timed-out', phase: 'first-token' },
  ],
  [
    'a stall in the stream',
    (socket) => void socket.write(HEAD + chunk(TOKEN)),
    { state: 'timed-out', phase: 'idle' },
  ],
  [
    'a cut inside a chunk',
    (socket) => void socket.end(`${HEAD}ff\r\ndata: {"cho`),
    { state: 'failed', code: 'incomplete-stream' },
  ],
  [
    'bytes that are no HTTP',
    (socket) => void socket.end('hello\r\n\r\n'),
    { state: 'failed', code: 'malformed-response' },
  ],
  ['an empty answer', (socket) => void socket.end(status('200 OK', '')), { code: 'empty-answer' }],
  [
    'a redirect',
    (socket) => void socket.end(status('302 Found', '', 'location: /elsewhere\r\n')),
    { code: 'malformed-response', httpStatus: 302 },
  ],
  [
    '404',
    (socket) => void socket.end(status('404 Not Found', '<html>')),
    { code: 'http-client-error', httpStatus: 404 },
  ],
  [
    '429 with a fault code',
    (socket) => void socket.end(status('429 Too Many', errorBody('policy_rate_limited'))),
    { code: 'http-rate-limited', faultCode: 'policy_rate_limited' },
  ],
  [
    '503 with a fault code',
    (socket) => void socket.end(status('503 Busy', errorBody('gateway_overloaded'))),
    { code: 'http-overloaded', faultCode: 'gateway_overloaded' },
  ],
  [
    '500',
    (socket) => void socket.end(status('500 Oops', errorBody('unheard_of'))),
    { code: 'http-server-error', httpStatus: 500 },
  ],
  [
    'tokens that trickle for ever',
    (socket) => {
      socket.write(HEAD);
      trickle(socket, chunk(TOKEN), 40);
    },
    { state: 'timed-out', phase: 'total' },
  ],
  [
    'comments that trickle for ever, which are no token',
    (socket) => {
      socket.write(HEAD);
      trickle(socket, chunk(': keep-alive\n\n'), 40);
    },
    { state: 'timed-out', phase: 'first-token' },
  ],
];

const open = new Set<Socket>();
let server: Server | undefined;
let driver: Driver | undefined;

async function serve(fault: Fault): Promise<string> {
  server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // A client that gives up resets the connection: that is what these servers provoke.
    socket.on('error', () => {});
    socket.once('data', () => fault(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
  await driver?.close();
  await expect.poll(() => open.size).toBe(0);
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
});

describe('against a server that misbehaves on the wire', () => {
  it.each(FAULTS)('%s has its outcome, and no socket is left', async (_name, fault, outcome) => {
    driver = createOpenaiChatDriver({ url: await serve(fault), timeouts: TIMEOUTS, maxConnections: 4 });
    const startedAtMs = performance.now();
    const exchange = await driver.send(REQUEST, new AbortController().signal);
    expect(exchange.outcome).toMatchObject(outcome);
    expect(performance.now() - startedAtMs).toBeLessThan(TIMEOUTS.totalMs + 400);
    if (exchange.outcome.state === 'failed' && exchange.outcome.httpStatus === 500) {
      expect(exchange.outcome).not.toHaveProperty('faultCode');
    }
  });

  it('reads an event of 1 MB', async () => {
    const long = TOKEN.replace('"a"', `"${'y'.repeat(1_000_000)}"`);
    const url = await serve((socket) => void socket.end(`${HEAD}${chunk(long)}${chunk(FINISH)}0\r\n\r\n`));
    driver = createOpenaiChatDriver({
      url,
      timeouts: { ...TIMEOUTS, firstTokenMs: 5_000, totalMs: 5_000 },
      maxConnections: 1,
    });
    const exchange = await driver.send(REQUEST, new AbortController().signal);
    expect(exchange.outcome).toEqual({ state: 'completed' });
    expect(exchange.text).toHaveLength(1_000_000);
    expect(exchange.chunksAtMs).toHaveLength(1);
  });

  it('joins a character that two reads of a plain body share', async () => {
    const body = Buffer.from('grüße');
    const url = await serve((socket) => {
      socket.setNoDelay(true);
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
      socket.write(body.subarray(0, 3));
      setTimeout(() => socket.end(body.subarray(3)), 30);
    });
    driver = createPlainHttpDriver({ url, timeouts: TIMEOUTS, maxConnections: 1 });
    expect((await driver.send(REQUEST, new AbortController().signal)).text).toBe('grüße');
  });

  it('names the interaction as the user, the same for all its turns', async () => {
    const users: unknown[] = [];
    const url = await serve((socket) => void socket.end(status('400 Bad', '', 'connection: close\r\n')));
    server?.on('connection', (socket: Socket) =>
      socket.once('data', (bytes) => users.push(/"user":"([^"]*)"/.exec(bytes.toString())?.[1])),
    );
    driver = createOpenaiChatDriver({ url, timeouts: TIMEOUTS, maxConnections: 1 });
    for (let turn = 0; turn < 2; turn++) await driver.send(REQUEST, new AbortController().signal);
    expect(users).toEqual(['step 1 i7', 'step 1 i7']);
  });
});
