import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runBench } from '../../../bench/run/run-bench.ts';
import { resolveScenario } from '../../../scenarios/scenario.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const constant = (value: number) => ({
  distribution: { kind: 'constant' as const, value },
  source: 'a test',
});

const WINDOW_MS = 600;
const DRAIN_MS = 600;

const scenario = unwrap(
  resolveScenario({
    name: 'bad-target',
    description: 'A target that misbehaves.',
    workload: { kind: 'requests', inputTokens: constant(5), outputTokens: constant(3) },
    load: { kind: 'steps', steps: [{ turnsPerS: 100, warmUpMs: 100, windowMs: WINDOW_MS }] },
    timeouts: { connectMs: 300, firstTokenMs: 250, idleMs: 250, totalMs: 500 },
    drainMs: DRAIN_MS,
  }),
);

const MODELS = '{"data":[{"id":"bad"}]}';
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const chunkOf = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const CONTENT = 'data: {"choices":[{"index":0,"delta":{"content":"word"}}]}\n\n';
const MEGABYTE = 1_048_576;
const LONG_LINE = `data: {"choices":[{"index":0,"delta":{"content":"${'x'.repeat(MEGABYTE)}"}}]}\n\n`;
const END = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

/** A server on a bare socket: it says what it is when asked, and misbehaves on every POST. */
async function startBad(onPost: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      if (text.startsWith('GET /ready')) socket.write('HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n');
      else if (text.startsWith('GET '))
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${MODELS.length}\r\n\r\n${MODELS}`);
      else if (text.startsWith('POST ')) onPost(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
}

const json = (status: string, body: string): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

const BAD: readonly (readonly [string, (socket: Socket) => void, RegExp])[] = [
  ['resets', (socket) => socket.resetAndDestroy(), /^failed:connection-reset$/],
  ['closes without a word', (socket) => socket.end(), /^failed:(connection-reset|incomplete-stream)$/],
  ['never answers', () => {}, /^timed-out:(first-token|total)$/],
  [
    'stalls after a first token',
    (socket) => socket.write(HEAD + chunkOf(CONTENT)),
    /^timed-out:(idle|total)$/,
  ],
  [
    'answers garbage',
    (socket) => socket.end('¿que?\r\n\r\n'),
    /^failed:(malformed-response|connection-reset)$/,
  ],
  [
    'streams something that is no event',
    (socket) => socket.write(`${HEAD}${chunkOf('lorem ipsum '.repeat(50))}0\r\n\r\n`),
    /^failed:(malformed-response|incomplete-stream|empty-answer)$/,
  ],
  [
    'closes in the middle of a chunk',
    (socket) => socket.end(`${HEAD}${chunkOf(CONTENT)}fff\r\ndata: {"cho`),
    /^failed:(incomplete-stream|connection-reset)$/,
  ],
  ['floods errors', (socket) => socket.write(json('500 No', '{"error":{}}')), /^failed:http-server-error$/],
  ['is overloaded', (socket) => socket.write(json('503 Busy', '{}')), /^failed:http-overloaded$/],
  ['limits', (socket) => socket.write(json('429 Slow', '{}')), /^failed:http-rate-limited$/],
];

describe('a target that', () => {
  it.each(BAD)('%s: every request has the right outcome and the run ends', async (_, onPost, reason) => {
    const url = await startBad(onPost);
    const startedAtMs = performance.now();
    const result = unwrap(await runBench({ scenario, target: { url } }));
    expect(performance.now() - startedAtMs).toBeLessThan(100 + WINDOW_MS + DRAIN_MS + 3_000);
    const counts = result.steps[0]?.counts;
    expect(counts?.offered).toBeGreaterThan(30);
    expect(counts?.completed).toBe(0);
    expect(counts?.offered).toBe((counts?.failed ?? 0) + (counts?.timedOut ?? 0) + (counts?.dropped ?? 0));
    for (const seen of Object.keys(counts?.byReason ?? {})) expect(seen).toMatch(reason);
  });

  it('sends lines of a megabyte: they are answers', async () => {
    const url = await startBad((socket) =>
      socket.write(`${HEAD}${chunkOf(LONG_LINE)}${chunkOf(END)}0\r\n\r\n`),
    );
    const slow = {
      ...scenario,
      load: {
        kind: 'steps' as const,
        steps: [{ turnsPerS: 20, warmUpMs: 0, windowMs: 800 }],
        replications: 1,
      },
      timeouts: { connectMs: 2_000, firstTokenMs: 5_000, idleMs: 5_000, totalMs: 5_000 },
      drainMs: 4_000,
    };
    const counts = unwrap(await runBench({ scenario: slow, target: { url } })).steps[0]?.counts;
    expect(counts?.completed).toBeGreaterThan(4);
    expect(counts?.completed).toBe(counts?.offered);
  });

  it('goes away after it was asked what it is: connections refused, and the run ends', async () => {
    const refusing = createServer();
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    const address = refusing.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    refusing.on('connection', (socket) => {
      socket.once('data', (bytes) => {
        const isLast = bytes.toString('latin1').includes('/v1/models');
        socket.end(
          isLast
            ? `HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${MODELS.length}\r\n\r\n${MODELS}`
            : 'HTTP/1.1 404 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
        );
        if (isLast) refusing.close();
      });
    });
    const result = unwrap(await runBench({ scenario, target: { url: `http://127.0.0.1:${port}` } }));
    expect(Object.keys(result.steps[0]?.counts.byReason ?? {})).toEqual(['failed:connect-refused']);
  });
});
