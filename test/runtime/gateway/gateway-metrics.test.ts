import { expect, it } from 'vitest';
import { GatewayMetrics } from '../../../runtime/telemetry/gateway-metrics.ts';

const sample = async (metrics: GatewayMetrics, name: string): Promise<number> => {
  const line = (await metrics.registry.metrics()).split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1));
};

it('takes milliseconds and exports seconds', async () => {
  const metrics = new GatewayMetrics();
  metrics.overhead(1.5, 0.5);
  metrics.attemptEnded({ provider: 'p', result: 'ok', firstTokenMs: 120, totalMs: 2500 });
  metrics.tokensUsed(
    { promptTokens: 10, cachedPromptTokens: 4, outputTokens: 7 },
    { queue_wait_ms: 5, prefill_ms: 40, decode_ms: 700, batch_sequences: 1, cached_prompt_tokens: 4 },
  );
  expect(await sample(metrics, 'busyhour_gateway_overhead_seconds_sum')).toBeCloseTo(0.002, 9);
  expect(await sample(metrics, 'busyhour_gateway_stage_seconds_sum{stage="before_provider"}')).toBeCloseTo(
    0.0015,
    9,
  );
  expect(await sample(metrics, 'busyhour_provider_first_token_seconds_sum{provider="p"}')).toBeCloseTo(
    0.12,
    9,
  );
  expect(await sample(metrics, 'busyhour_provider_request_seconds_sum{provider="p"}')).toBeCloseTo(2.5, 9);
  expect(await sample(metrics, 'busyhour_engine_queue_wait_seconds_sum')).toBeCloseTo(0.005, 9);
  expect(await sample(metrics, 'busyhour_engine_prefill_seconds_sum')).toBeCloseTo(0.04, 9);
  expect(await sample(metrics, 'busyhour_engine_decode_seconds_sum')).toBeCloseTo(0.7, 9);
  expect(await sample(metrics, 'busyhour_gateway_tokens_total{direction="output"}')).toBe(7);
});

it('a refused attempt has no first token', async () => {
  const metrics = new GatewayMetrics();
  metrics.attemptEnded({ provider: 'p', result: 'provider_error', firstTokenMs: undefined, totalMs: 10 });
  expect(await sample(metrics, 'busyhour_provider_first_token_seconds_count{provider="p"}')).toBeNaN();
  expect(await sample(metrics, 'busyhour_provider_request_seconds_count{provider="p"}')).toBe(1);
});

it('two gateways in one process count apart', async () => {
  const [first, second] = [new GatewayMetrics(), new GatewayMetrics()];
  first.requestEnded('/ready', 'ok');
  const name = 'busyhour_gateway_requests_total{route="/ready",outcome="ok"}';
  expect([await sample(first, name), await sample(second, name)]).toEqual([1, Number.NaN]);
});

it('utilisation is a ratio, and a gauge without a value shows zero rather than an old one', async () => {
  const metrics = new GatewayMetrics();
  let value: number | undefined = 5;
  metrics.addGauge('test_gauge', 'x', async () => value);
  expect(await sample(metrics, 'test_gauge')).toBe(5);
  value = undefined;
  expect(await sample(metrics, 'test_gauge')).toBe(0);
  const utilisation = await sample(metrics, 'busyhour_event_loop_utilisation_ratio');
  expect(utilisation).toBeGreaterThanOrEqual(0);
  expect(utilisation).toBeLessThanOrEqual(1);
});
