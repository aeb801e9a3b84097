import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { tenantOf } from '../../contracts/ledger-tenant.ts';
import { Cleanup, postJson, readMetric, startTestGateway, until } from '../support/gateway-rig.ts';
import { bearer, CHAT, chat, hello, pricedGateway, sha256, tenantWith } from './priced-gateway.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

describe('limits', () => {
  it('let so many through, say on each answer what is left, and refuse with the time to come back', async () => {
    const { gateway, entries } = await pricedGateway(cleanup, {
      tenants: [tenantWith({ requestsPerMin: 2, tokensPerMin: 100_000 })],
    });
    const first = await chat(gateway);
    expect(first.status).toBe(200);
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('2');
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('1');
    expect(first.headers.get('x-ratelimit-reset-requests')).toMatch(/^(1m[0-9.]+s|60s|59\.\d+s)$/);
    expect(Number(first.headers.get('x-ratelimit-remaining-tokens'))).toBeLessThan(100_000);
    expect((await chat(gateway)).status).toBe(200);
    const refused = await chat(gateway);
    expect(refused).toMatchObject({
      status: 429,
      body: { error: { code: 'policy_rate_limited', type: 'rate_limit_error' } },
    });
    const retryAfterS = Number(refused.headers.get('retry-after'));
    expect(retryAfterS).toBeGreaterThan(50);
    expect(retryAfterS).toBeLessThanOrEqual(61);
    const refusals = 'busyhour_tenant_refusals_total{tenant="acme",reason="policy_rate_limited"}';
    expect(await readMetric(gateway, refusals)).toBe(1);
    expect(entries.map(({ kind, tenant, fault }) => ({ kind, tenant, fault }))).toEqual([
      { kind: 'completion_answered', tenant: 'acme', fault: undefined },
      { kind: 'completion_answered', tenant: 'acme', fault: undefined },
      { kind: 'completion_refused', tenant: 'acme', fault: 'policy_rate_limited' },
    ]);
  });

  it('book what an answer cost, say it, and refuse when the budget is spent', async () => {
    const { gateway, ledger, entries } = await pricedGateway(cleanup, {
      tenants: [tenantWith({ dailyBudgetUsd: 0.02 })],
    });
    const answer = await chat(gateway, { ...hello, ignore_eos: true });
    const { usage } = answer.body;
    const costUsd = (usage.prompt_tokens + usage.completion_tokens) / 1000;
    expect(usage.completion_tokens).toBe(20);
    expect(Number(answer.headers.get('x-busyhour-cost-usd'))).toBeCloseTo(costUsd, 9);
    expect(entries[0]?.costUsd).toBeCloseTo(costUsd, 9);
    const tenant = tenantOf({ dailyBudgetUsd: 0.02 });
    expect((await ledger.read(tenant)).spentUsd).toBeCloseTo(costUsd, 9);
    expect((await ledger.read(tenant)).reservedUsd).toBe(0);
    const refused = await chat(gateway);
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'policy_budget_exhausted' } } });
    expect(refused.headers.get('x-should-retry')).toBe('false');
    expect(await readMetric(gateway, 'busyhour_tenant_cost_usd_total{tenant="acme"}')).toBeCloseTo(
      costUsd,
      9,
    );
  });

  it('hold for dialog turns, and a replayed turn costs nothing', async () => {
    const { gateway, ledger } = await pricedGateway(cleanup, {
      tenants: [tenantWith({ dailyBudgetUsd: 1000, maxConcurrent: 4 })],
      dialog: { maxOutputTokens: 10 },
    });
    const { body } = await postJson(gateway, '/v1/interactions', {}, bearer('key-a'));
    const path = `/v1/interactions/${body.id ?? body.interactionId}/turns`;
    const turn = { messageId: 'm-1', text: 'Where is my parcel?' };
    const first = await postJson(gateway, path, turn, bearer('key-a'));
    expect(first.status).toBe(200);
    const costUsd = Number(first.headers.get('x-busyhour-cost-usd'));
    expect(costUsd).toBeGreaterThan(0.01);
    const again = await postJson(gateway, path, turn, bearer('key-a'));
    expect(again.body.replayed).toBe(true);
    const totals = await ledger.read(tenantOf({}));
    expect(totals.spentUsd).toBeCloseTo(costUsd, 9);
    expect(totals.reservedUsd).toBe(0);
  });

  it('a turn reserves what its prompt may use, not a whole window; refused ones have a row a second', async () => {
    const { gateway, ledger, entries } = await pricedGateway(cleanup, {
      tenants: [tenantWith({ tokensPerMin: 600, dailyBudgetUsd: 1000 })],
      dialog: { maxOutputTokens: 50, contextTokens: 100_000 },
    });
    const { body } = await postJson(gateway, '/v1/interactions', {}, bearer('key-a'));
    const path = `/v1/interactions/${body.interactionId}/turns`;
    const send = (messageId: string, text: string) =>
      postJson(gateway, path, { messageId, text }, bearer('key-a'));
    const first = await send('m-1', 'Where is my parcel?');
    expect(first.status).toBe(200);
    expect(Number(first.headers.get('x-ratelimit-remaining-tokens'))).toBeLessThan(600);
    for (const messageId of ['m-2', 'm-3', 'm-4'])
      expect(await send(messageId, 'long '.repeat(500))).toMatchObject({
        status: 413,
        body: { error: { code: 'policy_request_too_large' } },
      });
    const refusals = entries.filter(({ kind }) => kind === 'turn_refused');
    expect(refusals.length).toBeGreaterThanOrEqual(1);
    expect(refusals.length).toBeLessThan(3);
    expect(refusals[0]).toMatchObject({
      tenant: 'acme',
      fault: 'policy_request_too_large',
      interactionId: body.interactionId,
      messageId: 'm-2',
    });
    const { spentUsd, reservedUsd } = await ledger.read(tenantOf({}));
    expect(reservedUsd).toBe(0);
    expect(spentUsd).toBeCloseTo(Number(first.headers.get('x-busyhour-cost-usd')), 9);
    // The refused message was not taken: the same id may come with a shorter text.
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer('key-a') },
      body: JSON.stringify({ messageId: 'm-2', text: 'Short.', stream: true }),
    });
    expect(response.headers.get('x-ratelimit-remaining-tokens')).not.toBeNull();
    expect(await response.text()).toContain('event: completed');
  });

  it('a model that reviews is reserved for too', async () => {
    const reserved = async (enabled: boolean): Promise<number> => {
      const { gateway } = await pricedGateway(cleanup, {
        tenants: [tenantWith({ tokensPerMin: 100_000 })],
        dialog: {
          maxOutputTokens: 50,
          supervisor: { mode: 'before', model: { enabled, onFailure: 'approve' } },
        },
      });
      const { body } = await postJson(gateway, '/v1/interactions', {}, bearer('key-a'));
      const path = `/v1/interactions/${body.interactionId}/turns`;
      const turn = await postJson(gateway, path, { messageId: 'm', text: 'hello' }, bearer('key-a'));
      return 100_000 - Number(turn.headers.get('x-ratelimit-remaining-tokens'));
    };
    // Two bytes a token: at least the draft at four bytes a token, and the reviewer's own 120 tokens.
    expect((await reserved(true)) - (await reserved(false))).toBeGreaterThan(120 + (50 * 4) / 2);
  });

  it('a client that leaves mid-stream pays for what was generated, and holds nothing after', async () => {
    const { gateway, ledger, entries } = await pricedGateway(
      cleanup,
      { tenants: [tenantWith({ dailyBudgetUsd: 1000 })] },
      5,
    );
    const leaving = new AbortController();
    const response = await fetch(gateway.url + CHAT, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer('key-a') },
      body: JSON.stringify({ ...hello, max_tokens: 1500, ignore_eos: true, stream: true }),
      signal: leaving.signal,
    });
    const reader = response.body?.getReader();
    for (let chunk = 0; chunk < 5; chunk++) await reader?.read();
    leaving.abort();
    const tenant = tenantOf({});
    await until(async () => (await ledger.read(tenant)).reservedUsd === 0, 'settling');
    const { spentUsd } = await ledger.read(tenant);
    expect(spentUsd).toBeGreaterThan(0);
    expect(spentUsd).toBeLessThan(1.5);
    await until(() => entries.length === 1, 'the audit row');
    expect(entries[0]).toMatchObject({ kind: 'completion_refused', fault: 'caller_disconnected' });
  });

  it('a stream says its cost beside its usage', async () => {
    const { gateway } = await pricedGateway(cleanup, { tenants: [tenantWith({ requestsPerMin: 5 })] });
    const response = await fetch(gateway.url + CHAT, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer('key-a') },
      body: JSON.stringify({ ...hello, stream: true, stream_options: { include_usage: true } }),
    });
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('4');
    const chunks = (await response.text())
      .split('\n\n')
      .filter((event) => event.startsWith('data: {'))
      .map((event) => JSON.parse(event.slice('data: '.length)));
    const last = chunks.find((chunk) => chunk.cost_usd !== undefined);
    expect(last.cost_usd).toBeCloseTo((last.usage.prompt_tokens + last.usage.completion_tokens) / 1000, 9);
  });
});

