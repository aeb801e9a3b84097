import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** How a fault server treats each connection after it has read the request. */
export type FaultBehaviour =
  | { readonly kind: 'hang' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** Sends server-sent events, then does as `ending` says: ends, cuts the socket, or goes silent. */
  | {
      readonly kind: 'stream';
      readonly events: readonly string[];
      readonly ending: 'end' | 'cut' | 'stall';
      readonly headers?: Record<string, string>;
    }
  | { readonly kind: 'cut-before-headers' };

export interface FaultServer {
  /** With /v1, as the OpenAI provider takes it. */
  readonly baseUrl: string;
  /** Requests received. */
  requests(): number;
  /** Connections that the other side still holds open. */
  openConnections(): number;
  /** Text of the last request, head and body. */
  lastRequest(): string;
  close(): Promise<void>;
}

const head = (status: number, headers: Record<string, string>): string =>
  [
    `HTTP/1.1 ${status} X`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');

/** One HTTP chunk of the chunked transfer coding. */
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

function behave(socket: Socket, behaviour: FaultBehaviour): void {
  switch (behaviour.kind) {
    case 'hang':
      return;
    case 'cut-before-headers':
      socket.destroy();
      return;
    case 'status': {
      const body = behaviour.body ?? '';
      const length = String(Buffer.byteLength(body));
      socket.write(head(behaviour.status, { ...behaviour.headers, 'content-length': length }) + body);
      return;
    }
    case 'stream': {
      const headers = {
        'content-type': 'text/event-stream',
        'transfer-encoding': 'chunked',
        ...behaviour.headers,
      };
      socket.write(
        head(200, headers) + behaviour.events.map((event) => chunk(`data: ${event}\n\n`)).join(''),
      );
      if (behaviour.ending === 'end') socket.write('0\r\n\r\n');
      if (behaviour.ending === 'cut') setTimeout(() => socket.resetAndDestroy(), 20);
    }
  }
}

const isWhole = (request: string): boolean => {
  const end = request.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = Number(/content-length: (\d+)/i.exec(request)?.[1] ?? 0);
  return request.length >= end + 4 + length;
};

/** A provider on raw sockets that misbehaves exactly as told. */
export async function startFaultServer(behaviour: FaultBehaviour): Promise<FaultServer> {
  const sockets = new Set<Socket>();
  let requests = 0;
  let last = '';
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let received = '';
    socket.on('data', (data) => {
      received += data.toString('latin1');
      if (!isWhole(received)) return;
      requests++;
      last = received;
      received = '';
      behave(socket, behaviour);
    });
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests: () => requests,
    openConnections: () => sockets.size,
    lastRequest: () => last,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An address where nothing listens: a port that was free a moment ago. */
export async function findRefusedAddress(): Promise<string> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}

/** A chat completion chunk as vendors send it. */
export const chunkOf = (content: string, finishReason: string | null = null): string =>
  JSON.stringify({
    id: 'x',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: { content }, finish_reason: finishReason }],
  });
