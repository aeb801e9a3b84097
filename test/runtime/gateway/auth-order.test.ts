import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ROUTES } from '../../../runtime/gateway/routes.ts';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { Cleanup, postJson, startTestGateway } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const KEY = 'sk-test-3f9c1a77e2d84b06';
const WRONG = 'sk-wrong-5b20c8d1aa6e4f93';
const log: string[] = [];
let gateway: RunningGateway;

beforeEach(async () => {
  log.length = 0;
  const sha256 = createHash('sha256').update(KEY).digest('hex');
  gateway = await startTestGateway(
    cleanup,
    { apiKeysEnv: 'KEYS', logLevel: 'debug' },
    { environment: { KEYS: `team:${sha256}` }, logDestination: { write: (line) => void log.push(line) } },
  );
});

const unauthenticated = {
  status: 401,
  body: { error: { type: 'authentication_error', code: 'caller_unauthenticated', param: null } },
};

it.each(['{"messages":', '{}', '[[[[', 'x'.repeat(5000)])(
  'without a key no body is looked at: %s',
  async (body) => {
    expect(await postJson(gateway, '/v1/chat/completions', body)).toMatchObject(unauthenticated);
  },
);

it('answers 401 from the head alone, before the announced body has come', async () => {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.write(
    'POST /v1/interactions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900000\r\n\r\n',
  );
  const [data] = await once(socket, 'data');
  expect(String(data)).toMatch(/^HTTP\/1\.1 401 /);
  socket.destroy();
});

it('every route but the probes asks for a key', async () => {
  for (const { method, path, authenticated } of ROUTES) {
    const response = await fetch(gateway.url + path.replace(':id', 'x'), { method });
    await response.text();
    expect([path, response.status === 401]).toEqual([path, authenticated]);
  }
  expect(ROUTES.filter(({ authenticated }) => !authenticated).map(({ path }) => path)).toEqual([
    '/health',
    '/ready',
    '/metrics',
  ]);
});

it('no key, right or wrong, in part or hashed, is in any log line', async () => {
  for (const header of [`Bearer ${KEY}`, `Bearer ${WRONG}`, `Basic ${WRONG}`, WRONG]) {
    await postJson(gateway, `/v1/interactions?api_key=${WRONG}`, { bad: KEY }, { authorization: header });
  }
  await gateway.close(0);
  const text = log.join('');
  expect(log.length).toBeGreaterThanOrEqual(4);
  expect(text).toContain('caller_unauthenticated');
  for (const secret of [KEY, WRONG]) {
    expect(text).not.toContain(secret.slice(0, 12));
    expect(text).not.toContain(createHash('sha256').update(secret).digest('hex'));
  }
});
