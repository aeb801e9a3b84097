import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayConfigInput } from '../../../runtime/config.ts';
import { FAULTS } from '../../../vocabulary/faults.ts';
import {
  chunkOf,
  type FaultBehaviour,
  findRefusedAddress,
  startFaultServer,
} from '../support/fault-server.ts';
import {
  Cleanup,
  openAiClient,
  postJson,
  QUICK_TIMEOUTS,
  readMetric,
  startTestGateway,
  until,
} from '../support/gateway-rig.ts';
import { startTestInference } from '../support/inference.ts';

/** One attempt per provider, so that each fault shows as it comes; failing over stays allowed. */
const NO_RETRIES = { budgetRatio: 0, budgetMinPerS: 0 };

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const KEYWORD = { kind: 'keyword' as const, name: 'keyword' };
const params = { model: 'm', messages: [{ role: 'user' as const, content: 'I want a refund' }] };

async function gatewayBefore(behaviour: FaultBehaviour, more: GatewayConfigInput['providers'] = []) {
  const server = cleanup.add(await startFaultServer(behaviour));
  const gateway = await startTestGateway(cleanup, {
    providers: [{ kind: 'openai', name: 'vendor', baseUrl: server.baseUrl, model: 'm' }, ...(more ?? [])],
    timeouts: QUICK_TIMEOUTS,
    retries: NO_RETRIES,
  });
  return { server, gateway, client: openAiClient(gateway) };
}

/** Faults that show before the first token, and the code with which each must reach the client. */
const BEFORE_FIRST_TOKEN: readonly (readonly [string, FaultBehaviour, keyof typeof FAULTS])[] = [
  ['hangs before headers', { kind: 'hang' }, 'provider_timeout'],
  ['hangs after headers', { kind: 'stream', events: [], ending: 'stall' }, 'provider_timeout'],
  ['answers 500', { kind: 'status', status: 500 }, 'provider_error'],
  ['answers 429', { kind: 'status', status: 429 }, 'provider_rate_limited'],
  [
    'answers 429 with retry-after',
    { kind: 'status', status: 429, headers: { 'retry-after': '7' } },
    'provider_rate_limited',
  ],
  ['answers 503', { kind: 'status', status: 503 }, 'provider_overloaded'],
  [
    'answers 401',
    { kind: 'status', status: 401, body: '{"error":{"message":"bad key"}}' },
    'provider_rejected',
  ],
  ['cuts before headers', { kind: 'cut-before-headers' }, 'provider_error'],
  ['sends a malformed first chunk', { kind: 'stream', events: ['{nope'], ending: 'end' }, 'provider_error'],
  [
    'sends a first chunk of another shape',
    { kind: 'stream', events: ['{"choices":5}'], ending: 'end' },
    'provider_error',
  ],
  ['ends without a word', { kind: 'stream', events: [], ending: 'end' }, 'provider_incomplete'],
];

