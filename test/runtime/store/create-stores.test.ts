import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type GatewayConfigInput, resolveGatewayConfig } from '../../../runtime/config.ts';
import { createStores } from '../../../runtime/store/create-stores.ts';
import { retentionLimitsAt } from '../../../runtime/store/retention.ts';
import { systemClock } from '../../../vocabulary/clock.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { created, interactionOf } from '../../contracts/history-fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'busyhour-stores-'));
afterAll(() => rmSync(folder, { recursive: true }));

const create = (input: GatewayConfigInput, environment: NodeJS.ProcessEnv = {}) =>
  createStores(unwrap(resolveGatewayConfig(input)), { clock: systemClock, environment });

it.each<[string, GatewayConfigInput, string]>([
  ['a PostgreSQL without its URL', { history: { kind: 'postgres' } }, 'BUSYHOUR_POSTGRES_URL'],
  ['a Redis without its URL', { contexts: { kind: 'redis' }, redis: { urlEnv: 'MY_REDIS' } }, 'MY_REDIS'],
  ['a lock without its Redis', { lock: { kind: 'redis' } }, 'BUSYHOUR_REDIS_URL'],
  ['an audit secret that is not set', { auditSecretEnv: 'AUDIT_SECRET' }, 'AUDIT_SECRET'],
])('refuses %s, and names the variable', async (_what, input, variable) => {
  const result = await create(input);
  expect(result).toMatchObject({ kind: 'failed', failure: { code: 'INVALID_CONFIG' } });
  expect(result.kind === 'failed' && result.failure.message).toContain(variable);
});

it('starts while its PostgreSQL is down, and says so when asked', async () => {
  const url = 'postgresql://postgres@127.0.0.1:1/postgres';
  const stores = unwrap(await create({ history: { kind: 'postgres' } }, { BUSYHOUR_POSTGRES_URL: url }));
  await expect(stores.ping()).rejects.toThrow();
  await stores.close();
});

it('purges on its schedule until the close', async () => {
  const path = join(folder, 'purged.sqlite');
  const retention = { turnsDays: 1, everyMs: 1000 };
  const stores = unwrap(await create({ history: { kind: 'sqlite', path }, retention }));
  const { history } = stores;
  await history.createInteraction(interactionOf('old'), created(interactionOf('old')));
  const young = { ...interactionOf('young'), createdAtUnixMs: Date.now(), updatedAtUnixMs: Date.now() };
  await history.createInteraction(young, created(young));
  stores.beginRetention((error) => expect.fail(String(error)));
  const deadlineMs = performance.now() + 10_000;
  while ((await history.findInteraction('old')) !== undefined && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(await history.findInteraction('old')).toBeUndefined();
  expect(await history.findInteraction('young')).toEqual(young);
  await stores.close();
});

it('keeps everything where nothing is said about keeping', () => {
  expect(retentionLimitsAt({ everyMs: 1000 }, 5)).toBeUndefined();
  expect(retentionLimitsAt({ everyMs: 1000, auditDays: 2 }, 200_000_000)).toEqual({
    auditBeforeUnixMs: 200_000_000 - 2 * 24 * 3600 * 1000,
  });
});
