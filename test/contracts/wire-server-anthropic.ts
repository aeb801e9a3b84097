import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WORDS } from './wire-server.ts';

/** Usage of every answer of the server, as the Messages API splits it. */
export const INPUT_USAGE = { input_tokens: 11, cache_creation_input_tokens: 5, cache_read_input_tokens: 7 };

/** What an answer of the Messages API says, event by event, as JSON. */
export const messageStart = (): object => ({
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-test',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...INPUT_USAGE, output_tokens: 1 },
  },
});
export const textDelta = (text: string): object => ({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'text_delta', text },
});
export const messageEnd = (reason: string, outputTokens: number): readonly object[] => [
  { type: 'content_block_stop', index: 0 },
  {
    type: 'message_delta',
    delta: { stop_reason: reason, stop_sequence: null },
    usage: { output_tokens: outputTokens },
  },
  { type: 'message_stop' },
];
const BLOCK_START = {
  type: 'content_block_start',
  index: 0,
  content_block: { type: 'text', text: '' },
};

/** As the API frames its events. */
const frame = (event: object): string =>
  `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`;

interface Asked {
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: tests read fields of many shapes
  readonly body: any;
}

export interface AnthropicServer {
  readonly url: string;
  readonly asked: Asked[];
  /** Answers cut off by the client. */
  readonly aborted: number;
  /** Headers that every answer carries. */
  headers: Record<string, string>;
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<Asked['body']> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}

const PACE_AFTER = 3;
const PACE_MS = 5;
const MAX_WORDS = 100;

/** As many words as are asked for, up to a hundred, one token and one delta each, until the client leaves. */
async function answer(response: ServerResponse, maxTokens: number): Promise<void> {
  const words = Math.min(maxTokens, MAX_WORDS);
  response.write(frame(messageStart()) + frame(BLOCK_START) + frame({ type: 'ping' }));
  for (let sent = 0; sent < words && !response.destroyed; sent++) {
    response.write(frame(textDelta(WORDS[sent % WORDS.length] ?? '')));
    if (sent > PACE_AFTER) await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
  const reason = words === maxTokens ? 'max_tokens' : 'end_turn';
  response.end(messageEnd(reason, words).map(frame).join(''));
}

const refuse = (response: ServerResponse, status: number, type: string): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ type: 'error', error: { type, message: 'no' } }));
};

/** A real HTTP server that speaks the Messages API; held to it by the vendor's own client (anthropic.test.ts). */
export async function startAnthropicServer(): Promise<AnthropicServer> {
  const state = { aborted: 0, headers: {} as Record<string, string> };
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    // Keys go in a header of their own; newer clients of the vendor send them as bearer tokens.
    const key = request.headers['x-api-key'] ?? request.headers.authorization;
    if (key === undefined) return refuse(response, 401, 'authentication_error');
    if (request.headers['anthropic-version'] === undefined)
      return refuse(response, 400, 'invalid_request_error');
    if (request.url === '/v1/models') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ data: [{ type: 'model', id: 'claude-test' }], has_more: false }));
      return;
    }
    if (request.url !== '/v1/messages') return refuse(response, 404, 'not_found_error');
    const body = await readBody(request);
    asked.push({ headers: request.headers, body });
    response.on('close', () => {
      if (!response.writableFinished) state.aborted++;
    });
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...state.headers });
    await answer(response, body.max_tokens);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    get aborted() {
      return state.aborted;
    },
    get headers() {
      return state.headers;
    },
    set headers(next) {
      state.headers = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