describe('a provider that fails before the first token', () => {
  it.each(BEFORE_FIRST_TOKEN)('%s: the client gets its status and code', async (_name, behaviour, code) => {
    const { client, gateway } = await gatewayBefore(behaviour);
    for (const stream of [false, true]) {
      const error = await client.chat.completions.create({ ...params, stream }).catch((caught) => caught);
      expect(error).toBeInstanceOf(OpenAI.APIError);
      expect(error).toMatchObject({ status: FAULTS[code].httpStatus, code });
      const waits = [429, 503].includes(FAULTS[code].httpStatus);
      expect(error.headers.has('retry-after')).toBe(waits);
    }
    const attempts = `busyhour_provider_attempts_total{provider="vendor",result="${code}"}`;
    // A vendor that named a time is not asked again before it: the second client hears so from the gateway.
    const isTold = behaviour.kind === 'status' && behaviour.headers !== undefined;
    expect(await readMetric(gateway, attempts)).toBe(isTold ? 1 : 2);
  });

  it.each(BEFORE_FIRST_TOKEN)(
    '%s: the keyword provider answers instead, visibly',
    async (_name, behaviour) => {
      const { client, gateway } = await gatewayBefore(behaviour, [KEYWORD]);
      const { data, response } = await client.chat.completions.create(params).withResponse();
      expect(data.choices[0]?.message.content).toMatch(/refund request/);
      expect(data).toHaveProperty('outcome', 'failed_over');
      expect(response.headers.get('x-busyhour-provider')).toBe('keyword');
      expect(response.headers.get('x-busyhour-engine')).toBe('keyword');
      const answers = 'busyhour_gateway_answers_total{outcome="failed_over",level="keyword"}';
      expect(await readMetric(gateway, answers)).toBe(1);
    },
  );

  it('passes the vendor’s retry-after on', async () => {
    const { client } = await gatewayBefore({ kind: 'status', status: 429, headers: { 'retry-after': '7' } });
    const error = await client.chat.completions.create(params).catch((caught) => caught);
    expect(error.headers.get('retry-after')).toBe('7');
  });

  it('a refused gRPC address and a refused URL leave the keyword provider', async () => {
    const address = await findRefusedAddress();
    const gateway = await startTestGateway(cleanup, {
      providers: [
        { kind: 'grpc', name: 'local', address },
        { kind: 'openai', name: 'vendor', baseUrl: `http://${address}/v1`, model: 'm' },
        KEYWORD,
      ],
      retries: NO_RETRIES,
      timeouts: QUICK_TIMEOUTS,
    });
    const startedAtMs = performance.now();
    const answer = await openAiClient(gateway).chat.completions.create(params);
    expect(answer.model).toBe('keyword');
    expect(performance.now() - startedAtMs).toBeLessThan(1500);
    const refused = 'busyhour_provider_attempts_total{provider="local",result="provider_unreachable"}';
    expect(await readMetric(gateway, refused)).toBe(1);
  });

  it('an engine with a full queue fails over; alone it is 503 with retry-after', async () => {
    const inference = cleanup.add(await startTestInference({ stepMs: 5, maxSequences: 1, maxWaiting: 0 }));
    const providers = [{ kind: 'grpc' as const, name: 'local', address: inference.address }];
    const alone = await startTestGateway(cleanup, { providers });
    const backed = await startTestGateway(cleanup, { providers: [...providers, KEYWORD] });
    const body = { ...params, max_tokens: 400, ignore_eos: true };
    const busy = new AbortController();
    const first = fetch(`${alone.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: busy.signal,
    }).catch(() => undefined);
    await until(async () => (await inference.load()).runningRequests === 1, 'the engine being busy');
    const refused = await postJson(alone, '/v1/chat/completions', body);
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'provider_overloaded' } } });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await postJson(backed, '/v1/chat/completions', body)).body.model).toBe('keyword');
    busy.abort();
    await first;
  });
});

const TEXT = [chunkOf('Good'), chunkOf(' day')];
const AFTER_FIRST_TOKEN: readonly (readonly [string, FaultBehaviour, keyof typeof FAULTS])[] = [
  ['is cut', { kind: 'stream', events: TEXT, ending: 'cut' }, 'provider_incomplete'],
  ['stalls', { kind: 'stream', events: TEXT, ending: 'stall' }, 'provider_timeout'],
  ['ends without a finish reason', { kind: 'stream', events: TEXT, ending: 'end' }, 'provider_incomplete'],
  [
    'ends with [DONE] but no finish reason',
    { kind: 'stream', events: [...TEXT, '[DONE]'], ending: 'end' },
    'provider_incomplete',
  ],
  [
    'sends a malformed chunk',
    { kind: 'stream', events: [...TEXT, '{"choices":['], ending: 'stall' },
    'provider_error',
  ],
  [
    'reports an error',
    { kind: 'stream', events: [...TEXT, '{"error":{"message":"boom"}}'], ending: 'stall' },
    'provider_incomplete',
  ],
];

describe('a stream that fails after the first token', () => {
  it.each(AFTER_FIRST_TOKEN)(
    '%s: the client keeps the text and gets an error, never a clean end',
    async (_name, behaviour, code) => {
      const { client, gateway, server } = await gatewayBefore(behaviour, [KEYWORD]);
      const stream = await client.chat.completions.create({ ...params, stream: true });
      let text = '';
      const reasons: (string | null | undefined)[] = [];
      const error = await (async () => {
        for await (const chunk of stream) {
          text += chunk.choices[0]?.delta.content ?? '';
          if (chunk.choices[0]?.finish_reason) reasons.push(chunk.choices[0].finish_reason);
        }
        return undefined;
      })().catch((caught: unknown) => caught);
      expect(text).toBe('Good day');
      expect(reasons).toEqual(['error']);
      expect(error).toBeInstanceOf(OpenAI.APIError);
      expect(error).toMatchObject({ code });
      const cut = 'busyhour_gateway_answers_total{outcome="incomplete",level="primary"}';
      expect(await readMetric(gateway, cut)).toBe(1);
      const outcome = `busyhour_gateway_requests_total{route="/v1/chat/completions",outcome="${code}"}`;
      await until(async () => (await readMetric(gateway, outcome)) === 1, 'the outcome being counted');
      await until(() => server.openConnections() <= 1, 'the provider connection being let go');
    },
  );

  it.each(AFTER_FIRST_TOKEN)(
    '%s: a whole answer is refused instead of truncated',
    async (_name, behaviour, code) => {
      const { client } = await gatewayBefore(behaviour, [KEYWORD]);
      const error = await client.chat.completions.create(params).catch((caught) => caught);
      expect(error).toMatchObject({ status: FAULTS[code].httpStatus, code });
    },
  );

  it('the raw stream of a cut answer has an error event and no [DONE]', async () => {
    const { gateway } = await gatewayBefore({ kind: 'stream', events: TEXT, ending: 'cut' });
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...params, stream: true }),
    });
    const raw = await response.text();
    expect(raw).toContain('event: error\ndata: {"error":{');
    expect(raw).not.toContain('[DONE]');
  });
});

describe('a healthy vendor', () => {
  it('is relayed with its usage, and its key travels only in the authorization header', async () => {
    const usage = JSON.stringify({
      choices: [],
      usage: { prompt_tokens: 11, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 8 } },
    });
    const server = cleanup.add(
      await startFaultServer({
        kind: 'stream',
        events: [...TEXT, chunkOf('', 'stop'), usage, '[DONE]'],
        ending: 'end',
        headers: { 'x-busyhour-engine': 'simulated' },
      }),
    );
    const gateway = await startTestGateway(
      cleanup,
      {
        providers: [
          { kind: 'openai', name: 'vendor', baseUrl: server.baseUrl, model: 'm-1', apiKeyEnv: 'VENDOR_KEY' },
        ],
      },
      { environment: { VENDOR_KEY: 'sk-secret' } },
    );
    const { data, response } = await openAiClient(gateway)
      .chat.completions.create({ ...params, stop: ['END'], seed: 3 })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe('Good day');
    expect(data.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 2, total_tokens: 13 });
    expect(data.usage?.prompt_tokens_details?.cached_tokens).toBe(8);
    // A simulated engine behind another gateway stays visible.
    expect(response.headers.get('x-busyhour-engine')).toBe('simulated');
    expect(server.lastRequest()).toMatch(/authorization: Bearer sk-secret\r\n/i);
    expect(JSON.parse(server.lastRequest().split('\r\n\r\n')[1] ?? '')).toMatchObject({
      model: 'm-1',
      stop: ['END'],
      seed: 3,
      stream: true,
      max_tokens: 256,
    });
  });

  it('rests after five failures in a row, so that the next request does not wait for it', async () => {
    const { client, server } = await gatewayBefore({ kind: 'status', status: 500 }, [KEYWORD]);
    for (let i = 0; i < 8; i++) await client.chat.completions.create(params);
    // One probe of /models at the start, then five completions before the breaker opened.
    expect(server.requests()).toBe(6);
  });
});
