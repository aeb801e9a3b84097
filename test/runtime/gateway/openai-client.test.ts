import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { Cleanup, openAiClient, readMetric, startTestGateway, until } from '../support/gateway-rig.ts';
import { startTestInference, type TestInference } from '../support/inference.ts';

const cleanup = new Cleanup();
let inference: TestInference;
let gateway: RunningGateway;
let client: OpenAI;

const hello = { model: 'any', messages: [{ role: 'user' as const, content: 'hello there' }] };

beforeEach(async () => {
  inference = cleanup.add(await startTestInference({ stepMs: 2 }));
  gateway = await startTestGateway(cleanup, {
    providers: [{ kind: 'grpc', name: 'local', address: inference.address }],
  });
  client = openAiClient(gateway);
});
afterEach(() => cleanup.run());

describe('the official OpenAI client against the gateway', () => {
  it('gets a whole completion with usage, timings and the simulated engine named', async () => {
    const { data, response } = await client.chat.completions
      .create({ ...hello, max_tokens: 7, ignore_eos: true } as OpenAI.ChatCompletionCreateParamsNonStreaming)
      .withResponse();
    expect(data.choices[0]?.message.role).toBe('assistant');
    expect(data.choices[0]?.message.content?.length).toBeGreaterThan(0);
    expect(data.choices[0]?.finish_reason).toBe('length');
    expect(data.usage?.completion_tokens).toBe(7);
    expect(data.usage?.total_tokens).toBe((data.usage?.prompt_tokens ?? 0) + 7);
    expect(data.model).toBe('simulated/test');
    expect(response.headers.get('x-busyhour-engine')).toBe('simulated');
    expect(response.headers.get('x-busyhour-provider')).toBe('local');
    const { timings } = data as unknown as { timings: Record<string, number> };
    // Seven tokens at one step of 2 ms each: decoding cannot have taken less than six steps.
    expect(timings.decode_ms).toBeGreaterThanOrEqual(12);
  });

  it('streams one chunk per token, then usage, and the same text as the whole answer of the same seed', async () => {
    const params = { ...hello, max_completion_tokens: 9, seed: 42, temperature: 0.5, top_p: 0.9 };
    const whole = await client.chat.completions.create(params);
    const stream = await client.chat.completions.create({
      ...params,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let contentChunks = 0;
    const usages: OpenAI.CompletionUsage[] = [];
    const reasons: string[] = [];
    for await (const chunk of stream) {
      const choice = chunk.choices[0];
      if (choice?.delta.content) contentChunks++;
      text += choice?.delta.content ?? '';
      if (choice?.finish_reason) reasons.push(choice.finish_reason);
      if (chunk.usage) usages.push(chunk.usage);
    }
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(reasons).toEqual([whole.choices[0]?.finish_reason]);
    expect(usages).toHaveLength(1);
    expect(usages[0]?.completion_tokens).toBe(contentChunks);
    expect(usages[0]).toHaveProperty('prompt_tokens_details.cached_tokens');
  });

  it('sends no usage chunk unless asked', async () => {
    const stream = await client.chat.completions.create({ ...hello, max_tokens: 3, stream: true });
    const usages = [];
    for await (const chunk of stream) if (chunk.usage) usages.push(chunk.usage);
    expect(usages).toEqual([]);
  });

  it('stops at a stop sequence and leaves it out', async () => {
    const params = { ...hello, max_tokens: 12, seed: 5, ignore_eos: true };
    const free = (await client.chat.completions.create(params)).choices[0]?.message.content ?? '';
    const word = free.trim().split(/\s+/)[4] ?? '';
    const cut = await client.chat.completions.create({ ...params, ignore_eos: false, stop: word } as never);
    const content = (cut as OpenAI.ChatCompletion).choices[0]?.message.content ?? '';
    expect(word).not.toBe('');
    expect(content).not.toContain(word);
    expect(free.startsWith(content.trimEnd())).toBe(true);
  });

  it('counts cached prompt tokens for a growing conversation under one key', async () => {
    const long = { role: 'user' as const, content: 'word '.repeat(200) };
    const first = await client.chat.completions.create({
      model: 'any',
      messages: [long],
      max_tokens: 4,
      prompt_cache_key: 'conversation-1',
    });
    const second = await client.chat.completions.create({
      model: 'any',
      messages: [
        long,
        { role: 'assistant', content: first.choices[0]?.message.content ?? '' },
        { role: 'user', content: 'and more' },
      ],
      max_tokens: 4,
      prompt_cache_key: 'conversation-1',
    });
    expect(first.usage?.prompt_tokens_details?.cached_tokens).toBe(0);
    expect(second.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThanOrEqual(190);
  });

  it('lists the model of the engine', async () => {
    const models = await client.models.list();
    expect(models.data.map((model) => model.id)).toEqual(['simulated/test']);
    expect(await client.models.retrieve('simulated/test')).toEqual(models.data[0]);
    await expect(client.models.retrieve('another')).rejects.toMatchObject({
      status: 404,
      code: 'caller_not_found',
      param: 'id',
    });
  });

  it('takes text parts, the developer role and its own answers back', async () => {
    const first = await client.chat.completions.create({ ...hello, max_tokens: 2 });
    const message = first.choices[0]?.message;
    const answer = await client.chat.completions.create({
      model: 'any',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'one ' },
            { type: 'text', text: 'two' },
          ],
        },
        message as OpenAI.ChatCompletionMessageParam,
        { role: 'user', content: 'go on' },
      ],
      max_tokens: 2,
    });
    expect(answer.usage?.completion_tokens).toBeGreaterThan(0);
  });

  it.each([
    ['n', { n: 2 }],
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['logprobs', { logprobs: true }],
    ['logit_bias', { logit_bias: { 5: 1 } }],
    ['response_format.type', { response_format: { type: 'json_object' } }],
    ['temperature', { temperature: 3 }],
  ])('refuses %s by name instead of ignoring it', async (param, extra) => {
    const error = await client.chat.completions
      .create({ ...hello, ...extra } as OpenAI.ChatCompletionCreateParamsNonStreaming)
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({
      status: 400,
      code: 'caller_invalid_request',
      type: 'invalid_request_error',
      param,
    });
  });

  it('refuses a prompt that does not fit the context as the caller’s fault', async () => {
    const messages = [{ role: 'user' as const, content: 'word '.repeat(3000) }];
    const error = await client.chat.completions.create({ model: 'any', messages }).catch((caught) => caught);
    expect(error).toMatchObject({ status: 400, code: 'caller_context_too_long' });
  });

  it('carries an abort of a stream down to the engine and counts what was made for nobody', async () => {
    const stream = await client.chat.completions.create({
      ...hello,
      max_tokens: 1500,
      stream: true,
      ignore_eos: true,
    } as OpenAI.ChatCompletionCreateParamsStreaming);
    for await (const _chunk of stream) break;
    stream.controller.abort();
    await until(async () => (await inference.load()).runningRequests === 0, 'the engine letting go');
    const outcome = 'route="/v1/chat/completions",outcome="caller_disconnected"';
    await until(
      async () => (await readMetric(gateway, `busyhour_gateway_requests_total{${outcome}}`)) === 1,
      'the metric',
    );
    expect(await readMetric(gateway, 'busyhour_gateway_in_flight_requests')).toBe(0);
    const cut = 'busyhour_gateway_answers_total{outcome="incomplete",level="primary"}';
    expect(await readMetric(gateway, cut)).toBe(1);
  });

  it('counts every token of an aborted whole answer as an orphan', async () => {
    const controller = new AbortController();
    const running = client.chat.completions
      .create(
        { ...hello, max_tokens: 1500, ignore_eos: true } as OpenAI.ChatCompletionCreateParamsNonStreaming,
        { signal: controller.signal },
      )
      .catch((error: unknown) => error);
    await until(async () => (await inference.load()).runningRequests === 1, 'the engine starting');
    await new Promise((resolve) => setTimeout(resolve, 60));
    controller.abort();
    expect(await running).toBeInstanceOf(OpenAI.APIUserAbortError);
    await until(async () => (await inference.load()).runningRequests === 0, 'the engine letting go');
    await until(
      async () => (await readMetric(gateway, 'busyhour_gateway_orphan_output_tokens_total')) > 0,
      'orphans being counted',
    );
    // 60 ms at 2 ms a step is 30 tokens; far from the 1500 asked for, or the work was not stopped.
    expect(await readMetric(gateway, 'busyhour_gateway_orphan_output_tokens_total')).toBeLessThan(700);
  });
});
