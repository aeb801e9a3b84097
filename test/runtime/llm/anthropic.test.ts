import Anthropic from '@anthropic-ai/sdk';
import { afterEach, describe, expect, it } from 'vitest';
import { AnthropicProvider } from '../../../runtime/llm/anthropic-provider.ts';
import { anthropicRequestFrom } from '../../../runtime/llm/anthropic-request.ts';
import { AnthropicStreamReader } from '../../../runtime/llm/anthropic-stream.ts';
import type { CompletionRequest, ProviderEvent } from '../../../runtime/llm/provider.ts';
import { completionOf } from '../../contracts/provider.ts';
import {
  messageEnd,
  messageStart,
  startAnthropicServer,
  textDelta,
} from '../../contracts/wire-server-anthropic.ts';
import { startFaultServer } from '../support/fault-server.ts';
import { Cleanup, until } from '../support/gateway-rig.ts';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const providerAt = (baseUrl: string) =>
  cleanup.add(
    new AnthropicProvider({
      name: 'vendor',
      baseUrl,
      model: 'claude-test',
      apiVersion: '2023-06-01',
      connectMs: 500,
      apiKey: 'secret',
    }),
  );

async function ask(baseUrl: string, request: Partial<CompletionRequest> = {}): Promise<ProviderEvent[]> {
  const events: ProviderEvent[] = [];
  const signal = AbortSignal.timeout(5000);
  for await (const event of providerAt(baseUrl).complete(completionOf(request), { signal }))
    events.push(event);
  return events;
}

const textOf = (events: readonly ProviderEvent[]): string =>
  events.map((event) => (event.kind === 'text' ? event.text : '')).join('');

describe('the provider against a server of the Messages API', () => {
  it('gets the text and usage that the vendor’s own client gets from the same server', async () => {
    const server = cleanup.add(await startAnthropicServer());
    const client = new Anthropic({ baseURL: server.url, apiKey: 'secret', maxRetries: 0 });
    const message = await client.messages
      .stream({ model: 'claude-test', max_tokens: 40, messages: [{ role: 'user', content: 'hello' }] })
      .finalMessage();
    const events = await ask(server.url, { maxOutputTokens: 40 });
    const text = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    expect(textOf(events)).toBe(text);
    expect(text.length).toBeGreaterThan(100);
    expect(message.stop_reason).toBe('max_tokens');
    const { usage } = message;
    expect(events.at(-1)).toEqual({
      kind: 'finish',
      reason: 'length',
      usage: {
        promptTokens:
          usage.input_tokens +
          (usage.cache_creation_input_tokens ?? 0) +
          (usage.cache_read_input_tokens ?? 0),
        cachedPromptTokens: usage.cache_read_input_tokens,
        cacheWriteTokens: usage.cache_creation_input_tokens,
        outputTokens: usage.output_tokens,
      },
    });
    expect(usage.output_tokens).toBe(40);
  });

  it('sends key, version and trace, and stops the far end when its reader leaves', async () => {
    const server = cleanup.add(await startAnthropicServer());
    const leaving = new AbortController();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const request = completionOf({ maxOutputTokens: 1000, traceparent });
    let last: ProviderEvent | undefined;
    for await (const event of providerAt(server.url).complete(request, { signal: leaving.signal })) {
      if (event.kind === 'text') leaving.abort();
      last = event;
    }
    expect(last).toMatchObject({
      kind: 'failed',
      fault: { code: 'caller_disconnected' },
      usage: { promptTokens: 23, cachedPromptTokens: 7 },
    });
    await until(() => server.aborted === 1, 'the far end to see the abort');
    expect(server.asked[0]?.headers).toMatchObject({
      'x-api-key': 'secret',
      'anthropic-version': '2023-06-01',
      traceparent,
    });
  });

  it('passes on what the headers say of its limits', async () => {
    const server = cleanup.add(await startAnthropicServer());
    server.headers = {
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': new Date(Date.now() + 30_000).toISOString(),
      'anthropic-ratelimit-tokens-remaining': '1200',
    };
    const [started] = await ask(server.url);
    if (started?.kind !== 'started') throw new Error('did not start');
    expect(started.limits).toMatchObject({ requestsRemaining: 0, tokensRemaining: 1200 });
    expect(started.limits?.exhaustedForMs).toBeGreaterThan(25_000);
    expect(started.limits?.exhaustedForMs).toBeLessThanOrEqual(30_000);
  });

  it('a probe lists the model without asking it; without a key it is down', async () => {
    const server = cleanup.add(await startAnthropicServer());
    expect(await providerAt(server.url).probe(1000)).toEqual({ state: 'up', models: ['claude-test'] });
    const options = { name: 'v', baseUrl: server.url, model: 'm', apiVersion: '2023-06-01', connectMs: 500 };
    const keyless = cleanup.add(new AnthropicProvider(options));
    expect(await keyless.probe(1000)).toMatchObject({
      state: 'down',
      detail: expect.stringContaining('401'),
    });
    expect(server.asked).toHaveLength(0);
  });
});

