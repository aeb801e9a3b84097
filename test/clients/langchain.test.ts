import { createHash } from 'node:crypto';
import {
  AIMessage,
  AIMessageChunk,
  HumanMessage,
  SystemMessage,
  type UsageMetadata,
} from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { afterEach, describe, expect, it } from 'vitest';
import { Cleanup, until } from '../runtime/support/gateway-rig.ts';
import { CUTS, startEngineGateway } from './client-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

type Fields = NonNullable<ConstructorParameters<typeof ChatOpenAI>[0]>;

const chatAt = (baseURL: string, fields: Fields = {}) =>
  new ChatOpenAI({ model: 'any', apiKey: 'none', maxRetries: 0, configuration: { baseURL }, ...fields });

/** Its type is lost under exact optional properties. */
const usageOf = (message: AIMessage | AIMessageChunk | undefined): UsageMetadata | undefined =>
  message?.usage_metadata as UsageMetadata | undefined;

describe('LangChain', () => {
  it('invokes, with usage, finish reason and model', async () => {
    const { baseUrl } = await startEngineGateway(cleanup);
    const answer = await chatAt(baseUrl, {
      maxTokens: 7,
      temperature: 0.5,
      topP: 0.9,
      n: 1,
      presencePenalty: 0,
      frequencyPenalty: 0,
      user: 'customer-17',
      modelKwargs: { seed: 3, ignore_eos: true },
    }).invoke([new SystemMessage('Be brief.'), new HumanMessage('Where is my parcel?')]);
    expect(answer.text).not.toBe('');
    expect(usageOf(answer)?.output_tokens).toBe(7);
    expect(usageOf(answer)?.total_tokens).toBe((usageOf(answer)?.input_tokens ?? 0) + 7);
    expect(answer.response_metadata).toMatchObject({ finish_reason: 'length', model_name: 'simulated/test' });
  });

  it('streams the text of the same seed, with usage on the last chunk', async () => {
    const { baseUrl } = await startEngineGateway(cleanup);
    const chat = chatAt(baseUrl, { maxTokens: 9, modelKwargs: { seed: 42 } });
    const whole = await chat.invoke('hello');
    let all: AIMessageChunk | undefined;
    let chunks = 0;
    for await (const chunk of await chat.stream('hello')) {
      all = all === undefined ? chunk : all.concat(chunk);
      chunks++;
    }
    expect(chunks).toBeGreaterThan(3);
    expect(all).toBeInstanceOf(AIMessageChunk);
    expect(all?.text).toBe(whole.text);
    expect(usageOf(all)?.output_tokens).toBe(usageOf(whole)?.output_tokens);
  });

  it('batches, and takes its own answers back', async () => {
    const { baseUrl } = await startEngineGateway(cleanup);
    const chat = chatAt(baseUrl, { maxTokens: 4 });
    const answers = await chat.batch(['one', 'two', 'three', 'four'], { maxConcurrency: 2 });
    expect(answers.map((answer) => answer instanceof AIMessage && answer.text !== '')).toEqual([
      true,
      true,
      true,
      true,
    ]);
    const [first] = answers;
    if (first === undefined) throw new Error('four answers came');
    const next = await chat.invoke([new HumanMessage('one'), first, new HumanMessage('and then?')]);
    expect(usageOf(next)?.input_tokens).toBeGreaterThan(4);
  });

  it('stops at a stop sequence', async () => {
    const { baseUrl } = await startEngineGateway(cleanup);
    const chat = chatAt(baseUrl, { maxTokens: 12, modelKwargs: { seed: 5 } });
    const free = await chat.invoke('hello');
    const word = free.text.trim().split(/\s+/)[2] ?? '';
    const cut = await chat.invoke('hello', { stop: [word] });
    expect(word).not.toBe('');
    expect(cut.text).not.toContain(word);
  });

  it('an abort rejects and ends the work of the engine, streamed or not', async () => {
    const { baseUrl, inference } = await startEngineGateway(cleanup);
    const chat = chatAt(baseUrl, { maxTokens: 1900, modelKwargs: { ignore_eos: true } });
    const streaming = new AbortController();
    const reading = (async () => {
      for await (const _chunk of await chat.stream('tell me all', { signal: streaming.signal })) {
        streaming.abort();
      }
    })();
    await expect(reading).rejects.toThrow();
    await until(async () => (await inference.load()).runningRequests === 0, 'the engine letting go');
    const whole = new AbortController();
    const waiting = chat.invoke('tell me all', { signal: whole.signal });
    const outcome = expect(waiting).rejects.toThrow();
    await until(async () => (await inference.load()).runningRequests === 1, 'the engine starting');
    whole.abort();
    await outcome;
    await until(async () => (await inference.load()).runningRequests === 0, 'the engine letting go');
  });

  it.each(CUTS)('a stream cut %s raises an error after the text that came', async (_what, start) => {
    const chat = chatAt(await start(cleanup), { maxTokens: 400 });
    let text = '';
    const reading = (async () => {
      for await (const chunk of await chat.stream('hello')) text += chunk.text;
    })();
    await expect(reading).rejects.toThrow();
    expect(text).not.toBe('');
  });

  it('maps refusals to errors with their status, code and parameter', async () => {
    const keys = [createHash('sha256').update('right').digest('hex')];
    const tenants = [{ name: 'shop', keys, limits: { requestsPerMin: 1 } }];
    const { baseUrl } = await startEngineGateway(cleanup, { tenants });
    const ask = (apiKey: string, fields: Fields = {}) =>
      chatAt(baseUrl, { apiKey, maxTokens: 2, ...fields })
        .invoke('hello')
        .catch((error: unknown) => error);
    expect(await ask('right')).toBeInstanceOf(AIMessage);
    expect(await ask('wrong')).toMatchObject({ status: 401, code: 'caller_unauthenticated' });
    expect(await ask('right')).toMatchObject({ status: 429, code: 'policy_rate_limited' });
    expect(await ask('right', { temperature: 3 })).toMatchObject({ status: 400, param: 'temperature' });
  });
});
