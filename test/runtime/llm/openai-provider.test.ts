import { afterEach, describe, expect, it } from 'vitest';
import { OpenAiProvider } from '../../../runtime/llm/openai-provider.ts';
import { OpenAiStreamReader } from '../../../runtime/llm/openai-stream.ts';
import type { ProviderEvent } from '../../../runtime/llm/provider.ts';
import { parseRetryAfterMs } from '../../../runtime/llm/retry-after.ts';
import { faultFromStatus } from '../../../runtime/llm/vendor-http.ts';
import { completionOf } from '../../contracts/provider.ts';
import { chunkOf, findRefusedAddress, startFaultServer } from '../support/fault-server.ts';
import { Cleanup } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const NOW_UNIX_MS = Date.parse('2026-01-01T00:00:00Z');

it.each([
  [undefined, undefined],
  ['0', 0],
  ['7', 7000],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
  ['soon', undefined],
])('Retry-After %j is %s ms', (header, expected) => {
  expect(parseRetryAfterMs(header, NOW_UNIX_MS)).toBe(expected);
});

it.each([
  [400, '', 'provider_rejected'],
  [400, '{"error":{"code":"context_length_exceeded","message":"too long"}}', 'caller_context_too_long'],
  [401, '', 'provider_rejected'],
  [404, '<html>', 'provider_rejected'],
  [429, '', 'provider_rate_limited'],
  [500, 'null', 'provider_error'],
  [503, '', 'provider_overloaded'],
  [529, '', 'provider_overloaded'],
])('status %i with %j is %s', (status, text, code) => {
  expect(faultFromStatus(status, text, undefined).code).toBe(code);
});

it('keeps the vendor’s words, shortened', () => {
  const text = JSON.stringify({ error: { message: 'm'.repeat(5000), code: 7 } });
  const { message } = faultFromStatus(400, text, undefined);
  expect(message).toMatch(/^The provider answered 400: m+\.$/);
  expect(message.length).toBeLessThan(400);
});

async function read(events: readonly string[]): Promise<ProviderEvent[]> {
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const event of events) yield Buffer.from(`data: ${event}\n\n`);
  }
  const read: ProviderEvent[] = [];
  for await (const event of new OpenAiStreamReader(body()).events()) read.push(event);
  return read;
}

describe('a vendor’s stream', () => {
  it('without usage has its text chunks counted', async () => {
    const events = await read([chunkOf('a'), chunkOf('b'), chunkOf(''), chunkOf('c', 'length'), '[DONE]']);
    expect(events.at(-1)).toEqual({
      kind: 'finish',
      reason: 'length',
      usage: { promptTokens: 0, cachedPromptTokens: 0, outputTokens: 3 },
    });
  });

  it('keeps timings of a gateway behind it, and drops malformed ones', async () => {
    const timings = {
      queue_wait_ms: 1,
      prefill_ms: 2,
      decode_ms: 3,
      batch_sequences: 4,
      cached_prompt_tokens: 5,
    };
    const usage = { prompt_tokens: 9, completion_tokens: 1 };
    const whole = await read([chunkOf('a', 'stop'), JSON.stringify({ choices: [], usage, timings })]);
    expect(whole.at(-1)).toMatchObject({ timings, usage: { promptTokens: 9, cachedPromptTokens: 0 } });
    const odd = await read([chunkOf('a', 'stop'), JSON.stringify({ usage, timings: { decode_ms: 'x' } })]);
    expect(odd.at(-1)).toMatchObject({ kind: 'finish' });
    expect(odd.at(-1)).not.toHaveProperty('timings');
  });

  it.each(['content_filter', 'tool_calls', 'error'])('that ends with %s is not whole', async (reason) => {
    expect((await read([chunkOf('a', reason), '[DONE]'])).at(-1)).toMatchObject({
      kind: 'failed',
      fault: { code: 'provider_incomplete', message: expect.stringContaining(reason) },
    });
  });

  it('that reports an error of our own vocabulary keeps its code', async () => {
    const error = (code: string) => JSON.stringify({ error: { message: 'x', code } });
    await expect(read([error('provider_timeout')])).rejects.toMatchObject({
      fault: { code: 'provider_timeout' },
    });
    await expect(read([error('gateway_internal')])).rejects.toMatchObject({
      fault: { code: 'provider_incomplete' },
    });
  });

  it('that goes on for ever is cut', async () => {
    const piece = chunkOf('x'.repeat(500_000));
    await expect(read(Array.from({ length: 18 }, () => piece))).rejects.toThrow(/longer than/);
  });
});

it.each([
  [true, '"prompt_cache_key":"i-1"', true],
  [false, '"prompt_cache_key"', false],
])('a cache key goes along where the server takes one (%s)', async (sendsCacheKey, text, isThere) => {
  const server = cleanup.add(
    await startFaultServer({ kind: 'stream', events: [chunkOf('a', 'stop')], ending: 'end' }),
  );
  const options = { name: 'v', baseUrl: server.baseUrl, model: 'm', connectMs: 500, sendsCacheKey };
  const provider = cleanup.add(new OpenAiProvider(options));
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const signal = AbortSignal.timeout(1000);
  for await (const _event of provider.complete(completionOf({ cacheKey: 'i-1', traceparent }), { signal }));
  expect(server.lastRequest().includes(text)).toBe(isThere);
  expect(server.lastRequest()).toContain(`traceparent: ${traceparent}`);
});

describe('probing and models', () => {
  it('asks for the first listed model when none is configured', async () => {
    const list = '{"object":"list","data":[{"id":"first"},{"id":"second"}]}';
    const server = cleanup.add(await startFaultServer({ kind: 'status', status: 200, body: list }));
    const provider = cleanup.add(new OpenAiProvider({ name: 'v', baseUrl: server.baseUrl, connectMs: 500 }));
    expect(await provider.probe(500)).toEqual({ state: 'up', models: ['first', 'second'] });
    for await (const _event of provider.complete(completionOf(), { signal: AbortSignal.timeout(1000) }))
      break;
    expect(server.lastRequest()).toContain('"model":"first"');
  });

  it.each([
    ['an empty list', { kind: 'status', status: 200, body: '{"data":[]}' }],
    ['no list', { kind: 'status', status: 200, body: 'hello' }],
    ['no access', { kind: 'status', status: 403 }],
  ] as const)('%s is a fault of the provider', async (_name, behaviour) => {
    const server = cleanup.add(await startFaultServer(behaviour));
    const provider = cleanup.add(new OpenAiProvider({ name: 'v', baseUrl: server.baseUrl, connectMs: 500 }));
    const events: ProviderEvent[] = [];
    for await (const event of provider.complete(completionOf(), { signal: AbortSignal.timeout(1000) })) {
      events.push(event);
    }
    expect(events).toMatchObject([{ kind: 'failed', fault: { code: expect.stringMatching(/^provider_/) } }]);
  });

  it('a probe is down within its limit when refused or left hanging, and says why', async () => {
    const hanging = cleanup.add(await startFaultServer({ kind: 'hang' }));
    const refused = `http://${await findRefusedAddress()}/v1`;
    for (const baseUrl of [hanging.baseUrl, refused]) {
      const provider = cleanup.add(new OpenAiProvider({ name: 'v', baseUrl, connectMs: 200 }));
      const startedAtMs = performance.now();
      const probe = await provider.probe(200);
      expect(probe).toMatchObject({ state: 'down', detail: expect.stringMatching(/./) });
      expect(performance.now() - startedAtMs).toBeLessThan(1500);
    }
  });
});
