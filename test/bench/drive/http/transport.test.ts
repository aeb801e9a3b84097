import { request as nodeRequest } from 'node:http';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Driver, Exchange, TurnRequest } from '../../../../bench/drive/driver.ts';
import { createPlainHttpDriver } from '../../../../bench/drive/plain-http.ts';
import { cutAt, type RawServer, startRawServer, writePieces } from './raw-server.ts';

const TIMEOUTS = { connectMs: 1_000, firstTokenMs: 2_000, idleMs: 2_000, totalMs: 3_000 };
const TURN: TurnRequest = {
  interactionId: 'i',
  messages: [{ role: 'user', content: 'grüße' }],
  maxOutputTokens: 1,
  exactOutputTokens: false,
  keepText: true,
};

let server: RawServer | undefined;
let driver: Driver | undefined;

afterEach(async () => {
  await driver?.close();
  if (server !== undefined) await expect.poll(() => server?.open).toBe(0);
  await server?.close();
  server = undefined;
  driver = undefined;
});

const send = (to: Driver, signal = new AbortController().signal): Promise<Exchange> => to.send(TURN, signal);
const plain = (url: string, maxConnections = 1, timeouts = TIMEOUTS): Driver => {
  driver = createPlainHttpDriver({ url, timeouts, maxConnections });
  return driver;
};
const answer = (body: string, fields = ''): string =>
  `HTTP/1.1 200 OK\r\n${fields}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** What Node's own client makes of the same server: the oracle. */
function askNode(url: string): Promise<{ status: number; body: string } | 'error'> {
  return new Promise((resolve) => {
    const asked = nodeRequest(url, { method: 'POST', agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }),
      );
      response.on('error', () => resolve('error'));
    });
    asked.on('error', () => resolve('error'));
    asked.end('{}');
  });
}

const chunked = (parts: readonly string[]): string =>
  `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${parts
    .filter((part) => part !== '')
    .map((part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`)
    .join('')}0\r\n\r\n`;

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const wire = fc.oneof(
  text.map((body) => answer(body)),
  fc.array(text, { minLength: 1, maxLength: 4 }).map(chunked),
  text.map((body) => `HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${body}`),
  text.map((body) => answer(body).replace('200 OK', '503 Busy')),
);

describe('beside node:http as the oracle', () => {
  it('reads the same body and the same outcome, in whatever pieces the answer comes and wherever it is cut off', async () => {
    await fc.assert(
      fc.asyncProperty(
        wire,
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.option(fc.nat(), { nil: undefined }),
        async (whole, cuts, cutOff) => {
          const all = Buffer.from(whole);
          const bytes = cutOff === undefined ? all : all.subarray(0, cutOff % all.length);
          const raw = await startRawServer((socket) => {
            void writePieces(socket, cutAt(bytes, cuts)).then(() => socket.end());
          });
          const ours = createPlainHttpDriver({ url: raw.url, timeouts: TIMEOUTS, maxConnections: 1 });
          const [exchange, told] = await Promise.all([send(ours), askNode(raw.url)]);
          await ours.close();
          await raw.close();
          if (told === 'error') expect(exchange.outcome.state).toBe('failed');
          else if (told.status !== 200) expect(exchange.outcome).toMatchObject({ httpStatus: told.status });
          else if (told.body === '') expect(exchange.outcome).toMatchObject({ code: 'empty-answer' });
          else expect([exchange.outcome.state, exchange.text]).toEqual(['completed', told.body]);
        },
      ),
      { numRuns: 120 },
    );
  });

  it('sends a request that Node reads to the letter', async () => {
    const seen: string[] = [];
    server = await startRawServer((socket, request) => {
      seen.push(request);
      socket.write(answer('ok'));
    });
    await send(plain(`${server.url}/ask?v=1`));
    const [head, body] = (seen[0] ?? '').split('\r\n\r\n');
    expect(head).toContain('POST /ask?v=1 HTTP/1.1\r\nhost: 127.0.0.1:');
    expect(head).toContain(`content-length: ${body?.length}`);
    expect(Buffer.from(body ?? '', 'latin1').toString('utf8')).toBe('{"message":"grüße","max_tokens":1}');
  });
});

describe('connections', () => {
  it('are kept and used again, and as many as there are requests at once', async () => {
    server = await startRawServer((socket) => setTimeout(() => socket.write(answer('ok')), 20));
    const to = plain(server.url, 8);
    for (let turn = 0; turn < 5; turn++) await send(to);
    expect(server.accepted).toBe(1);
    await Promise.all(Array.from({ length: 8 }, () => send(to)));
    expect(server.accepted).toBe(8);
  });

  it('are no more than allowed: the rest wait in their order and complete', async () => {
    server = await startRawServer((socket) => setTimeout(() => socket.write(answer('ok')), 5));
    const to = plain(server.url, 2);
    const ended: number[] = [];
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(to).then(({ outcome }) => outcome.state === 'completed' && ended.push(i)),
      ),
    );
    expect(server.accepted).toBe(2);
    expect(ended).toHaveLength(20);
    expect(ended.indexOf(19)).toBeGreaterThan(ended.indexOf(2));
  });

  it('that the server is about to close are not used again', async () => {
    server = await startRawServer((socket) => socket.write(answer('ok', 'keep-alive: timeout=1\r\n')));
    const to = plain(server.url);
    await send(to);
    await send(to);
    expect(server.accepted).toBe(2);
  });

  it('are not used again after bytes that nobody asked for', async () => {
    server = await startRawServer((socket) => socket.write(`${answer('ok')}HTTP/1.1 500`));
    const to = plain(server.url);
    expect((await send(to)).outcome).toEqual({ state: 'completed' });
    expect((await send(to)).outcome).toEqual({ state: 'completed' });
    expect(server.accepted).toBe(2);
  });

  it('that the server closes after its answer, without a word, are not used again', async () => {
    server = await startRawServer((socket) => socket.end(answer('ok')));
    const to = plain(server.url);
    for (let turn = 0; turn < 5; turn++) {
      expect((await send(to)).outcome).toEqual({ state: 'completed' });
      await expect.poll(() => server?.open).toBe(0);
    }
    expect(server.accepted).toBe(5);
  });

  it('that break under a request fail it, and it is not sent again: it may have been acted upon', async () => {
    let asked = 0;
    server = await startRawServer((socket) => {
      if (++asked === 2) socket.resetAndDestroy();
      else socket.write(answer('ok'));
    });
    const to = plain(server.url);
    const outcomes = [await send(to), await send(to), await send(to)].map(({ outcome }) => outcome);
    expect(outcomes.map(({ state }) => state)).toEqual(['completed', 'failed', 'completed']);
    expect(outcomes[1]).toMatchObject({ code: 'connection-reset' });
    expect(asked).toBe(3);
  });

  it('make room when they break: a request that waits gets a new one', async () => {
    let asked = 0;
    server = await startRawServer((socket) =>
      asked++ === 0 ? socket.resetAndDestroy() : socket.write(answer('ok')),
    );
    const to = plain(server.url);
    const outcomes = await Promise.all([send(to), send(to)]);
    expect(outcomes.map(({ outcome }) => outcome.state)).toEqual(['failed', 'completed']);
  });

  it('end with the driver, and so do requests that wait for one', async () => {
    server = await startRawServer(() => {});
    const to = plain(server.url);
    const sending = [send(to), send(to)];
    await expect.poll(() => server?.open).toBe(1);
    await to.close();
    const outcomes = (await Promise.all(sending)).map(({ outcome }) => outcome);
    expect(outcomes).toMatchObject(Array(2).fill({ state: 'failed', code: 'connection-reset' }));
    expect((await send(to)).outcome).toMatchObject({ state: 'failed', code: 'connection-reset' });
  });

  it('a request that waits runs into its limits all the same', async () => {
    server = await startRawServer(() => {});
    const to = plain(server.url, 1, { ...TIMEOUTS, firstTokenMs: 150 });
    const startedAtMs = performance.now();
    const outcomes = (await Promise.all([send(to), send(to)])).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(Array(2).fill({ state: 'timed-out', phase: 'first-token' }));
    expect(performance.now() - startedAtMs).toBeLessThan(1_000);
  });
});

describe('many at once', () => {
  it('2,000 open requests end when their one signal aborts, each socket too', async () => {
    server = await startRawServer(() => {});
    const to = plain(server.url, 2_000, {
      connectMs: 15_000,
      firstTokenMs: 15_000,
      idleMs: 15_000,
      totalMs: 15_000,
    });
    const abort = new AbortController();
    const sending = Array.from({ length: 2_000 }, () => send(to, abort.signal));
    await expect.poll(() => server?.open, { timeout: 10_000 }).toBe(2_000);
    abort.abort();
    const outcomes = await Promise.all(sending);
    expect(new Set(outcomes.map(({ outcome }) => JSON.stringify(outcome)))).toEqual(
      new Set(['{"state":"timed-out","phase":"run-ended"}']),
    );
  });

  it('a flood of errors is an outcome each, and the driver goes on', async () => {
    let asked = 0;
    server = await startRawServer((socket) => {
      asked++;
      if (asked % 4 === 0) socket.resetAndDestroy();
      else if (asked % 4 === 1) socket.end('garbage\r\n\r\n');
      else if (asked % 4 === 2) socket.write(answer('no').replace('200 OK', '500 Oops'));
      else socket.write(answer('ok'));
    });
    const to = plain(server.url, 4);
    const counts: Record<string, number> = {};
    for (let i = 0; i < 400; i++) {
      const { outcome } = await send(to);
      const key = outcome.state === 'failed' ? outcome.code : outcome.state;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    expect(counts).toEqual({
      'connection-reset': 100,
      'malformed-response': 100,
      'http-server-error': 100,
      completed: 100,
    });
  });
});

describe('what a caller may not send', () => {
  it('is a key that would end its line and begin another', () => {
    const options = { url: 'http://127.0.0.1:1', timeouts: TIMEOUTS, maxConnections: 1 };
    expect(() => createPlainHttpDriver({ ...options, apiKey: 'a\r\nx: y' })).toThrow(/line break/);
  });
});
