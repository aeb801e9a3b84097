import { createHash } from 'node:crypto';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { Cleanup, readMetric } from '../runtime/support/gateway-rig.ts';
import { CUTS, startEngineGateway } from './client-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const user = (content: string) => [{ role: 'user' as const, content }];
const ask = { model: 'any', messages: user('hello there') };
const sha256 = (key: string): string => createHash('sha256').update(key).digest('hex');
const tenant = (limits: object) => ({ tenants: [{ name: 'shop', keys: [sha256('right')], limits }] });

describe('the official OpenAI client', () => {
  it.each(CUTS)('raises an error when a stream is cut %s, after the text that came', async (_what, start) => {
    const client = new OpenAI({ baseURL: await start(cleanup), apiKey: 'none', maxRetries: 0 });
    const stream = await client.chat.completions.create({ ...ask, max_tokens: 400, stream: true });
    let text = '';
    const reading = (async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    })();
    await expect(reading).rejects.toThrow();
    expect(text).not.toBe('');
  });

  it.each(CUTS.slice(0, 1))('raises an error when a whole answer is cut %s', async (_what, start) => {
    const client = new OpenAI({ baseURL: await start(cleanup), apiKey: 'none', maxRetries: 0 });
    const error = await client.chat.completions.create(ask).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ status: 502 });
  });

  it('its stream helper ends in the same text, usage and finish reason as the chunks', async () => {
    const { baseUrl } = await startEngineGateway(cleanup);
    const client = new OpenAI({ baseURL: baseUrl, apiKey: 'none', maxRetries: 0 });
    const stream = client.chat.completions.stream({
      ...ask,
      max_tokens: 12,
      stream_options: { include_usage: true },
    });
    let text = '';
    stream.on('content', (delta) => {
      text += delta;
    });
    const whole = await stream.finalChatCompletion();
    expect(whole.choices[0]?.message.content).toBe(text);
    expect(whole.usage?.completion_tokens).toBeGreaterThan(0);
    expect(['stop', 'length']).toContain(whole.choices[0]?.finish_reason);
  });

  it('takes back the message of its own helper, with everything in it that is empty', async () => {
    const { baseUrl } = await startEngineGateway(cleanup);
    const client = new OpenAI({ baseURL: baseUrl, apiKey: 'none', maxRetries: 0 });
    const first = await client.chat.completions.stream({ ...ask, max_tokens: 5 }).finalMessage();
    const messages = [...ask.messages, first as OpenAI.ChatCompletionMessageParam, ...user('go on')];
    const second = await client.chat.completions.create({ model: 'any', messages, max_tokens: 5 });
    expect(second.usage?.prompt_tokens).toBeGreaterThan(4);
  });

  it('may send every field with the value that changes nothing', async () => {
    const { baseUrl } = await startEngineGateway(cleanup);
    const client = new OpenAI({ baseURL: baseUrl, apiKey: 'none', maxRetries: 0 });
    const neutral = {
      n: 1,
      logprobs: false,
      top_logprobs: null,
      logit_bias: {},
      presence_penalty: 0,
      frequency_penalty: 0,
      tools: [],
      tool_choice: 'auto' as const,
      parallel_tool_calls: true,
      response_format: { type: 'text' as const },
      modalities: ['text' as const],
      service_tier: 'auto' as const,
      store: false,
      metadata: { ticket: '17' },
      reasoning_effort: null,
      verbosity: 'medium' as const,
      safety_identifier: 'customer-17',
      stream_options: null,
    };
    const params = { ...ask, max_tokens: 6, seed: 9 };
    const plain = await client.chat.completions.create(params);
    const all = await client.chat.completions.create({ ...params, ...neutral });
    expect(all.choices[0]?.message.content).toBe(plain.choices[0]?.message.content);
  });

  it.each([
    ['service_tier', { service_tier: 'priority' }],
    ['reasoning_effort', { reasoning_effort: 'high' }],
    ['modalities', { modalities: ['audio'] }],
    ['presence_penalty', { presence_penalty: 0.5 }],
    ['stream_options.include_obfuscation', { stream: true, stream_options: { include_obfuscation: true } }],
  ])('is told that %s would change something', async (param, extra) => {
    const { baseUrl } = await startEngineGateway(cleanup);
    const client = new OpenAI({ baseURL: baseUrl, apiKey: 'none', maxRetries: 0 });
    const error = await client.chat.completions
      .create({ ...ask, ...extra } as never)
      .catch((caught) => caught);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect((error as InstanceType<typeof OpenAI.APIError>).param).toContain(param.split('.')[0]);
  });

  it('maps a wrong key to its AuthenticationError and does not try again', async () => {
    const { baseUrl, gateway } = await startEngineGateway(cleanup, tenant({}));
    const client = new OpenAI({ baseURL: baseUrl, apiKey: 'wrong', maxRetries: 3 });
    const error = await client.chat.completions.create(ask).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    const refused =
      'busyhour_gateway_requests_total{route="/v1/chat/completions",outcome="caller_unauthenticated"}';
    expect(await readMetric(gateway, refused)).toBe(1);
  });

  it('maps a used-up minute to its RateLimitError, with the time to wait', async () => {
    const { baseUrl } = await startEngineGateway(cleanup, tenant({ requestsPerMin: 1 }));
    const client = new OpenAI({ baseURL: baseUrl, apiKey: 'right', maxRetries: 0 });
    await client.chat.completions.create({ ...ask, max_tokens: 2 });
    const error = await client.chat.completions.create(ask).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    const rateLimited = error as InstanceType<typeof OpenAI.RateLimitError>;
    expect(rateLimited.code).toBe('policy_rate_limited');
    expect(Number(rateLimited.headers?.get('retry-after'))).toBeGreaterThan(0);
  });

  it('waits as long as a 429 says, then succeeds', async () => {
    const { baseUrl, inference } = await startEngineGateway(cleanup, tenant({ maxConcurrent: 1 }));
    const client = new OpenAI({ baseURL: baseUrl, apiKey: 'right', maxRetries: 2 });
    const busy = client.chat.completions.create({
      ...ask,
      max_tokens: 200,
      ignore_eos: true,
    } as OpenAI.ChatCompletionCreateParamsNonStreaming);
    while ((await inference.load()).runningRequests === 0) await new Promise(setImmediate);
    const startedAtMs = performance.now();
    const second = await client.chat.completions.create({ ...ask, max_tokens: 2 });
    expect(second.usage?.completion_tokens).toBeGreaterThan(0);
    // The refusal says one second; without it the client's first wait is half of that at most.
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(990);
    await busy;
  });
});