describe('the audit row of a completion', () => {
  it('comes before its answer: without it there is no answer, whole or streamed', async () => {
    const { gateway, state } = await pricedGateway(cleanup, { tenants: [tenantWith({})] });
    state.failing = true;
    expect(await chat(gateway)).toMatchObject({
      status: 503,
      body: { error: { code: 'gateway_store_unavailable' } },
    });
    const response = await fetch(gateway.url + CHAT, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer('key-a') },
      body: JSON.stringify({ ...hello, stream: true }),
    });
    const text = await response.text();
    expect(text).toContain('gateway_store_unavailable');
    expect(text).not.toContain('[DONE]');
  });

  it('is not written when switched off', async () => {
    const { gateway, entries, state } = await pricedGateway(cleanup, { audit: { completions: false } });
    state.failing = true;
    expect((await chat(gateway)).status).toBe(200);
    expect(entries).toEqual([]);
  });
});

describe('who may call', () => {
  it('follows the tenants file when it changes, and stays when a change is wrong', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'busyhour-tenants-'));
    cleanup.add({ close: async () => rmSync(folder, { recursive: true }) });
    const tenantsFile = join(folder, 'tenants.yaml');
    const write = (text: string): void => writeFileSync(tenantsFile, text);
    write(`tenants:\n  - { name: acme, keys: [${sha256('key-a')}] }\n`);
    const gateway = await startTestGateway(cleanup, { tenantsFile });
    expect((await chat(gateway, hello, 'key-a')).status).toBe(200);
    expect((await chat(gateway, hello, 'key-b')).status).toBe(401);
    write(`tenants:\n  - { name: acme, keys: [${sha256('key-a')}, { sha256: ${sha256('key-b')} }] }\n`);
    await until(async () => (await chat(gateway, hello, 'key-b')).status === 200, 'the new key', 5000);
    write('tenants: [{ name: acme, keys: [sk-in-the-clear] }]\n');
    const refused = 'busyhour_tenants_reloads_total{result="refused"}';
    await until(async () => (await readMetric(gateway, refused)) === 1, 'the refusal', 5000);
    expect((await chat(gateway, hello, 'key-b')).status).toBe(200);
  });

  it('depends on address and date of the key', async () => {
    const far = tenantWith(
      {},
      { name: 'far', keys: [sha256('far')], allowedIps: ['10.0.0.0/8', '2001:db8::/32'] },
    );
    const near = tenantWith({}, { name: 'near', keys: [sha256('near')], allowedIps: ['127.0.0.0/8', '::1'] });
    const old = { sha256: sha256('old'), expiresAt: '2020-01-01T00:00:00Z' };
    const rotating = tenantWith({}, { name: 'rotating', keys: [old, sha256('new')] });
    const gateway = await startTestGateway(cleanup, { tenants: [far, near, rotating] });
    expect(await chat(gateway, hello, 'far')).toMatchObject({
      status: 403,
      body: { error: { code: 'policy_ip_denied' } },
    });
    expect((await chat(gateway, hello, 'near')).status).toBe(200);
    expect((await chat(gateway, hello, 'new')).status).toBe(200);
    expect(await chat(gateway, hello, 'old')).toMatchObject({
      status: 401,
      body: { error: { code: 'caller_unauthenticated', message: 'This API key has expired.' } },
    });
  });

  it('a tenant without keys is that of callers without one, and only one may be', async () => {
    const gateway = await startTestGateway(cleanup, {
      tenants: [tenantWith({}), { name: 'guests', limits: { requestsPerMin: 1 } }],
    });
    expect((await postJson(gateway, CHAT, hello)).status).toBe(200);
    expect((await postJson(gateway, CHAT, hello)).status).toBe(429);
    expect((await chat(gateway)).status).toBe(200);
    expect((await chat(gateway, hello, 'wrong')).status).toBe(401);
    const twice = [{ name: 'a' }, { name: 'b' }, tenantWith({}), tenantWith({})];
    await expect(startTestGateway(cleanup, { tenants: twice })).rejects.toMatchObject({
      failure: {
        issues: [{ path: 'tenants[1].keys' }, { path: 'tenants[3].name' }, { path: 'tenants[3].keys[0]' }],
      },
    });
  });
});
