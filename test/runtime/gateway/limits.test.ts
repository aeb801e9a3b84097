import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type RunningGateway, startGateway } from '../../../runtime/gateway/start-gateway.ts';
import { chunkOf, startFaultServer } from '../support/fault-server.ts';
import { Cleanup, getJson, postJson, readMetric, startTestGateway, until } from '../support/gateway-rig.ts';
import { startTestInference } from '../support/inference.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const CHAT = '/v1/chat/completions';
const hello = { messages: [{ role: 'user', content: 'hello' }] };

async function rawPost(gateway: RunningGateway, body: Uint8Array, type = 'application/json') {
  const response = await fetch(gateway.url + CHAT, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
  return { status: response.status, text: await response.text() };
}

/** Sends bytes on a fresh connection and returns all that comes back. */
async function rawBytes(gateway: RunningGateway, bytes: string): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1');
  let received = '';
  socket.on('data', (data) => {
    received += data.toString();
  });
  socket.write(bytes);
  await once(socket, 'close');
  return received;
}

describe('bad bodies', () => {
  it.each([
    ['invalid JSON', Buffer.from('{"messages":'), 400, 'caller_invalid_request'],
    ['invalid UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22]), 400, 'caller_invalid_request'],
    ['an empty body', Buffer.from(''), 400, 'caller_invalid_request'],
    ['deep nesting', Buffer.from('['.repeat(100_000)), 400, 'caller_invalid_request'],
    ['__proto__', Buffer.from('{"__proto__":{"stream":true},"messages":[]}'), 400, 'caller_invalid_request'],
    ['constructor.prototype', Buffer.from('{"constructor":{"prototype":{}}}'), 400, 'caller_invalid_request'],
    ['a scalar', Buffer.from('5'), 400, 'caller_invalid_request'],
    ['an oversized body', Buffer.alloc(5000, 0x20), 413, 'caller_body_too_large'],
  ])('%s is refused in OpenAI’s shape', async (_name, body, status, code) => {
    const gateway = await startTestGateway(cleanup, {
      bodyLimitBytes: _name === 'deep nesting' ? 200_000 : 4096,
    });
    const answer = await rawPost(gateway, body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).error).toMatchObject({ code, type: 'invalid_request_error' });
    expect(({} as { stream?: unknown }).stream).toBeUndefined();
  });

  it('another media type is 415, another method 405 with Allow, another path 404', async () => {
    const gateway = await startTestGateway(cleanup, {});
    const xml = await rawPost(gateway, Buffer.from('<a/>'), 'text/xml');
    expect([xml.status, JSON.parse(xml.text).error.code]).toEqual([415, 'caller_unsupported_media_type']);
    const put = await fetch(gateway.url + CHAT, { method: 'PUT', body: 'not json' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await put.json()).toMatchObject({ error: { code: 'caller_method_not_allowed' } });
    expect(await getJson(gateway, '/v2')).toMatchObject({
      status: 404,
      body: { error: { code: 'caller_not_found' } },
    });
    const long = await getJson(gateway, `/v1/interactions/${'x'.repeat(500)}`);
    expect(long).toMatchObject({ status: 400, body: { error: { code: 'caller_invalid_request' } } });
    expect((await getJson(gateway, '/v1/interactions/%ff')).status).toBe(400);
  });

  it('bytes that are not HTTP, and a huge head, are refused and the connection closed', async () => {
    const gateway = await startTestGateway(cleanup, {});
    expect(await rawBytes(gateway, 'NOT HTTP\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400 [\s\S]*caller_invalid_request/,
    );
    const head = `GET /health HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`;
    expect(await rawBytes(gateway, head)).toMatch(/^HTTP\/1.1 431 /);
    expect((await getJson(gateway, '/health')).status).toBe(200);
  });

  it('thousands of random bodies never crash it or make it answer 5xx', async () => {
    const gateway = await startTestGateway(cleanup, {});
    const knownKeys = [
      'messages',
      'model',
      'stream',
      'max_tokens',
      'stop',
      'seed',
      'temperature',
      'user',
      'n',
    ];
    const field = fc.tuple(
      fc.oneof(fc.constantFrom(...knownKeys), fc.string()),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const shaped = fc
      .array(field, { maxLength: 6 })
      .map((fields) => ({ ...hello, ...Object.fromEntries(fields) }));
    const text = fc.oneof(
      fc.json(),
      shaped.map((body) => JSON.stringify(body)),
      fc.string({ unit: 'binary' }),
    );
    const bytes = fc.oneof(
      text.map((body) => Buffer.from(body)),
      fc.uint8Array({ maxLength: 64 }).map((body) => Buffer.from(body)),
    );
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { minLength: 20, maxLength: 20 }), async (bodies) => {
        for (const answer of await Promise.all(bodies.map((body) => rawPost(gateway, body)))) {
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
          expect(answer.status).toBeLessThan(500);
        }
      }),
      { numRuns: 150, seed: 3 },
    );
    // The generator reaches both sides of the validation.
    expect(statuses.get(200)).toBeGreaterThan(20);
    expect(statuses.get(400)).toBeGreaterThan(1000);
    const defects = `busyhour_gateway_requests_total{route="${CHAT}",outcome="gateway_internal"}`;
    expect(await readMetric(gateway, defects)).toBe(0);
  });
});

