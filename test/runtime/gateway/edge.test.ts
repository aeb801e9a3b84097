import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Cleanup, getJson, postJson, startTestGateway } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const CHAT = { messages: [{ role: 'user', content: 'refund' }], stream: true };

it('pages of listed origins may call, streams included; others get no such header', async () => {
  const gateway = await startTestGateway(cleanup, { edge: { allowedOrigins: ['https://shop.example'] } });
  const ask = async (origin: string) => {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: JSON.stringify(CHAT),
    });
    expect(await response.text()).toContain('[DONE]');
    return response.headers.get('access-control-allow-origin');
  };
  expect(await ask('https://shop.example')).toBe('https://shop.example');
  expect(await ask('https://evil.example')).toBeNull();
  const preflight = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'OPTIONS',
    headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
  });
  expect(preflight.status).toBe(204);
  const closed = await startTestGateway(cleanup, {});
  const refused = await fetch(`${closed.url}/v1/models`, { method: 'OPTIONS' });
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

it('only listed networks may call; what a proxy says counts where it is trusted, and probes are for all', async () => {
  const status = async (edge: object, forwarded?: string) => {
    const gateway = await startTestGateway(cleanup, { edge });
    for (const path of ['/health', '/metrics?format=text'])
      expect((await fetch(gateway.url + path)).status).toBe(200);
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    return (await fetch(`${gateway.url}/v1/models`, { headers })).status;
  };
  expect(await status({ allowedIps: ['127.0.0.0/8'] })).toBe(200);
  expect(await status({ allowedIps: ['10.0.0.0/8'] })).toBe(403);
  expect(await status({ allowedIps: ['10.0.0.0/8'] }, '10.1.1.1')).toBe(403);
  const trusted = { allowedIps: ['10.0.0.0/8'], trustedProxies: ['127.0.0.1'] };
  expect(await status(trusted, '10.1.1.1')).toBe(200);
  // The nearest word counts: what stands left of it is the caller's own claim.
  expect(await status(trusted, '10.1.1.1, 192.0.2.1')).toBe(403);
});

it('every answer has the request id and says that it is no page, refusals and streams too', async () => {
  const gateway = await startTestGateway(cleanup, {});
  for (const [path, body] of [
    ['/v1/chat/completions', CHAT],
    ['/v1/interactions', { unknown: 1 }],
    ['/none', {}],
  ] as const) {
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'my-id.1' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    expect(text).not.toMatch(/\.ts:\d+|node_modules/);
    expect([path, response.headers.get('x-request-id')]).toEqual([path, 'my-id.1']);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  }
  const { headers } = await getJson(gateway, '/health');
  expect(headers.get('x-request-id')).toMatch(/^[A-Za-z0-9_-]{8,}$/);
  const odd = await fetch(`${gateway.url}/health`, { headers: { 'x-request-id': 'a b<script>' } });
  expect(odd.headers.get('x-request-id')).not.toContain('<');
});

it('limits the URL, the head, the depth and the time of a request', async () => {
  const gateway = await startTestGateway(cleanup, {
    edge: { maxUrlChars: 256, maxJsonDepth: 8, requestMs: 500, maxHeaderBytes: 2048 },
  });
  expect((await getJson(gateway, `/v1/models?${'x'.repeat(300)}`)).status).toBe(400);
  const head = await fetch(`${gateway.url}/health`, { headers: { 'x-long': 'x'.repeat(4000) } });
  expect(head.status).toBe(431);
  const deep = await postJson(gateway, '/v1/interactions', `${'{"a":'.repeat(9)}1${'}'.repeat(9)}`);
  expect(deep.body.error.message).toContain('deeper than 8');
});

it('a page of turns is what follows an index, and the pages together are all', async () => {
  const gateway = await startTestGateway(cleanup, {});
  const id = (await postJson(gateway, '/v1/interactions', {})).body.interactionId;
  for (let n = 0; n < 7; n++)
    await postJson(gateway, `/v1/interactions/${id}/turns`, { messageId: `m${n}`, text: 'refund' });
  const seen: number[] = [];
  for (let after: string | undefined = '-1'; after !== undefined; ) {
    const { body } = await getJson(gateway, `/v1/interactions/${id}/turns?after=${after}&limit=3`);
    seen.push(...body.turns.map(({ turnIndex }: { turnIndex: number }) => turnIndex));
    after = body.next;
  }
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect((await getJson(gateway, `/v1/interactions/${id}/turns?after=6`)).body).toEqual({ turns: [] });
  expect((await getJson(gateway, `/v1/interactions/${id}/turns?after=x`)).status).toBe(400);
});

it('a bad body costs its caller the answer and not the connection', async () => {
  const gateway = await startTestGateway(cleanup, {});
  const text = await new Promise<string>((resolve, reject) => {
    let got = '';
    const socket = connect({ host: '127.0.0.1', port: gateway.port });
    const request = (body: string) =>
      `POST /v1/interactions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    socket.on('data', (chunk) => {
      got += chunk;
      if (got.includes('interactionId')) {
        socket.destroy();
        resolve(got);
      }
    });
    socket.setTimeout(3000, () => reject(new Error(got)));
    socket.write(request('{"a"') + request('{}'));
  });
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 201']);
});
