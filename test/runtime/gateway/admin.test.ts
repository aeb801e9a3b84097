import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { Cleanup, type JsonAnswer, postJson, startTestGateway } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'busyhour-admin-'));
});
afterEach(async () => {
  await cleanup.run();
  rmSync(folder, { recursive: true });
});

const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');
const tenants = [
  { name: 'shop', keys: [sha256('shop-key')], limits: { dailyBudgetUsd: 5 } },
  { name: 'ops', keys: [sha256('ops-key')], admin: true },
];
const ADMIN = { authorization: 'Bearer ops-key' };
const SHOP = { authorization: 'Bearer shop-key' };

async function read(
  gateway: RunningGateway,
  path: string,
  headers: Record<string, string> = ADMIN,
): Promise<Pick<JsonAnswer, 'status' | 'body'>> {
  const response = await fetch(`${gateway.url}/v1/admin/${path}`, { headers });
  return { status: response.status, body: await response.json() };
}
const change = (gateway: RunningGateway, path: string, body: unknown, headers = ADMIN) =>
  postJson(gateway, `/v1/admin/${path}`, body, headers);

it('is for tenants that may administer, and not there at all where it is off', async () => {
  const gateway = await startTestGateway(cleanup, { tenants });
  expect((await read(gateway, 'queue', {})).status).toBe(401);
  const refused = await read(gateway, 'queue', SHOP);
  expect([refused.status, refused.body.error.code]).toEqual([403, 'caller_forbidden']);
  expect((await read(gateway, 'queue')).status).toBe(200);
  const open = await startTestGateway(cleanup, {});
  expect((await read(open, 'queue', {})).status).toBe(403);
  const off = await startTestGateway(cleanup, { tenants, admin: { enabled: false } });
  expect((await read(off, 'queue')).status).toBe(404);
  expect((await change(off, 'drain', {})).status).toBe(404);
});

it('shows who waits for a person, lets one be taken and resolved, and deletes a customer: each change audited', async () => {
  const path = join(folder, 'h.sqlite');
  const gateway = await startTestGateway(cleanup, { tenants, history: { kind: 'sqlite', path } });
  const ids: string[] = [];
  for (const customerId of ['c1', 'c2']) {
    const { body } = await postJson(gateway, '/v1/interactions', { customerId }, SHOP);
    ids.push(body.interactionId);
    await postJson(
      gateway,
      `/v1/interactions/${body.interactionId}/turns`,
      { messageId: 'm', text: 'refund' },
      SHOP,
    );
  }
  const [first = '', second = ''] = ids;
  await postJson(gateway, `/v1/interactions/${first}/escalate`, { reason: 'asked' }, SHOP);
  const waiting = (await read(gateway, 'escalations')).body.items;
  expect(waiting).toMatchObject([{ interactionId: first, tenant: 'shop', state: 'handed-off' }]);
  expect(waiting[0].handOver.summary.length).toBeGreaterThan(0);
  expect(JSON.stringify(waiting)).not.toContain('customerHash');
  const taken = await change(gateway, `escalations/${first}/take`, { by: 'Kim' });
  expect(taken.body).toMatchObject({ interactionId: first, reason: 'taken by Kim' });
  expect((await change(gateway, `escalations/${second}/take`, { by: 'Kim' })).status).toBe(409);
  expect((await change(gateway, 'escalations/none/take', { by: 'Kim' })).status).toBe(404);
  expect((await change(gateway, `escalations/${first}/resolve`, { reason: 'solved' })).body.state).toBe(
    'closed',
  );
  expect((await read(gateway, 'escalations')).body.items).toEqual([]);
  const page = (await read(gateway, 'interactions?limit=1')).body;
  const rest = (await read(gateway, `interactions?limit=1&after=${encodeURIComponent(page.next)}`)).body;
  expect(
    [...page.items, ...rest.items]
      .map(({ interactionId }: { interactionId: string }) => interactionId)
      .toSorted(),
  ).toEqual(ids.toSorted());
  expect((await read(gateway, 'analytics')).body).toMatchObject({
    interactions: 2,
    turns: 2,
    escalations: 1,
  });
  expect((await read(gateway, 'providers')).body.providers).toMatchObject([
    { name: 'keyword', breaker: 'closed', probe: 'up' },
  ]);
  expect((await read(gateway, 'tenants')).body.tenants).toMatchObject([
    { name: 'shop', limits: { dailyBudgetUsd: 5 }, spentUsd: 0 },
    { name: 'ops', admin: true },
  ]);
  expect((await change(gateway, 'customers/delete', { customerId: 'c2' })).body).toMatchObject({
    interactions: 1,
    turns: 1,
  });
  const kept = await fetch(`${gateway.url}/v1/interactions/${second}`, { headers: SHOP });
  expect(await kept.text()).not.toContain('"customerText":"refund"');
  expect((await change(gateway, 'drain', {})).body.status).toBe('draining');
  expect((await fetch(`${gateway.url}/ready`)).status).toBe(503);
  await cleanup.run();
  const database = new DatabaseSync(path);
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%audit%'")
    .all();
  const rows = tables.flatMap(({ name }) => database.prepare(`SELECT * FROM ${String(name)}`).all());
  const text = JSON.stringify(rows);
  database.close();
  for (const action of ['take_escalation', 'resolve_escalation', 'delete_customer', 'drain'])
    expect(text).toContain(action);
});