describe('admission and drain', () => {
  const slow = { ...hello, max_tokens: 100, ignore_eos: true };

  async function slowGateway(config = {}) {
    const inference = cleanup.add(await startTestInference({ stepMs: 5 }));
    const providers = [{ kind: 'grpc' as const, name: 'local', address: inference.address }];
    const gateway = await startGateway({ port: 0, logLevel: 'silent', providers, ...config });
    cleanup.add({ close: () => gateway.close(0) });
    return { inference, gateway };
  }

  it('refuses what exceeds maxInFlight with 503 and retry-after, and recovers', async () => {
    const { gateway, inference } = await slowGateway({ maxInFlight: 2 });
    const running = [postJson(gateway, CHAT, slow), postJson(gateway, CHAT, slow)];
    await until(async () => (await inference.load()).runningRequests === 2, 'both running');
    const refused = await postJson(gateway, CHAT, slow);
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'gateway_overloaded' } } });
    expect(refused.headers.get('retry-after')).toBe('1');
    // Probes are not work: they answer at the limit.
    expect((await getJson(gateway, '/ready')).status).toBe(200);
    for (const answer of await Promise.all(running)) expect(answer.status).toBe(200);
    expect((await postJson(gateway, CHAT, { ...hello, max_tokens: 2 })).status).toBe(200);
  });

  it('a drain finishes what runs, says so on /ready and refuses new work', async () => {
    const { gateway, inference } = await slowGateway();
    const running = postJson(gateway, CHAT, slow);
    await until(async () => (await inference.load()).runningRequests === 1, 'running');
    const closing = gateway.close(5000);
    expect(await getJson(gateway, '/ready')).toMatchObject({ status: 503, body: { status: 'draining' } });
    expect(await postJson(gateway, CHAT, hello)).toMatchObject({
      status: 503,
      body: { error: { code: 'gateway_draining' } },
    });
    expect(await running).toMatchObject({ status: 200, body: { usage: { completion_tokens: 100 } } });
    await closing;
    await expect(fetch(`${gateway.url}/health`)).rejects.toThrow();
  });

  it('a drain out of patience aborts the rest down to the engine, with an error instead of a clean end', async () => {
    const { gateway, inference } = await slowGateway();
    const response = await fetch(gateway.url + CHAT, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...slow, max_tokens: 1500, stream: true }),
    });
    const reading = response.text();
    await gateway.close(50);
    const raw = await reading;
    expect(raw).toContain('"code":"gateway_draining"');
    expect(raw).not.toContain('[DONE]');
    await until(async () => (await inference.load()).runningRequests === 0, 'the engine letting go');
  });
});

describe('a client that stops reading', () => {
  it('holds the provider back within bounds and is cut off after the idle limit', async () => {
    const pieces = Array.from({ length: 75 }, () => chunkOf('x'.repeat(100_000)));
    const vendor = cleanup.add(await startFaultServer({ kind: 'stream', events: pieces, ending: 'stall' }));
    const gateway = await startTestGateway(cleanup, {
      providers: [{ kind: 'openai', name: 'vendor', baseUrl: vendor.baseUrl, model: 'm' }],
      timeouts: { idleMs: 700 },
    });
    const asking = request(gateway.url + CHAT, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    asking.on('error', () => undefined);
    asking.end(JSON.stringify({ ...hello, stream: true }));
    const [response] = await once(asking, 'response');
    response.on('error', () => undefined);
    response.pause();
    const outcome = `busyhour_gateway_requests_total{route="${CHAT}",outcome="caller_disconnected"}`;
    await until(async () => (await readMetric(gateway, outcome)) === 1, 'the reader being cut off');
    await until(
      async () => (await readMetric(gateway, 'busyhour_gateway_in_flight_requests')) === 0,
      'release',
    );
    await until(() => vendor.openConnections() <= 1, 'the provider connection being let go');
    asking.destroy();
  });
});
