import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { redisBinary, startRedis } from '../../support/redis.ts';
import { Cleanup, readMetric, startTestGateway, until } from '../support/gateway-rig.ts';
import { chat, hello, sha256, type TenantInput, tenantWith } from './priced-gateway.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

describe.skipIf(redisBinary() === undefined)('gateways on one Redis (needs redis-server)', () => {
  it('share a tenant’s limits; without Redis limited tenants get 503 and others go on', async () => {
    const redis = await startRedis();
    cleanup.add({ close: () => redis.stop() });
    const environment = { LEDGER: redis.url };
    const config: GatewayConfigInput = {
      tenants: [tenantWith({ requestsPerMin: 3 }), { name: 'free', keys: [sha256('free')] }],
      ledger: { kind: 'redis' },
      redis: { urlEnv: 'LEDGER', commandMs: 5000 },
    };
    const [one, two] = [
      await startTestGateway(cleanup, config, { environment }),
      await startTestGateway(cleanup, config, { environment }),
    ];
    const statuses: number[] = [];
    for (const gateway of [one, two, one, two, one]) statuses.push((await chat(gateway)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    await redis.kill();
    await until(async () => (await chat(one)).status === 503, 'failing closed');
    expect((await chat(one)).body.error.code).toBe('gateway_store_unavailable');
    expect((await chat(one, hello, 'free')).status).toBe(200);
    expect(await readMetric(one, 'busyhour_ledger_failures_total{operation="reserve"}')).toBeGreaterThan(0);
    await redis.restart();
    await until(async () => (await chat(one)).status === 200, 'being back');
  });

  it('are not ready without it where all who call have limits and may not go on uncounted', async () => {
    const redis = await startRedis();
    cleanup.add({ close: () => redis.stop() });
    const base: GatewayConfigInput = {
      ledger: { kind: 'redis' },
      redis: { urlEnv: 'LEDGER', commandMs: 5000 },
    };
    const limited = tenantWith({ requestsPerMin: 3 });
    const start = (config: GatewayConfigInput) =>
      startTestGateway(cleanup, { ...base, ...config }, { environment: { LEDGER: redis.url } });
    const admin: TenantInput = { name: 'operations', keys: [sha256('admin')], admin: true };
    const closed = await start({ tenants: [limited, admin] });
    const open = await start({ tenants: [limited, admin], onLedgerFailure: 'open' });
    const mixed = await start({ tenants: [limited, { name: 'free', keys: [sha256('free')] }] });
    const ready = async (gateway: RunningGateway) => (await fetch(`${gateway.url}/ready`)).status;
    for (const gateway of [closed, open, mixed]) expect(await ready(gateway)).toBe(200);
    await redis.kill();
    await until(async () => (await ready(closed)) === 503, 'not being ready');
    expect(await ready(open)).toBe(200);
    expect(await ready(mixed)).toBe(200);
    await redis.restart();
    await until(async () => (await ready(closed)) === 200, 'being ready');
  });
});
