import { describe, expect, it } from 'vitest';
import { createDialogDriver } from '../../bench/drive/dialog.ts';
import { createGrpcDriver } from '../../bench/drive/grpc.ts';
import { createOpenaiChatDriver } from '../../bench/drive/openai-chat.ts';
import { createPlainHttpDriver } from '../../bench/drive/plain-http.ts';
import { createWebsocketDriver } from '../../bench/drive/websocket.ts';
import { describeDriver } from './driver.ts';
import { startWireServer, type Wire } from './wire-server.ts';
import { startGrpcWireServer } from './wire-server-grpc.ts';
import { startSocketWireServer } from './wire-server-socket.ts';

const usage = (tokens: number) => ({
  prompt_tokens: 6,
  completion_tokens: tokens,
  prompt_tokens_details: { cached_tokens: 2 },
});
const timings = {
  queue_wait_ms: 1.5,
  prefill_ms: 1,
  decode_ms: 1,
  batch_sequences: 1,
  cached_prompt_tokens: 2,
};
const ERROR = '{"error":{"message":"cut","type":"x","code":"provider_incomplete"}}';
const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

const CHAT: Wire = {
  isAsk: (request) =>
    request.url === '/v1/chat/completions' && request.headers.authorization === 'Bearer key',
  prepare: (_request, response) => void response.writeHead(404).end(),
  contentType: 'text/event-stream',
  token: (content) => data({ id: 'c', choices: [{ index: 0, delta: { content }, finish_reason: null }] }),
  end: (tokens) =>
    `: keep-alive\n\n${data({ choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop' }], usage: null })}` +
    `${data({ choices: [], usage: usage(tokens), timings })}data: [DONE]\n\n`,
  error: `event: error\ndata: ${ERROR}\n\n`,
};

const DIALOG: Wire = {
  isAsk: (request) => request.url === '/v1/interactions/abc/turns',
  prepare: (request, response) => {
    request.resume();
    response.writeHead(request.url === '/v1/interactions' ? 201 : 404, {
      'content-type': 'application/json',
    });
    response.end('{"interactionId":"abc","state":"active"}');
  },
  contentType: 'text/event-stream',
  token: (text) => `event: text\r\ndata: {"text":${JSON.stringify(text)}}\r\n\r\n`,
  end: (tokens, text) =>
    `event: completed\n${data({ interactionId: 'abc', text, usage: usage(tokens), timings })}`,
  error: `event: error\ndata: ${ERROR}\n\n`,
};

const PLAIN: Wire = {
  isAsk: (request) => request.url === '/ask?v=1',
  prepare: (_request, response) => void response.writeHead(404).end(),
  contentType: 'text/plain',
  token: (word) => word,
  end: () => '.',
  error: ERROR,
};

describeDriver({
  name: 'openai-chat',
  create: createOpenaiChatDriver,
  start: () => startWireServer(CHAT),
  urlFrom: (origin) => `${origin}/v1/`,
  isStreaming: true,
});

describeDriver({
  name: 'dialog',
  create: createDialogDriver,
  start: () => startWireServer(DIALOG),
  urlFrom: (origin) => origin,
  isStreaming: true,
});

describeDriver({
  name: 'http',
  create: createPlainHttpDriver,
  start: () => startWireServer(PLAIN),
  urlFrom: (origin) => `${origin}/ask?v=1`,
  isStreaming: false,
  // A plain body has no end mark and no form of its own.
  blindTo: ['clean-end-without-finish', 'error-event-after-first-token', 'malformed'],
});

describeDriver({
  name: 'websocket',
  create: createWebsocketDriver,
  start: () => startSocketWireServer(),
  urlFrom: (origin) => origin,
  isStreaming: true,
});

describeDriver({
  name: 'grpc',
  create: createGrpcDriver,
  start: () => startGrpcWireServer(),
  urlFrom: (origin) => origin,
  isStreaming: true,
  outcomes: {
    'error-event-after-first-token': {
      state: 'failed',
      code: 'incomplete-stream',
      detail: 'ENGINE_FAILED: cut',
    },
    '400': { state: 'failed', code: 'grpc-error', detail: 'INVALID_ARGUMENT: no' },
    '429': { state: 'failed', code: 'grpc-error', faultCode: 'provider_overloaded' },
    '500': { state: 'failed', code: 'grpc-error', detail: 'INTERNAL: no' },
    '503': { state: 'failed', code: 'grpc-error', faultCode: 'provider_overloaded' },
  },
});

describe('the openai-chat request', () => {
  it('asks for exactly the drawn tokens, and only then ignores the end of the text', async () => {
    const server = await startWireServer(CHAT);
    const timeouts = { connectMs: 1_000, firstTokenMs: 1_000, idleMs: 1_000, totalMs: 1_000 };
    const driver = createOpenaiChatDriver({ url: server.url, apiKey: 'key', timeouts, maxConnections: 1 });
    const request = { interactionId: 'i', messages: [], maxOutputTokens: 17, keepText: false };
    const { signal } = new AbortController();
    await driver.send({ ...request, exactOutputTokens: true }, signal);
    await driver.send({ ...request, exactOutputTokens: false }, signal);
    expect(server.bodies).toMatchObject([
      { max_tokens: 17, ignore_eos: true, stream: true, stream_options: { include_usage: true } },
      { max_tokens: 17 },
    ]);
    expect(server.bodies[1]).not.toHaveProperty('ignore_eos');
    await driver.close();
    await server.close();
  });
});
