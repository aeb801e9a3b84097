import { createHash } from 'node:crypto';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, streamText } from 'ai';
import { afterEach, describe, expect, it } from 'vitest';
import { Cleanup, startTestGateway, until } from '../runtime/support/gateway-rig.ts';
import { CUTS, startEngineGateway } from './client-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const modelAt = (baseURL: string, apiKey = 'none') =>
  createOpenAICompatible({ name: 'busyhour', baseURL, apiKey, includeUsage: true })('any');

describe('the Vercel AI SDK', () => {
  it('generates text with usage and a finish reason', async () => {
    const { baseUrl } = await startEngineGateway(cleanup);
    const { text, usage, finishReason, response } = await generateText({
      model: modelAt(baseUrl),
      instructions: 'Be brief.',
      prompt: 'Where is my parcel?',
      maxOutputTokens: 3,
      seed: 4,
      temperature: 0.5,
      topP: 0.9,
      presencePenalty: 0,
      frequencyPenalty: 0,
    });
    expect(text).not.toBe('');
    expect(usage.outputTokens).toBe(3);
    expect(usage.totalTokens).toBe((usage.inputTokens ?? 0) + 3);
    expect(finishReason).toBe('length');
    expect(response.modelId).toBe('simulated/test');
  });

  it('streams the text of the same seed, with usage and finish reason at the end', async () => {
    const { baseUrl } = await startEngineGateway(cleanup);
    const params = { model: modelAt(baseUrl), prompt: 'hello', maxOutputTokens: 9, seed: 42 };
    const whole = await generateText(params);
    const stream = streamText(params);
    const parts: string[] = [];
    for await (const part of stream.textStream) parts.push(part);
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.join('')).toBe(whole.text);
    expect(await stream.finishReason).toBe(whole.finishReason);
    expect((await stream.usage).outputTokens).toBe(whole.usage.outputTokens);
  });

  it('stops at a stop sequence', async () => {
    const { baseUrl } = await startEngineGateway(cleanup);
    const params = { model: modelAt(baseUrl), prompt: 'hello', maxOutputTokens: 12, seed: 5 };
    const free = await generateText(params);
    const word = free.text.trim().split(/\s+/)[2] ?? '';
    const cut = await generateText({ ...params, stopSequences: [word] });
    expect(word).not.toBe('');
    expect(cut.text).not.toContain(word);
    expect(cut.finishReason).toBe('stop');
  });

  it('takes a conversation in parts', async () => {
    const { baseUrl } = await startEngineGateway(cleanup);
    const { usage } = await generateText({
      model: modelAt(baseUrl),
      maxOutputTokens: 2,
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'one ' }] },
        { role: 'assistant', content: [{ type: 'text', text: 'two ' }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'three ' },
            { type: 'text', text: 'four' },
          ],
        },
      ],
    });
    expect(usage.inputTokens).toBeGreaterThanOrEqual(4);
  });

  it('answers from keyword rules where no model is', async () => {
    const gateway = await startTestGateway(cleanup, {});
    const { text } = await generateText({
      model: modelAt(`${gateway.url}/v1`),
      prompt: 'I want a refund',
    });
    expect(text.toLowerCase()).toContain('refund');
  });

  it('an abort ends the stream and the work of the engine', async () => {
    const { baseUrl, inference } = await startEngineGateway(cleanup);
    const controller = new AbortController();
    const stream = streamText({
      model: modelAt(baseUrl),
      prompt: 'tell me all',
      maxOutputTokens: 1900,
      abortSignal: controller.signal,
    });
    const kinds: string[] = [];
    for await (const part of stream.fullStream) {
      kinds.push(part.type);
      if (part.type === 'text-delta') controller.abort();
    }
    expect(kinds).toContain('abort');
    expect(kinds).not.toContain('finish');
    await until(async () => (await inference.load()).runningRequests === 0, 'the engine letting go');
  });

  it.each(CUTS)('a stream cut %s is an error, not a short answer', async (_what, start) => {
    const errors: unknown[] = [];
    const stream = streamText({
      model: modelAt(await start(cleanup)),
      prompt: 'hello',
      maxOutputTokens: 400,
      maxRetries: 0,
      onError: ({ error }) => {
        errors.push(error);
      },
    });
    const kinds: string[] = [];
    let reason: string | undefined;
    const reading = (async () => {
      for await (const part of stream.fullStream) {
        kinds.push(part.type);
        if (part.type === 'finish') reason = part.finishReason;
      }
    })();
    // A broken connection rejects, a provider's cut is a part of its own: either way nobody takes it for the end.
    const thrown = await reading.catch((error: unknown) => error);
    expect(kinds).toContain('text-delta');
    expect([thrown, ...errors].filter((error) => error !== undefined)).not.toEqual([]);
    expect(['error', undefined]).toContain(reason);
  });

  it('a whole answer that is cut rejects', async () => {
    const [, start] = CUTS[0] ?? [];
    const model = modelAt((await start?.(cleanup)) ?? '');
    await expect(generateText({ model, prompt: 'hello', maxRetries: 0 })).rejects.toMatchObject({
      statusCode: 502,
    });
  });

  it('maps refusals to its API errors, and those that a retry may help to retryable ones', async () => {
    const keys = [createHash('sha256').update('right').digest('hex')];
    const tenants = [{ name: 'shop', keys, limits: { requestsPerMin: 1 } }];
    const { baseUrl } = await startEngineGateway(cleanup, { tenants });
    const ask = (key: string, more: object = {}) =>
      generateText({
        model: modelAt(baseUrl, key),
        prompt: 'x',
        maxRetries: 0,
        maxOutputTokens: 2,
        ...more,
      }).catch((error: unknown) => error);
    await ask('right');
    const wrongKey = await ask('wrong');
    const tooMany = await ask('right');
    const invalid = await ask('right', { temperature: 3 });
    expect(APICallError.isInstance(wrongKey)).toBe(true);
    expect(wrongKey).toMatchObject({ statusCode: 401, isRetryable: false });
    expect(tooMany).toMatchObject({ statusCode: 429, isRetryable: true });
    expect((tooMany as APICallError).responseHeaders?.['retry-after']).toMatch(/^\d+$/);
    expect((tooMany as APICallError).data).toMatchObject({ error: { code: 'policy_rate_limited' } });
    expect(invalid).toMatchObject({ statusCode: 400, isRetryable: false });
    expect((invalid as APICallError).data).toMatchObject({ error: { param: 'temperature' } });
  });
});
