import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Behaviour, GAP_MS, type ServerTls, type WireServer, WORDS } from './wire-server.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One turn that a client asks for over its socket. */
class SocketTurn {
  readonly socket: WebSocket;
  readonly #messageId: string;

  constructor(socket: WebSocket, messageId: string) {
    this.socket = socket;
    this.#messageId = messageId;
  }

  #frame(fields: object): string {
    return JSON.stringify({ messageId: this.#messageId, ...fields });
  }

  textFrame(text: string): string {
    return this.#frame({ type: 'text', text });
  }

  say(text: string): void {
    this.socket.send(this.textFrame(text));
  }

  complete(text: string): void {
    const usage = {
      prompt_tokens: 6,
      completion_tokens: text === '' ? 0 : WORDS.length,
      prompt_tokens_details: { cached_tokens: 2 },
    };
    const timings = {
      queue_wait_ms: 1.5,
      prefill_ms: 1,
      decode_ms: 1,
      batch_sequences: 1,
      cached_prompt_tokens: 2,
    };
    const turn = { interactionId: 'abc', text, usage, timings };
    this.socket.send(this.#frame({ type: 'completed', turn }));
  }

  fail(code: string): void {
    this.socket.send(this.#frame({ type: 'error', error: { message: 'cut', code } }));
  }

  /** A message in fragments of seven bytes: RFC 6455 lets them be cut anywhere, inside a character too. */
  sayInFragments(text: string): void {
    const bytes = Buffer.from(this.textFrame(text));
    for (let at = 0; at < bytes.length; at += 7) {
      this.socket.send(bytes.subarray(at, at + 7), { binary: false, fin: at + 7 >= bytes.length });
    }
  }

  /** The TCP connection under the socket. */
  get connection(): Socket {
    return (this.socket as unknown as { readonly _socket: Socket })._socket;
  }
}

type Play = (turn: SocketTurn) => Promise<void>;

const REFUSALS: ReadonlySet<Behaviour> = new Set(['400', '429', '500', '503']);

const PLAYS: { readonly [B in Behaviour]?: Play } = {
  good: async (turn) => {
    for (const word of WORDS) {
      await pause(GAP_MS);
      turn.say(word);
    }
    turn.complete(WORDS.join(''));
  },
  'slow-first-token': async () => {},
  'stall-after-first-token': async (turn) => turn.say('one'),
  endless: async (turn) => {
    while (turn.socket.readyState === turn.socket.OPEN) {
      turn.say('more ');
      await pause(10);
    }
  },
  'reset-before-answer': async (turn) => void turn.connection.resetAndDestroy(),
  'cut-after-first-token': async (turn) => {
    turn.say('one');
    await pause(GAP_MS);
    turn.connection.destroy();
  },
  'clean-end-without-finish': async (turn) => {
    turn.say('one');
    turn.socket.close(1000);
  },
  'error-event-after-first-token': async (turn) => {
    turn.say('one');
    turn.fail('provider_incomplete');
  },
  malformed: async (turn) => turn.socket.send('<html>'),
  empty: async (turn) => turn.complete(''),
  'split-bytes': async (turn) => {
    for (const word of WORDS) turn.sayInFragments(word);
    turn.complete(WORDS.join(''));
  },
};

function refuse(connection: Duplex, status: string): void {
  const code = status === '429' ? 'policy_rate_limited' : status === '503' ? 'gateway_overloaded' : 'made_up';
  const body = JSON.stringify({ error: { message: 'no', code } });
  connection.end(
    `HTTP/1.1 ${status} No\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** A real HTTP and WebSocket server of the gateway's dialog socket that misbehaves as told. */
export async function startSocketWireServer(tls?: ServerTls): Promise<WireServer> {
  const bodies: unknown[] = [];
  const state = { behaviour: 'good' as Behaviour, aborted: 0 };
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'busyhour.v1' });
  const onTurn = (socket: WebSocket, bytes: Buffer): void => {
    const asked = JSON.parse(bytes.toString('utf8')) as { messageId: string };
    bodies.push(asked);
    let isPlaying = true;
    socket.once('close', () => {
      if (isPlaying) state.aborted++;
    });
    void PLAYS[state.behaviour]?.(new SocketTurn(socket, asked.messageId)).then(() => {
      isPlaying = socket.readyState !== socket.OPEN;
    });
  };
  const onRequest: RequestListener = (request, response) => {
    request.resume();
    const isOpening = request.url === '/v1/interactions' && request.headers.authorization === 'Bearer key';
    response.writeHead(isOpening ? 201 : 404, { 'content-type': 'application/json' });
    response.end('{"interactionId":"abc","state":"active"}');
  };
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest);
  server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    if (request.url !== '/v1/interactions/abc/socket') return refuse(connection, '404');
    if (REFUSALS.has(state.behaviour)) return refuse(connection, state.behaviour);
    sockets.handleUpgrade(request, connection, head, (socket) => {
      socket.on('error', () => {}); // A client that gives up cuts the connection: that is what these tests provoke.
      socket.on('message', (bytes: Buffer) => onTurn(socket, bytes));
      socket.send(JSON.stringify({ type: 'hello', interactionId: 'abc' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
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
        for (const socket of sockets.clients) socket.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
