import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** How a wire server ends the answer that it is asked for. */
export const BEHAVIOURS = [
  'good',
  'slow-first-token',
  'stall-after-first-token',
  'endless',
  'reset-before-answer',
  'cut-after-first-token',
  'clean-end-without-finish',
  'error-event-after-first-token',
  'malformed',
  'empty',
  'split-bytes',
  '400',
  '429',
  '500',
  '503',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** The bytes of one protocol's answers. */
export interface Wire {
  /** Where a request of this protocol that asks for an answer goes. */
  readonly isAsk: (request: IncomingMessage) => boolean;
  /** Answers requests that only prepare one. */
  readonly prepare: (request: IncomingMessage, response: ServerResponse) => void;
  readonly contentType: string;
  readonly token: (word: string) => string;
  readonly end: (tokens: number, text: string) => string;
  readonly error: string;
}

/** Certificate and key of a server that speaks TLS. */
export interface ServerTls {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface WireServer {
  readonly url: string;
  behaviour: Behaviour;
  /** Bodies of the requests that asked for an answer. */
  readonly bodies: unknown[];
  /** Connections that the client destroyed in the middle of an answer. */
  readonly aborted: number;
  close(): Promise<void>;
}

export const WORDS = ['ja ', 'grüße ', 'ok'] as const;
export const GAP_MS = 30;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}

type Play = (response: ServerResponse, wire: Wire) => Promise<void>;

const open = (response: ServerResponse, wire: Wire): void => {
  response.writeHead(200, { 'content-type': wire.contentType });
  response.flushHeaders();
};

const status =
  (code: number): Play =>
  async (response) => {
    const fault = code === 429 ? 'policy_rate_limited' : code === 503 ? 'gateway_overloaded' : 'made_up';
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: 'no', code: fault } }));
  };

const PLAYS: { readonly [K in Behaviour]: Play } = {
  good: async (response, wire) => {
    open(response, wire);
    for (const word of WORDS) {
      await pause(GAP_MS);
      response.write(wire.token(word));
    }
    response.end(wire.end(WORDS.length, WORDS.join('')));
  },
  'slow-first-token': async (response, wire) => open(response, wire),
  'stall-after-first-token': async (response, wire) => {
    open(response, wire);
    response.write(wire.token('one'));
  },
  endless: async (response, wire) => {
    open(response, wire);
    while (!response.destroyed) {
      response.write(wire.token('more '));
      await pause(10);
    }
  },
  'reset-before-answer': async (response) => void (response.socket as Socket).resetAndDestroy(),
  'cut-after-first-token': async (response, wire) => {
    open(response, wire);
    response.write(wire.token('one'));
    await pause(GAP_MS);
    response.socket?.destroy();
  },
  'clean-end-without-finish': async (response, wire) => {
    open(response, wire);
    response.end(wire.token('one'));
  },
  'error-event-after-first-token': async (response, wire) => {
    open(response, wire);
    response.end(wire.token('one') + wire.error);
  },
  malformed: async (response, wire) => {
    open(response, wire);
    response.end('data: <html>\n\nevent: completed\ndata: oops\n\n');
  },
  empty: async (response, wire) => {
    open(response, wire);
    response.end();
  },
  'split-bytes': async (response, wire) => {
    open(response, wire);
    const bytes = Buffer.from(WORDS.map(wire.token).join('') + wire.end(WORDS.length, WORDS.join('')));
    for (let at = 0; at < bytes.length; at += 7) {
      response.write(bytes.subarray(at, at + 7));
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  },
  '400': status(400),
  '429': status(429),
  '500': status(500),
  '503': status(503),
};

/** A real HTTP server that speaks one protocol and misbehaves as told. */
export async function startWireServer(wire: Wire): Promise<WireServer> {
  const bodies: unknown[] = [];
  const state = { behaviour: 'good' as Behaviour, aborted: 0 };
  const server = createServer(async (request, response) => {
    if (!wire.isAsk(request)) {
      wire.prepare(request, response);
      return;
    }
    response.on('close', () => {
      if (!response.writableFinished) state.aborted++;
    });
    bodies.push(await readJson(request));
    await PLAYS[state.behaviour](response, wire);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    get behaviour() {
      return state.behaviour;
    },
    set behaviour(next) {
      state.behaviour = next;
    },
    get aborted() {
      return state.aborted;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