it('a taking names the administrator in the audit trail, and never opens again what was closed meanwhile', async () => {
  const path = join(folder, 'h.sqlite');
  const gateway = await startTestGateway(cleanup, { tenants, history: { kind: 'sqlite', path } });
  const begin = async () => (await postJson(gateway, '/v1/interactions', {}, SHOP)).body.interactionId;
  const taken = await begin();
  await postJson(gateway, `/v1/interactions/${taken}/escalate`, { reason: 'asked' }, SHOP);
  const { status, headers } = await change(gateway, `escalations/${taken}/take`, { by: 'Kim' });
  expect(status).toBe(200);
  await change(gateway, `escalations/${taken}/take`, { by: 'Lee' });
  expect((await read(gateway, 'escalations')).body.items[0]).toMatchObject({ reason: 'taken by Lee' });
  for (let round = 0; round < 20; round++) {
    const id = await begin();
    await postJson(gateway, `/v1/interactions/${id}/escalate`, { reason: 'asked' }, SHOP);
    const takings = Array.from({ length: 4 }, (_, n) =>
      change(gateway, `escalations/${id}/take`, { by: `K${n}` }),
    );
    const closing = postJson(gateway, `/v1/interactions/${id}/close`, { reason: 'done' }, SHOP);
    const answers = await Promise.all([...takings, closing]);
    expect([200, 409]).toEqual(expect.arrayContaining(answers.map((answer) => answer.status)));
    const answer = await fetch(`${gateway.url}/v1/interactions/${id}`, { headers: SHOP });
    expect(await answer.json()).toMatchObject({ state: 'closed', reason: 'done' });
  }
  await cleanup.run();
  const database = new DatabaseSync(path);
  const rows = database
    .prepare(
      "SELECT body FROM audit WHERE kind = 'admin_action' AND interaction_id = ? ORDER BY chain, sequence",
    )
    .all(taken)
    .map(({ body }) => JSON.parse(String(body)));
  database.close();
  const decided = (by: string) => [{ step: 'admin', outcome: 'take_escalation', reason: `taken by ${by}` }];
  expect(rows).toMatchObject([
    { tenant: 'ops', requestId: headers.get('x-request-id'), decisions: decided('Kim') },
    { tenant: 'ops', decisions: decided('Lee') },
  ]);
});

it('refuses what it would otherwise bend: sizes of pages, windows without time, texts that have no UTF-8', async () => {
  const gateway = await startTestGateway(cleanup, { tenants });
  for (const [path, param] of [
    ['interactions?limit=0', 'limit'],
    ['escalations?limit=501', 'limit'],
    ['analytics?fromUnixMs=2000&toUnixMs=1000', 'fromUnixMs'],
  ] as const) {
    const { status, body } = await read(gateway, path);
    expect([path, status, body.error.param]).toEqual([path, 400, param]);
  }
  expect((await read(gateway, 'analytics?fromUnixMs=1000&toUnixMs=2000')).status).toBe(200);
  const half = '\ud800';
  for (const [path, body] of [
    ['escalations/x/take', { by: half }],
    ['escalations/x/resolve', { reason: half }],
    ['customers/delete', { customerId: half }],
  ] as const)
    expect((await change(gateway, path, body)).status).toBe(400);
});
