import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuthenticate } from '../../../runtime/gateway/auth.ts';
import { startGateway } from '../../../runtime/gateway/start-gateway.ts';
import { FaultError } from '../../../runtime/llm/fault.ts';
import { parseHashedKeys } from '../../../runtime/tenants/hashed-keys.ts';
import { readTenants, type TenantSources } from '../../../runtime/tenants/tenant-list.ts';
import { systemClock } from '../../../vocabulary/clock.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { Cleanup, getJson, openAiClient, postJson, startTestGateway } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const hash = (key: string): string => createHash('sha256').update(key).digest('hex');
const LINES = `# keys\nalpha:${hash('key-a')}\n\nbeta:${hash('key-b')}\n`;

describe('keys', () => {
  it('are parsed from lines or commas; a key in the clear is refused and not repeated', () => {
    const parsed = parseHashedKeys(LINES.replaceAll('\n', ','), 'x');
    expect(parsed.kind === 'ok' && parsed.value.map((key) => key.name)).toEqual(['alpha', 'beta']);
    const pasted = parseHashedKeys(`${LINES}gamma:sk-very-secret`, 'keys.txt');
    expect(pasted).toMatchObject({ kind: 'failed', failure: { code: 'INVALID_CONFIG' } });
    expect(JSON.stringify(pasted)).not.toContain('very-secret');
    expect(parseHashedKeys('# nothing', 'x')).toMatchObject({ kind: 'failed' });
  });

  it('come from every source that is named, and belong to one tenant', () => {
    const folder = mkdtempSync(join(tmpdir(), 'busyhour-keys-'));
    const [apiKeysFile, tenantsFile] = [join(folder, 'keys'), join(folder, 'tenants.yaml')];
    writeFileSync(apiKeysFile, LINES);
    const names = (sources: Partial<TenantSources>, more = '') =>
      readTenants({ tenants: [], apiKeysFile, apiKeysEnv: 'KEYS', ...sources }, { KEYS: more });
    const both = unwrap(names({}, `gamma:${hash('key-c')}`));
    expect(both.keys.map(({ tenant }) => tenant.name)).toEqual(['alpha', 'beta', 'gamma']);
    const twice = names({}, `gamma:${hash('key-a')}`);
    expect(twice).toMatchObject({ failure: { message: 'one key is given to two tenants: alpha and gamma' } });
    expect(names({}, `alpha:${hash('key-a')}`).kind).toBe('ok');
    writeFileSync(tenantsFile, 'tenants: [{ name: open }]');
    const [tenant] = unwrap(readTenants({ tenants: [], tenantsFile }, {})).tenants;
    expect(tenant?.name).toBe('open');
    const inline = { name: 'free', keys: [], limits: {}, cache: true, admin: false };
    expect(readTenants({ tenants: [inline], tenantsFile }, {})).toMatchObject({
      failure: { message: 'free and open have no keys; one tenant at most has none' },
    });
    writeFileSync(
      tenantsFile,
      'tenants: [{ name: open, keys: [sk-very-secret, { sha256: sk-very-secret }] }]',
    );
    const pasted = readTenants({ tenants: [], tenantsFile }, {});
    expect(pasted).toMatchObject({
      kind: 'failed',
      failure: { issues: [{ path: 'tenants[0].keys[0]' }, { path: 'tenants[0].keys[1].sha256' }, {}] },
    });
    expect(JSON.stringify(pasted)).not.toContain('very-secret');
    rmSync(folder, { recursive: true });
  });

  it('authenticate by their name, and nothing else does', () => {
    const list = unwrap(readTenants({ tenants: [], apiKeysEnv: 'KEYS' }, { KEYS: LINES }));
    const authenticate = createAuthenticate(() => list, systemClock);
    expect(authenticate('Bearer key-a', undefined)).toMatchObject({ name: 'alpha', limits: {} });
    expect(authenticate('bearer key-b', undefined)).toMatchObject({ name: 'beta', admin: false });
    for (const header of [
      undefined,
      '',
      'key-a',
      'Basic key-a',
      'Bearer ',
      'Bearer key-c',
      `Bearer ${hash('key-a')}`,
    ]) {
      expect(() => authenticate(header, undefined)).toThrow(FaultError);
    }
    const open = unwrap(readTenants({ tenants: [] }, {}));
    expect(createAuthenticate(() => open, systemClock)(undefined, undefined).name).toBe('default');
  });
});

it('a gateway with keys lets the OpenAI client in with one and answers 401 without; probes stay open', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-keys-'));
  const apiKeysFile = join(folder, 'keys');
  writeFileSync(apiKeysFile, LINES);
  const gateway = await startTestGateway(cleanup, { apiKeysFile });
  rmSync(folder, { recursive: true });
  const params = { model: 'm', messages: [{ role: 'user' as const, content: 'hello' }] };
  expect((await openAiClient(gateway, 'key-b').chat.completions.create(params)).object).toBe(
    'chat.completion',
  );
  const error = await openAiClient(gateway, 'wrong')
    .chat.completions.create(params)
    .catch((caught) => caught);
  expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
  expect(error).toMatchObject({ status: 401, code: 'caller_unauthenticated' });
  expect((await postJson(gateway, '/v1/interactions', {})).status).toBe(401);
  for (const path of ['/health', '/ready', '/openapi.json'])
    expect((await getJson(gateway, path)).status).toBe(200);
});

it('logs neither keys nor message texts', async () => {
  const lines: string[] = [];
  const gateway = await startGateway(
    { port: 0, logLevel: 'info', apiKeysEnv: 'KEYS' },
    { environment: { KEYS: LINES }, logDestination: { write: (line: string) => lines.push(line) } },
  );
  cleanup.add({ close: () => gateway.close(0) });
  const body = { messages: [{ role: 'user', content: 'my card is 4111 1111 1111 1111' }] };
  const headers = { authorization: 'Bearer key-a' };
  expect((await postJson(gateway, '/v1/chat/completions', body, headers)).status).toBe(200);
  await postJson(gateway, '/v1/chat/completions', body, { authorization: 'Bearer key-wrong' });
  const outcomes = lines.map((line) => JSON.parse(line).outcome);
  expect(outcomes).toEqual(['ok', 'caller_unauthenticated']);
  expect(lines.join('')).not.toMatch(/4111 1111|my card|key-a|key-wrong/);
});

it('a key environment variable that is empty stops the start instead of opening the door', async () => {
  await expect(startGateway({ port: 0, apiKeysEnv: 'KEYS' }, { environment: {} })).rejects.toMatchObject({
    failure: { code: 'INVALID_CONFIG' },
  });
});