describe('what is asked', () => {
  const { body, head } = {
    body: anthropicRequestFrom,
    head: { role: 'system', content: 'Be brief.' } as const,
  };

  it('has the system prompt apart and marked as kept, and drops what the API refuses', () => {
    const messages = [
      head,
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: '' },
      { role: 'system', content: 'More.' },
      { role: 'assistant', content: 'And then ' },
    ] as const;
    expect(body(completionOf({ messages, stop: ['\n', 'END'], seed: 5, ignoreEos: true }), 'm')).toEqual({
      model: 'm',
      max_tokens: 6,
      stream: true,
      temperature: 0,
      system: [{ type: 'text', text: 'Be brief.\n\nMore.', cache_control: { type: 'ephemeral' } }],
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'And then' },
      ],
      stop_sequences: ['END'],
    });
  });

  it('of a growing conversation is marked at its newest message, so that the next turn finds it', () => {
    const messages = [head, { role: 'user', content: 'hi' }] as const;
    expect(body(completionOf({ messages, cacheKey: 'i-1' }), 'm').messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }] },
    ]);
  });

  it.each([
    [{ temperature: 1.7, topP: 1 }, { temperature: 1 }],
    [{ temperature: 1, topP: 0.5 }, { top_p: 0.5 }],
    [{ temperature: 0.2, topP: 0.5 }, { temperature: 0.2 }],
  ])('of %o has one kind of sampling', (asked, sent) => {
    const { temperature, top_p } = body(completionOf(asked), 'm') as Record<string, unknown>;
    expect(
      Object.fromEntries(Object.entries({ temperature, top_p }).filter(([, v]) => v !== undefined)),
    ).toEqual(sent);
  });
});

async function read(events: readonly object[]): Promise<ProviderEvent | Error> {
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const event of events) yield Buffer.from(`data: ${JSON.stringify(event)}\n\n`);
  }
  let last: ProviderEvent | undefined;
  try {
    for await (const event of new AnthropicStreamReader(body()).events()) last = event;
  } catch (error) {
    return error as Error;
  }
  return last ?? new Error('nothing');
}

describe('a stream', () => {
  it.each([
    ['end_turn', { kind: 'finish', reason: 'stop' }],
    ['stop_sequence', { kind: 'finish', reason: 'stop' }],
    ['max_tokens', { kind: 'finish', reason: 'length' }],
    ['refusal', { kind: 'failed', fault: { code: 'provider_rejected' } }],
    ['tool_use', { kind: 'failed', fault: { code: 'provider_incomplete' } }],
    ['pause_turn', { kind: 'failed', fault: { code: 'provider_incomplete' } }],
  ])('that stops with %s', async (reason, expected) => {
    expect(await read([messageStart(), textDelta('a'), ...messageEnd(reason, 9)])).toMatchObject(expected);
  });

  it.each([
    ['overloaded_error', 'provider_overloaded'],
    ['rate_limit_error', 'provider_rate_limited'],
    ['api_error', 'provider_error'],
    ['timeout_error', 'provider_timeout'],
    ['invalid_request_error', 'provider_rejected'],
    ['billing_error', 'provider_rejected'],
    ['new_error', 'provider_error'],
  ])('with %s in it', async (type, code) => {
    const error = { type: 'error', error: { type, message: 'Overloaded' } };
    expect(await read([messageStart(), textDelta('a'), error])).toMatchObject({ fault: { code } });
  });

  it('without message_stop is cut, also after its stop reason', async () => {
    const cut = [messageStart(), textDelta('a'), ...messageEnd('end_turn', 1).slice(0, 2)];
    expect(await read(cut)).toMatchObject({ kind: 'failed', fault: { code: 'provider_incomplete' } });
  });

  it('with thinking and with events of a future version is read without them', async () => {
    const thinking = {
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'thinking_delta', thinking: 'hm' },
    };
    const events = [messageStart(), thinking, { type: 'from_the_future' }, textDelta('a')];
    expect(await read([...events, ...messageEnd('end_turn', 8)])).toMatchObject({
      kind: 'finish',
      usage: { outputTokens: 8, promptTokens: 23 },
    });
  });

  it.each([[[{ nope: 1 }]], [[{ type: 'content_block_delta', delta: 5 }]]])(
    'of %o is malformed',
    async (events) => {
      expect(await read(events)).toMatchObject({ fault: { code: 'provider_error' } });
    },
  );
});

it.each([
  [529, 'overloaded_error', {}, { code: 'provider_overloaded' }],
  [429, 'rate_limit_error', { 'retry-after': '3' }, { code: 'provider_rate_limited', retryAfterMs: 3000 }],
  [500, 'api_error', {}, { code: 'provider_error' }],
  [401, 'authentication_error', {}, { code: 'provider_rejected' }],
  [302, 'moved', { location: 'http://127.0.0.1:1/' }, { code: 'provider_rejected' }],
])('status %i with %s is a fault', async (status, type, headers, fault) => {
  const body = JSON.stringify({ type: 'error', error: { type, message: 'no' } });
  const server = cleanup.add(await startFaultServer({ kind: 'status', status, headers, body }));
  expect(await ask(server.baseUrl.replace('/v1', ''))).toMatchObject([{ kind: 'failed', fault }]);
  expect(server.requests()).toBe(1);
});

it('a prompt that does not fit is the caller’s fault, though the API has no code of its own for it', async () => {
  const message = 'prompt is too long: 210000 tokens > 200000 maximum';
  const body = JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message } });
  const server = cleanup.add(await startFaultServer({ kind: 'status', status: 400, body }));
  expect(await ask(server.baseUrl.replace('/v1', ''))).toMatchObject([
    { fault: { code: 'caller_context_too_long' } },
  ]);
});
