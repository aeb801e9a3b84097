import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { ALL_METRICS } from '../../../runtime/telemetry/all-metrics.ts';
import { GatewayMetrics } from '../../../runtime/telemetry/gateway-metrics.ts';
import type { LabelValues } from '../../../runtime/telemetry/metric-row.ts';
import { type Family, parseExposition } from '../support/prometheus-text.ts';
import { type BusyGateway, SECRETS, startBusyGateway } from './busy-gateway.ts';
import { binary } from './prometheus-binaries.ts';

let busy: BusyGateway;
let text: string;
let families: ReadonlyMap<string, Family>;

const scrape = async ({ url }: RunningGateway): Promise<string> => (await fetch(`${url}/metrics`)).text();

beforeAll(async () => {
  busy = await startBusyGateway();
  await busy.serve();
  text = await scrape(busy.gateway);
  families = parseExposition(text);
});
afterAll(() => busy.close());

const takes = (values: LabelValues | undefined, value: string): boolean =>
  values !== undefined && ('atMost' in values || values.includes(value) || value === 'other');

const valueOfSample = (name: string, labels: Record<string, string> = {}): number =>
  [...families.values()]
    .flatMap(({ samples }) => samples)
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);

describe('the table of metrics', () => {
  it('is what a gateway exports, name by name, with type, help and labels', () => {
    expect([...families.keys()].toSorted()).toEqual(Object.keys(ALL_METRICS).toSorted());
    for (const [name, row] of Object.entries(ALL_METRICS)) {
      const family = families.get(name);
      expect([name, family?.type, family?.help]).toEqual([name, row.type, row.help]);
      for (const { labels } of family?.samples ?? []) {
        for (const [label, value] of Object.entries(labels)) {
          if (label === 'le') continue;
          expect(takes(row.labels[label], value), `${name}{${label}="${value}"}`).toBe(true);
        }
      }
    }
  });

  it('names units as Prometheus asks', () => {
    for (const [name, row] of Object.entries(ALL_METRICS)) {
      if (row.type === 'counter') expect(name).toMatch(/_total$/);
      else expect(name).not.toMatch(/_total$/);
      if (row.unit === 'seconds') expect(name).toMatch(/_seconds(_total)?$/);
      if (row.unit === 'bytes') expect(name).toMatch(/_bytes$/);
      if (row.unit === 'USD') expect(name).toMatch(/_usd(_total)?$/);
      if (row.unit === 'ratio') expect(name).toMatch(/_ratio$/);
    }
  });

  it('is filled by traffic: what was served is what is counted', () => {
    const chat = { route: '/v1/chat/completions' };
    expect(valueOfSample('busyhour_gateway_requests_total', { ...chat, outcome: 'ok' })).toBe(6);
    expect(valueOfSample('busyhour_gateway_requests_total', { outcome: 'caller_unauthenticated' })).toBe(1);
    expect(valueOfSample('busyhour_gateway_request_seconds_count', chat)).toBe(10);
    expect(valueOfSample('busyhour_gateway_first_token_seconds_count')).toBe(1);
    // 12 tokens of one step each, in one text each or more than one.
    expect(valueOfSample('busyhour_gateway_inter_token_seconds_count')).toBeGreaterThan(1);
    expect(valueOfSample('busyhour_gateway_inter_token_seconds_count')).toBeLessThan(12);
    expect(valueOfSample('busyhour_cache_lookups_total', { result: 'miss' })).toBeGreaterThan(1);
    expect(
      valueOfSample('busyhour_provider_tokens_total', { provider: 'local', direction: 'output' }),
    ).toBeGreaterThan(5 + 5 + 12);
    expect(valueOfSample('busyhour_dialog_turns_total', { result: 'answered' })).toBe(2);
    expect(valueOfSample('busyhour_dialog_turns_total', { result: 'replayed' })).toBe(1);
    expect(valueOfSample('busyhour_provider_attempts_total', { provider: 'down', result: 'ok' })).toBe(0);
    expect(valueOfSample('busyhour_provider_attempts_total', { provider: 'down' })).toBeGreaterThan(0);
    expect(valueOfSample('busyhour_store_operation_seconds_count', { access: 'write' })).toBeGreaterThan(3);
    expect(valueOfSample('busyhour_build_info')).toBe(1);
    expect(valueOfSample('busyhour_gateway_in_flight_limit_requests')).toBe(1024);
    expect(valueOfSample('busyhour_tenant_requests_total', { tenant: 'care' })).toBeGreaterThan(3);
    expect(valueOfSample('busyhour_tenant_refusals_total', { tenant: 'poor' })).toBe(1);
    expect(valueOfSample('busyhour_tenant_budget_usd', { tenant: 'care' })).toBe(100);
    for (const stage of ['auth', 'parse', 'limits', 'store', 'before_provider', 'after_provider']) {
      expect(valueOfSample('busyhour_gateway_stage_seconds_count', { stage }), stage).toBeGreaterThan(0);
    }
  });

  it('holds nothing that callers say', () => {
    for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret);
  });
});

describe.skipIf(binary('promtool') === undefined)('promtool (skipped where it is not installed)', () => {
  it('has no complaint about a scrape of a gateway that has served everything', () => {
    const check = spawnSync(binary('promtool') ?? '', ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    expect([check.status, check.stdout, check.stderr]).toEqual([0, '', '']);
  });

  it('would complain: it is asked about a gauge named as a counter', () => {
    const input = '# HELP a_total x\n# TYPE a_total gauge\na_total 1\n';
    const check = spawnSync(binary('promtool') ?? '', ['check', 'metrics'], { input, encoding: 'utf8' });
    expect(check.status).not.toBe(0);
  });
});

describe('labels', () => {
  const seriesOf = async (metrics: GatewayMetrics): Promise<number> =>
    (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith('busyhour_')).length;

  it('are bounded: random values make no more series than the table allows', async () => {
    const metrics = new GatewayMetrics();
    try {
      const feed = (): void => {
        for (let index = 0; index < 20_000; index++) {
          const random = Math.random().toString(36);
          metrics.requestEnded(`/v1/${random}`, random as 'ok', 1);
          metrics.answerEnded(random as 'complete', random as 'primary');
          metrics.turnEnded(random as 'answered', random);
          metrics.attemptEnded({ provider: random, result: random as 'ok', firstTokenMs: 1, totalMs: 1 });
          metrics.stageEnded(random as 'auth', 1);
        }
      };
      feed();
      const first = await seriesOf(metrics);
      feed();
      expect(await seriesOf(metrics)).toBe(first);
      expect(first).toBeLessThan(5000);
      const page = await metrics.registry.metrics();
      expect(page).toMatch(/busyhour_gateway_answers_total\{outcome="other",level="other"\} 40000/);
    } finally {
      metrics.close();
    }
  });

  it('are bounded at the door too: made-up paths and methods share one series', async () => {
    const count = async () => (await scrape(busy.gateway)).match(/^busyhour_/gm)?.length;
    await fetch(`${busy.gateway.url}/first`);
    const before = await count();
    for (let index = 0; index < 50; index++) await fetch(`${busy.gateway.url}/${Math.random()}/x`);
    expect(await count()).toBe(before);
  });
});
