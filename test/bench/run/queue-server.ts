import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of known capacity: `slots` requests are held `serviceMs` each, the rest wait in order. */
export interface QueueServer {
  readonly url: string;
  readonly bodies: {
    messages?: { role: string; content: string }[];
    max_tokens?: number;
    ignore_eos?: boolean;
  }[];
  close(): Promise<void>;
}

export interface QueueServerOptions {
  readonly slots: number;
  readonly serviceMs: number;
  /** Served at /ready; 404 where absent. */
  readonly readiness?: unknown;
  readonly readinessStatus?: number;
  /** Served at /metrics. */
  readonly metrics?: () => string;
}

const CHUNK = '{"choices":[{"index":0,"delta":{"content":"three short words"},"finish_reason":null}]}';
const FINISH = '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}';
const USAGE = '{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}';
const ANSWER = `data: ${CHUNK}\n\ndata: ${FINISH}\n\ndata: ${USAGE}\n\ndata: [DONE]\n\n`;

export async function startQueueServer(options: QueueServerOptions): Promise<QueueServer> {
  const waiting: ServerResponse[] = [];
  const bodies: QueueServer['bodies'] = [];
  const timers = new Set<NodeJS.Timeout>();
  let busy = 0;
  const serve = (): void => {
    const response = busy < options.slots ? waiting.shift() : undefined;
    if (response === undefined) return;
    if (response.destroyed) {
      serve();
      return;
    }
    busy++;
    const timer = setTimeout(() => {
      timers.delete(timer);
      busy--;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(ANSWER);
      serve();
    }, options.serviceMs);
    timers.add(timer);
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/metrics') return void response.end(options.metrics?.() ?? '');
    if (request.url === '/ready' && options.readiness !== undefined) {
      response.writeHead(options.readinessStatus ?? 200, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify(options.readiness));
    }
    if (request.url === '/v1/models') return void response.end('{"data":[{"id":"queue"}]}');
    if (request.method !== 'POST') return void response.writeHead(404).end('{}');
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    bodies.push(JSON.parse(Buffer.concat(parts).toString('utf8')));
    waiting.push(response);
    serve();
  };
  const server = createServer(
    (request, response) => void answer(request, response).catch(() => response.destroy()),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    close: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
