import { afterEach, expect, it } from 'vitest';
import { startAnthropicServer } from '../../contracts/wire-server-anthropic.ts';
import { chunkOf, startFaultServer } from '../support/fault-server.ts';
import { Cleanup, openAiClient, readMetric, startTestGateway, until } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const ASK = {
  model: 'm',
  messages: [{ role: 'user' as const, content: 'hello' }],
  max_tokens: 5,
  temperature: 0,
};

it('a gateway before the Messages API answers OpenAI’s client, counts cost, and gives a greedy answer twice', async () => {
  const vendor = cleanup.add(await startAnthropicServer());
  const price = { inputUsdPerMTok: 3, cachedInputUsdPerMTok: 0.3, outputUsdPerMTok: 15 };
  const gateway = await startTestGateway(
    cleanup,
    {
      providers: [
        {
          kind: 'anthropic',
          name: 'vendor',
          model: 'claude-test',
          baseUrl: vendor.url,
          apiKeyEnv: 'VENDOR_KEY',
          price,
        },
      ],
      cache: {},
      egress: { allowedHosts: ['127.0.0.1'] },
    },
    { environment: { VENDOR_KEY: 'secret' } },
  );
  const client = openAiClient(gateway);
  const fresh = await client.chat.completions.create(ASK).withResponse();
  const again = await client.chat.completions.create(ASK).withResponse();
  expect([fresh, again].map(({ response }) => response.headers.get('x-busyhour-cache'))).toEqual([
    null,
    'hit',
  ]);
  expect(again.data.choices[0]?.message.content).toBe(fresh.data.choices[0]?.message.content);
  expect(fresh.data.usage).toMatchObject({ prompt_tokens: 23, completion_tokens: 5 });
  expect(vendor.asked).toHaveLength(1);
  expect(await readMetric(gateway, 'busyhour_cache_lookups_total{result="hit"}')).toBe(1);
  expect(await readMetric(gateway, 'busyhour_cache_hit_ratio')).toBe(0.5);
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  // 16 plain and written at 3, 7 cached at 0.30, 5 out at 15: paid once.
  const costs = [...text.matchAll(/^busyhour_provider_cost_usd_total\{[^}]*\} (\S+)$/gm)].map(([, usd]) =>
    Number(usd),
  );
  expect(costs.reduce((sum, usd) => sum + usd, 0)).toBeCloseTo((16 * 3 + 7 * 0.3 + 5 * 15) / 1e6, 12);
});

it('a client that leaves the line before a provider frees its place in it, and the provider never hears of it', async () => {
  const vendor = cleanup.add(
    await startFaultServer({ kind: 'stream', events: [chunkOf('one')], ending: 'stall' }),
  );
  const queue = { maxConcurrent: 1, maxQueued: 5, maxWaitMs: 20_000 };
  const gateway = await startTestGateway(cleanup, {
    providers: [{ kind: 'openai', name: 'vendor', model: 'm', baseUrl: vendor.baseUrl, queue }],
  });
  const client = openAiClient(gateway);
  const stream = { ...ASK, stream: true as const };
  const holding = await client.chat.completions.create(stream);
  const asked = vendor.requests();
  const leaving = new AbortController();
  const waiting = client.chat.completions.create(stream, { signal: leaving.signal }).catch((error) => error);
  const depth = () => readMetric(gateway, 'busyhour_provider_queue_depth_requests{provider="vendor"}');
  await until(async () => (await depth()) === 1, 'somebody to stand in line');
  leaving.abort();
  await waiting;
  await until(async () => (await depth()) === 0, 'the line to be empty');
  const left = 'busyhour_provider_queue_wait_seconds_count{provider="vendor",result="left"}';
  expect(await readMetric(gateway, left)).toBe(1);
  expect(vendor.requests()).toBe(asked);
  holding.controller.abort();
});

it('a price that the catalogue lacks stops the start, with near names', async () => {
  const config = {
    providers: [
      { kind: 'anthropic' as const, name: 'v', model: 'm', price: { catalogue: 'anthropic/claude-sonet-5' } },
    ],
  };
  await expect(startTestGateway(cleanup, config)).rejects.toMatchObject({
    failure: {
      code: 'INVALID_CONFIG',
      issues: [{ fix: expect.stringContaining('anthropic/claude-sonnet-5') }],
    },
  });
});
