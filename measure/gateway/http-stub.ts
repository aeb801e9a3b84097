import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tuneV8 } from '../../cli/v8-tuning.ts';

/**
 * A vendor of chat completions that answers every request after a constant delay, streamed or not as it is asked.
 * Its answer is fixed: what is measured is what stands in front of it. Arguments: the delay in ms.
 */
// As every command of busyhour does: the generator's own compiler is not the target's latency.
tuneV8();
const DELAY_MS = Number(process.argv[2] ?? 60);
const CREATED_UNIX_S = 1_700_000_000;
const TEXT = 'Your parcel left the depot this morning and arrives tomorrow before noon.';
const USAGE = { prompt_tokens: 24, completion_tokens: 13, total_tokens: 37 };

const WHOLE = JSON.stringify({
  id: 'chatcmpl-stub',
  object: 'chat.completion',
  created: CREATED_UNIX_S,
  model: 'stub',
  choices: [{ index: 0, message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' }],
  usage: USAGE,
});

const chunk = (choices: readonly unknown[], usage?: typeof USAGE): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-stub', object: 'chat.completion.chunk', created: CREATED_UNIX_S, model: 'stub', choices, usage })}\n\n`;

const STREAMED = [
  chunk([{ index: 0, delta: { role: 'assistant', content: TEXT }, finish_reason: null }]),
  chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
  chunk([], USAGE),
  'data: [DONE]\n\n',
].join('');

const MODELS = JSON.stringify({
  object: 'list',
  data: [{ id: 'stub', object: 'model', created: CREATED_UNIX_S, owned_by: 'stub' }],
});

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function answer(body: string, response: ServerResponse): void {
  const isStreamed = body.includes('"stream":true');
  setTimeout(() => {
    if (response.destroyed) return;
    if (isStreamed) send(response, 'text/event-stream', STREAMED);
    else send(response, 'application/json', WHOLE);
  }, DELAY_MS);
}

const server = createServer((request: IncomingMessage, response) => {
  if (request.method === 'GET') {
    send(response, 'application/json', MODELS);
    return;
  }
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (piece: string) => {
    body += piece;
  });
  request.on('end', () => answer(body, response));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(
    `${JSON.stringify({ event: 'ready', port: (server.address() as AddressInfo).port })}\n`,
  );
});
// The parent's end of the pipe closes with the parent.
process.stdin.on('end', () => process.exit(0)).resume();
