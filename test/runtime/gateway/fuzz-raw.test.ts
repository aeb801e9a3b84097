import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { createRandom } from '../../../vocabulary/random.ts';
import { Cleanup, postJson, readMetric, startTestGateway, until } from '../support/gateway-rig.ts';
import { SocketClient } from '../support/socket-client.ts';

/** Inputs of this file; each is one request, one connection of garbage or one WebSocket frame. */
const REQUESTS = 84_000;
const GARBAGE = 4000;
const FRAMES = 14_000;
const BATCH = 100;
const QUARTERS = 4;

const cleanup = new Cleanup();
let gateway: RunningGateway;
let interactionId: string;
const defects: unknown[] = [];
const onDefect = (reason: unknown): void => {
  defects.push(reason);
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

beforeAll(async () => {
  process.on('unhandledRejection', onDefect);
  // Shedding under load is no failure, and would hide one here.
  gateway = await startTestGateway(cleanup, { overload: { loopDelayTargetMs: 0 } });
  interactionId = (await postJson(gateway, '/v1/interactions', {})).body.interactionId;
});
afterAll(async () => {
  await cleanup.run();
  process.off('unhandledRejection', onDefect);
});

const VALID = [
  '{"messages":[{"role":"user","content":"refund"}]}',
  '{"messages":[{"role":"user","content":"refund"}],"stream":true,"max_tokens":3}',
  '{"messageId":"m","text":"refund"}',
  '{"channel":"chat","customerId":"c"}',
  '{"reason":"done"}',
];
const POISON = [
  '{"__proto__":{"x":1}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '1e999',
  `{"max_tokens":${'9'.repeat(400)}}`,
  '{"a":'.repeat(100),
  '['.repeat(3000),
  '"\\ud800"',
  '{"messageId":"\\ud800","text":"x"}',
  '{"messages":[{"role":"user","content":-0}],"seed":1e308}',
  '{"a":1,"a":2,"messages":null}',
  '\u0000',
];

const pathFor = (at: number): string =>
  [
    '/v1/chat/completions',
    `/v1/interactions/${interactionId}/turns`,
    '/v1/interactions/none/turns',
    '/v1/interactions/none/close',
    '/v1/admin/drain',
    '/v1/%ff',
  ][at % 6] ?? '/';

const random = createRandom(7);
const below = (limit: number): number => Math.floor(random.next() * limit);

/** A valid body with a few bytes changed, dropped or repeated; sometimes one that is bad by design. */
function mutate(): Buffer {
  const base = below(5) === 0 ? POISON[below(POISON.length)] : VALID[below(VALID.length)];
  const bytes = Buffer.from(base ?? '');
  const edits = below(4);
  let result = bytes;
  for (let n = 0; n < edits && result.length > 1; n++) {
    const at = below(result.length);
    const kind = below(3);
    if (kind === 0) {
      result = Buffer.from(result);
      result[at] = below(256);
    } else if (kind === 1)
      result = Buffer.concat([result.subarray(0, at), result.subarray(at + 1 + below(4))]);
    else
      result = Buffer.concat([
        result.subarray(0, at),
        result.subarray(below(at + 1), at),
        result.subarray(at),
      ]);
  }
  return result;
}

function requestText(): Buffer {
  const body = mutate();
  const duplicated = below(20) === 0 ? 'x-a: 1\r\nx-a: 2\r\nauthorization: Bearer a\r\n' : '';
  const type = below(25) === 0 ? 'text/plain' : 'application/json';
  const head =
    `POST ${pathFor(below(6))} HTTP/1.1\r\nhost: x\r\n${duplicated}` +
    `content-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

const STATUS = /HTTP\/1\.1 (\d{3}) /g;
const counts = new Map<number, number>();

/** Pipelines a batch on one connection; resolves to how many answers came before the end. */
function volley(size: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: gateway.port });
    let text = '';
    let answered = 0;
    const done = (): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(10_000, () =>
      reject(new Error(`${answered} of ${size} answered:\n${text.slice(-500)}`)),
    );
    socket.on('data', (chunk: Buffer) => {
      // Shorter than a status line, so that none is counted twice and none that is cut in two is missed.
      text = text.slice(-12) + chunk.toString('latin1');
      for (const match of text.matchAll(STATUS)) {
        const status = Number(match[1]);
        counts.set(status, (counts.get(status) ?? 0) + 1);
        answered++;
      }
      if (answered >= size) done();
    });
    socket.on('error', done);
    socket.on('close', done);
    socket.write(Buffer.concat(Array.from({ length: size }, requestText)));
  });
}

const heapBytes = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};
const inFlight = () => readMetric(gateway, 'busyhour_gateway_in_flight_requests');
/** Both ends of each connection are in this process. */
const tcpSockets = () =>
  process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCPSocket')).length;
/** Of the client that reads metrics, which keeps its connections. */
const KEPT_SOCKETS = 12;

it(`${REQUESTS} pipelined requests: each answered, none with 5xx, the heap of every quarter the same`, async () => {
  await volley(BATCH * 10);
  const heaps: number[] = [];
  let answered = 0;
  for (let quarter = 0; quarter < QUARTERS; quarter++) {
    for (let sent = 0; sent < REQUESTS / QUARTERS; sent += BATCH) answered += await volley(BATCH);
    heaps.push(heapBytes());
  }
  expect(answered).toBe(REQUESTS);
  const failures = [...counts].filter(([status]) => status >= 500);
  expect(failures).toEqual([]);
  for (const status of [200, 400, 403, 404, 415])
    expect(counts.get(status) ?? 0, `${status}`).toBeGreaterThan(100);
  const [first = 0, , , last = 0] = heaps;
  expect((last - first) / 1_048_576).toBeLessThan(12);
  expect(({} as { x?: number }).x).toBeUndefined();
  expect(defects).toEqual([]);
  expect(await inFlight()).toBe(0);
  await until(() => tcpSockets() <= KEPT_SOCKETS, 'the end of connections');
}, 120_000);

const HEADS = [
  'GET / HTTP/9.9\r\n\r\n',
  'GET\0/ HTTP/1.1\r\n\r\n',
  'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n',
  'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a"',
  'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcde',
  'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
  `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
  'GET /v1/interactions/x/socket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  'GET /ready HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
];

/** Bytes on a connection of their own; resolves to what came back before either side ended it. */
function throwBytes(bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket: Socket = connect({ host: '127.0.0.1', port: gateway.port, allowHalfOpen: false }, () => {
      socket.end(bytes);
    });
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
    socket.setTimeout(2000, () => socket.destroy());
  });
}

