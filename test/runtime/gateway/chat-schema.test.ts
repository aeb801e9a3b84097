import { describe, expect, it } from 'vitest';
import { chatRequestSchema, completionFromChat } from '../../../runtime/gateway/chat-schema.ts';
import { ChatChunks, usageBodyFrom } from '../../../runtime/gateway/chat-stream.ts';
import type { Answerer } from '../../../runtime/llm/chain.ts';
import { createFault } from '../../../runtime/llm/fault.ts';
import { NOTHING_SPENT } from '../../../runtime/llm/spent.ts';

const LIMITS = { defaultOutputTokens: 256, maxOutputTokens: 1000 };
const messages = [{ role: 'user', content: 'hello' }];
const completionOf = (fields: object) =>
  completionFromChat(chatRequestSchema.parse({ messages, ...fields }), 'r', LIMITS);

describe('a chat request', () => {
  it('gets OpenAI’s defaults', () => {
    expect(completionOf({})).toEqual({
      requestId: 'r',
      messages,
      maxOutputTokens: 256,
      temperature: 1,
      topP: 1,
      stop: [],
      ignoreEos: false,
      tenant: 'default',
    });
  });

  it.each([
    [{ max_tokens: 5 }, 5],
    [{ max_completion_tokens: 6 }, 6],
    [{ max_tokens: 5, max_completion_tokens: 6 }, 6],
    [{ max_tokens: 100_000 }, 1000],
    [{ max_tokens: null }, 256],
  ])('%j allows %i output tokens', (fields, expected) => {
    expect(completionOf(fields).maxOutputTokens).toBe(expected);
  });

  it.each([
    [{ cache_key: 'a', prompt_cache_key: 'b', user: 'c' }, 'a'],
    [{ prompt_cache_key: 'b', user: 'c' }, 'b'],
    [{ user: 'c' }, 'c'],
    [{}, undefined],
  ])('%j has the cache key %s', (fields, expected) => {
    expect(completionOf(fields).cacheKey).toBe(expected);
  });

  it.each([
    [7, 7],
    [2 ** 32 + 7, 7],
    [-1, 2 ** 32 - 1],
    [0, 0],
  ])('seed %i becomes the 32-bit seed %i', (seed, expected) => {
    expect(completionOf({ seed }).seed).toBe(expected);
  });

  it('takes stop as text or list, and joins text parts', () => {
    expect(completionOf({ stop: 'a' }).stop).toEqual(['a']);
    expect(completionOf({ stop: ['a', 'b'] }).stop).toEqual(['a', 'b']);
    const parts = [
      {
        role: 'developer',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
    ];
    expect(completionOf({ messages: parts }).messages).toEqual([{ role: 'system', content: 'ab' }]);
  });

  it.each([
    { n: 1, logprobs: false, presence_penalty: 0, frequency_penalty: 0, tools: [], tool_choice: 'none' },
    { response_format: { type: 'text' }, store: false, stop: null, seed: null, stream_options: null },
  ])('accepts the values that change nothing: %j', (fields) => {
    expect(completionOf(fields).messages).toEqual(messages);
  });

  it.each([
    { messages: [{ role: 'tool', content: 'x', tool_call_id: 'y' }] },
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
    { messages: [] },
    { max_tokens: 0 },
    { max_tokens: 1.5 },
    { stop: [''] },
    { stop: Array.from({ length: 17 }, () => 'x') },
    { presence_penalty: 0.5 },
    { ignore_eos: 'yes' },
  ])('refuses %j', (fields) => {
    expect(chatRequestSchema.safeParse({ messages, ...fields }).success).toBe(false);
  });
});

const answerer: Answerer = {
  provider: 'p',
  providerKind: 'grpc',
  engine: 'simulated',
  model: 'a "quoted" model',
  level: 'primary',
};
const usage = { promptTokens: 3, cachedPromptTokens: 2, outputTokens: 4 };

/** Payloads of the events in a text, `[DONE]` as it is. */
const payloads = (events: string) =>
  events
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => (line === 'data: [DONE]' ? '[DONE]' : JSON.parse(line.slice(6))));

describe('the chunks of a stream', () => {
  const frame = { id: 'chatcmpl-1', createdAtUnixS: 5, answerer };

  it.each(['plain', '"quotes" and \\ and \n newlines', '\u2028 🙂', ''])('carry %j unchanged', (text) => {
    const chunks = new ChatChunks({ ...frame, includeUsage: true });
    const [chunk] = payloads(chunks.text(text));
    expect(chunk).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 5,
      model: 'a "quoted" model',
      choices: [{ index: 0, delta: { content: text }, logprobs: null, finish_reason: null }],
      usage: null,
    });
  });

  it('end whole with a reason, usage and timings when asked for, and [DONE]', () => {
    const timings = {
      queue_wait_ms: 1,
      prefill_ms: 2,
      decode_ms: 3,
      batch_sequences: 4,
      cached_prompt_tokens: 2,
    };
    const end = {
      kind: 'end',
      outcome: 'failed_over',
      reason: 'stop',
      usage,
      timings,
      spent: NOTHING_SPENT,
    } as const;
    const withUsage = payloads(new ChatChunks({ ...frame, includeUsage: true }).end(end));
    expect(withUsage).toMatchObject([
      { choices: [{ finish_reason: 'stop', delta: {} }], outcome: 'failed_over' },
      { choices: [], usage: usageBodyFrom(usage), timings },
      '[DONE]',
    ]);
    expect(payloads(new ChatChunks({ ...frame, includeUsage: false }).end(end))).toHaveLength(2);
  });

  it('end cut with an error and without [DONE]', () => {
    const end = {
      kind: 'end',
      outcome: 'incomplete',
      fault: createFault('provider_incomplete'),
      spent: NOTHING_SPENT,
    } as const;
    const cut = payloads(new ChatChunks({ ...frame, includeUsage: true }).end(end));
    expect(cut).toMatchObject([
      { choices: [{ finish_reason: 'error' }], outcome: 'incomplete' },
      { error: { code: 'provider_incomplete' } },
    ]);
  });
});
