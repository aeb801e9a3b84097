import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { GATEWAY_VERSION } from '../../runtime/gateway/version.ts';
import { gatewayConfigSchema, resolveGatewayConfig, startGateway } from '../../runtime/index.ts';
import { BusyhourError } from '../../vocabulary/errors.ts';

it('resolves an empty configuration to a complete one, and that one to itself', () => {
  const first = resolveGatewayConfig({});
  if (first.kind === 'failed') throw new Error(first.failure.message);
  expect(first.value).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    providers: [{ kind: 'keyword', name: 'keyword' }],
    history: { kind: 'memory' },
    timeouts: { firstTokenMs: 30_000 },
  });
  expect(gatewayConfigSchema.parse(first.value)).toEqual(first.value);
});

it('lists every problem with path, expected, got and fix', () => {
  const result = resolveGatewayConfig({
    port: 70_000,
    providers: [
      { kind: 'grpc', name: 'a', address: 'nowhere' },
      { kind: 'openai', name: 'Bad Name', baseUrl: 'ftp://x' },
      { kind: 'magic', name: 'b' },
    ],
    timeouts: { idleMs: 0 },
    surprise: 1,
  });
  if (result.kind === 'ok') throw new Error('accepted');
  expect(result.failure.code).toBe('INVALID_CONFIG');
  const paths = result.failure.issues.map((issue) => issue.path);
  for (const path of [
    'port',
    'providers[0].address',
    'providers[1].name',
    'providers[1].baseUrl',
    'providers[2].kind',
    'timeouts.idleMs',
    '(root)',
  ]) {
    expect(paths).toContain(path);
  }
  for (const issue of result.failure.issues) expect(issue.expected && issue.got && issue.fix).toBeTruthy();
});

it('sees what only shows across fields', () => {
  const keyword = { kind: 'keyword', name: 'k' };
  const twice = resolveGatewayConfig({ providers: [keyword, keyword], maxOutputTokens: 10 });
  if (twice.kind === 'ok') throw new Error('accepted');
  expect(twice.failure.issues.map((issue) => issue.path)).toEqual([
    'providers[1].name',
    'defaultOutputTokens',
  ]);
});

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof BusyhourError ? error.failure : error),
  );

it('a port in use is PORT_IN_USE, and a history that cannot be opened is named', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  expect(await failureOf(startGateway({ port, logLevel: 'silent' }))).toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(String(port)),
  });
  server.close();
  const history = { kind: 'sqlite' as const, path: '/dev/null/x/history.sqlite' };
  expect(await failureOf(startGateway({ port: 0, history }))).toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' });
  expect(
    await failureOf(startGateway({ port: 0, host: 'no.such.host.invalid', logLevel: 'silent' })),
  ).toMatchObject({
    code: 'INVALID_CONFIG',
  });
});

it('the version is that of the package', () => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  expect(GATEWAY_VERSION).toBe(JSON.parse(text).version);
});
