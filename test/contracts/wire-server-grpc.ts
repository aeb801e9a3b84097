import { createSecureServer, createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';
import { type Behaviour, GAP_MS, type ServerTls, type WireServer, WORDS } from './wire-server.ts';

const PROTO = join(import.meta.dirname, '../../runtime/inference/proto/inference.proto');
const PATH = '/busyhour.inference.v1.Inference/GenerateStream';
const PREFIX_BYTES = 5;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const method = (() => {
  const loaded = loadSync(PROTO, {
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const service = loaded['busyhour.inference.v1.Inference'] as unknown as Record<
    string,
    MethodDefinition<object, object>
  >;
  const found = service.GenerateStream;
  if (found === undefined) throw new Error('the interface has no GenerateStream');
  return found;
})();

/** A message as gRPC frames it over HTTP/2: not compressed, its length, its bytes. */
function frameOf(bytes: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

const messageOf = (event: object): Buffer => frameOf(method.responseSerialize(event));
const chunkOf = (text: string): Buffer => messageOf({ chunk: { text, num_tokens: 1 } });
const errorOf = (code: string): Buffer => messageOf({ error: { code, message: 'cut', retryable: false } });
const finish = (): Buffer =>
  messageOf({
    finish_info: {
      num_output_tokens: WORDS.length,
      usage: { prompt_tokens: 6, completion_tokens: WORDS.length, cached_prompt_tokens: 2 },
      timings: {
        queue_wait_ms: 1.5,
        prefill_ms: 1,
        decode_ms: 1,
        batch_sequences: 1,
        cached_prompt_tokens: 2,
      },
    },
  });

/** One call, answered on the bare HTTP/2 stream, so that everything can go wrong. */
class Call {
  readonly stream: ServerHttp2Stream;
  readonly connection: Socket;

  constructor(stream: ServerHttp2Stream, connection: Socket) {
    this.stream = stream;
    this.connection = connection;
  }

  open(): void {
    this.stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  }

  /** Ends the answer with a status, after whatever was written. */
  end(code: number, details = ''): void {
    this.stream.once('wantTrailers', () =>
      this.stream.sendTrailers({ 'grpc-status': String(code), 'grpc-message': details }),
    );
    this.stream.end();
  }
}

type Play = (call: Call) => Promise<void>;

const ending =
  (...messages: readonly Buffer[]): Play =>
  async (call) => {
    for (const message of messages) call.stream.write(message);
    call.end(status.OK);
  };

const PLAYS: { readonly [B in Behaviour]: Play } = {
  good: async (call) => {
    for (const word of WORDS) {
      await pause(GAP_MS);
      call.stream.write(chunkOf(word));
    }
    call.stream.write(finish());
    call.end(status.OK);
  },
  'slow-first-token': async () => {},
  'stall-after-first-token': async (call) => void call.stream.write(chunkOf('one')),
  endless: async (call) => {
    while (!call.stream.destroyed) {
      call.stream.write(chunkOf('more '));
      await pause(10);
    }
  },
  'reset-before-answer': async (call) => void call.connection.resetAndDestroy(),
  'cut-after-first-token': async (call) => {
    call.stream.write(chunkOf('one'));
    await pause(GAP_MS);
    call.connection.destroy();
  },
  'clean-end-without-finish': ending(chunkOf('one')),
  'error-event-after-first-token': ending(chunkOf('one'), errorOf('ENGINE_FAILED')),
  malformed: ending(frameOf(Buffer.from('<html>, and no message'))),
  empty: ending(),
  'split-bytes': async (call) => {
    const bytes = Buffer.concat([...WORDS.map(chunkOf), finish()]);
    for (let at = 0; at < bytes.length; at += 7) {
      call.stream.write(bytes.subarray(at, at + 7));
      await new Promise((resolve) => setImmediate(resolve));
    }
    call.end(status.OK);
  },
  '400': async (call) => call.end(status.INVALID_ARGUMENT, 'no'),
  '429': ending(errorOf('OVERLOADED')),
  '500': async (call) => call.end(status.INTERNAL, 'no'),
  '503': ending(errorOf('DRAINING')),
};

function readRequest(stream: ServerHttp2Stream): Promise<object> {
  const parts: Buffer[] = [];
  return new Promise((resolve) => {
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.once('end', () => resolve(method.requestDeserialize(Buffer.concat(parts).subarray(PREFIX_BYTES))));
  });
}

/** A real HTTP/2 server of the inference service's stream that misbehaves as told. */
export async function startGrpcWireServer(tls?: ServerTls): Promise<WireServer> {
  const bodies: unknown[] = [];
  const connections = new Set<Socket>();
  const state = { behaviour: 'good' as Behaviour, aborted: 0 };
  const server = tls === undefined ? createServer() : createSecureServer(tls);
  // A client that gives up cuts the connection: that is what these tests provoke.
  server.on('sessionError', () => {});
  // Before the server's own listener, which begins the session at once.
  server.prependListener('connection', (connection: Socket) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
    connection.on('error', () => {});
  });
  server.on('session', (session) => {
    const connection = [...connections].at(-1);
    session.on('stream', async (stream, headers) => {
      if (headers[':path'] !== PATH || headers.authorization !== 'Bearer key' || connection === undefined) {
        stream.respond({ ':status': 404 }, { endStream: true });
        return;
      }
      stream.on('error', () => {});
      stream.once('aborted', () => state.aborted++);
      bodies.push(await readRequest(stream));
      const call = new Call(stream, connection);
      call.open();
      await PLAYS[state.behaviour](call);
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
        server.close(() => resolve());
        for (const connection of connections) connection.destroy();
      }),
  };
}