it(`${GARBAGE} connections of bytes that are hardly HTTP: refused or dropped, never 5xx`, async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }),
    fc
      .tuple(fc.constantFrom(...HEADS), fc.uint8Array({ maxLength: 20 }), fc.nat(60))
      .map(([head, tail, cut]) => {
        const whole = Buffer.concat([Buffer.from(head, 'latin1'), tail]);
        return whole.subarray(0, Math.max(1, whole.length - cut));
      }),
  );
  const heads: string[] = [];
  for (const part of chunked(fc.sample(bytes, { numRuns: GARBAGE, seed: 3 }), 50)) {
    heads.push(...(await Promise.all(part.map(throwBytes))));
  }
  expect(heads.filter((head) => /HTTP\/1\.1 5\d\d /.test(head))).toEqual([]);
  expect(heads.filter((head) => head.startsWith('HTTP/1.1 400')).length).toBeGreaterThan(100);
  expect(heads.some((head) => /at .*\.ts:\d+/.test(head))).toBe(false);
  expect(defects).toEqual([]);
  await until(async () => (await inFlight()) === 0, 'the end');
  await until(() => tcpSockets() <= KEPT_SOCKETS, 'the end of connections');
}, 60_000);

const chunked = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));

const SEEDS = [
  '{"type":"turn","messageId":"m","text":"refund"}',
  '{"type":"resume","lastEventId":0}',
  '{"type":"ping"}',
];

it(`${FRAMES} WebSocket frames of garbage: every socket answered or closed by code, none left`, async () => {
  const base = heapBytes();
  const codes = new Map<number, number>();
  let sent = 0;
  while (sent < FRAMES) {
    const id = (await postJson(gateway, '/v1/interactions', {})).body.interactionId;
    const clients = Array.from({ length: 50 }, () => new SocketClient(gateway, id));
    await Promise.all(clients.map((client) => client.until('hello')));
    for (const client of clients) {
      for (let n = 0; n < 20; n++, sent++) {
        const isBinary = below(8) === 0;
        const frame = below(3) === 0 ? Buffer.from(SEEDS[below(3)] ?? '') : mutate();
        client.socket.send(frame, { binary: isBinary });
      }
      client.socket.close();
    }
    await Promise.all(clients.map((client) => client.untilClosed(10_000)));
    for (const client of clients) {
      const code = client.closed?.code ?? 0;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  }
  expect([...codes.keys()].filter((code) => ![1000, 1005, 1006, 1007, 4400].includes(code))).toEqual([]);
  await until(async () => (await readMetric(gateway, 'busyhour_sockets')) === 0, 'the end of all');
  await until(async () => (await inFlight()) === 0, 'the end of turns', 10_000);
  await until(() => tcpSockets() <= KEPT_SOCKETS, 'the end of connections');
  expect((heapBytes() - base) / 1_048_576).toBeLessThan(40);
  expect(defects).toEqual([]);
}, 60_000);
