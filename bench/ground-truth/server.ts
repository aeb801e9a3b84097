import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Pacer, SPIN_MS } from '../drive/pacing.ts';
import { jsonAnswer, parseAsked, wholeCompletion } from './answer-text.ts';
import { Behaviour } from './behaviour.ts';
import { writeBroken } from './broken-answer.ts';
import { type GroundTruthConfig, type GroundTruthOptions, groundTruthSchema } from './options.ts';
import { RequestParser, type TruthRequest } from './request-parser.ts';
import { StreamAnswer } from './stream-answer.ts';
import { type Truth, TruthLog } from './truth.ts';

export type { GroundTruthOptions } from './options.ts';
export type { Truth } from './truth.ts';

export interface GroundTruthServer {
  readonly url: string;
  truth(): Truth;
  close(): Promise<void>;
}

const PLAIN = jsonAnswer(200, '{"answer":"done"}');
const MODELS = jsonAnswer(200, '{"object":"list","data":[{"id":"ground-truth","object":"model"}]}');

/** Keeps to its constants with the bench's own pacer, and measures how well it did. */
class GroundTruth {
  readonly config: GroundTruthConfig;
  readonly pacer: Pacer;
  readonly behaviour: Behaviour;
  log = new TruthLog();

  constructor(config: GroundTruthConfig) {
    this.config = config;
    this.pacer = new Pacer(config.isExact ? SPIN_MS : 0);
    this.behaviour = new Behaviour(config, performance.now());
  }
}

/** One connection: requests are answered in their order, one at a time. */
class TruthConnection {
  readonly #truth: GroundTruth;
  readonly #socket: Socket;
  readonly #parser = new RequestParser();
  #isAnswering = false;
  #receivedAtMs = 0;

  constructor(truth: GroundTruth, socket: Socket) {
    this.#truth = truth;
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#onBytes(bytes));
    // Load generators leave by resetting; there is nothing to do about it.
    socket.on('error', () => {});
  }

  #onBytes(bytes: Buffer): void {
    if (!this.#isAnswering) this.#receivedAtMs = performance.now();
    this.#parser.push(bytes);
    this.#answerNext();
  }

  #answerNext(): void {
    try {
      while (!this.#isAnswering && !this.#socket.destroyed) {
        const request = this.#parser.next();
        if (request === undefined) return;
        this.#isAnswering = true;
        this.#answer(request);
      }
    } catch (error) {
      this.#socket.end(
        jsonAnswer(400, JSON.stringify({ error: { message: String(error) } }), 'connection: close\r\n'),
      );
    }
  }

  #done(request: TruthRequest): void {
    this.#isAnswering = false;
    if (!request.isKeptAlive) this.#socket.end();
  }

  /** Ends an answer that was written later than its request was read; the next may be waiting. */
  #doneLater(request: TruthRequest): void {
    this.#done(request);
    this.#receivedAtMs = performance.now();
    this.#answerNext();
  }

  #write(request: TruthRequest, text: string): void {
    this.#socket.write(text, 'latin1');
    this.#done(request);
  }

  #answer(request: TruthRequest): void {
    const truth = this.#truth;
    switch (request.route) {
      case 'POST /plain':
      case 'GET /plain':
        this.#measured(request, () => this.#plain(request, PLAIN));
        break;
      case 'POST /v1/chat/completions':
        this.#measured(request, () => this.#completion(request));
        break;
      case 'GET /v1/models':
        this.#write(request, MODELS);
        break;
      case 'GET /truth':
        this.#write(request, jsonAnswer(200, JSON.stringify(truth.log.read())));
        break;
      case 'DELETE /truth':
        truth.log = new TruthLog();
        this.#write(request, jsonAnswer(200, '{}'));
        break;
      default: {
        const error = { message: `no ${request.route}`, code: 'caller_not_found' };
        this.#write(request, jsonAnswer(404, JSON.stringify({ error })));
      }
    }
  }

  #measured(request: TruthRequest, good: () => void): void {
    const kind = this.#truth.behaviour.error();
    if (kind === undefined) {
      good();
      return;
    }
    this.#truth.log.recordError(kind);
    if (writeBroken(this.#socket, kind)) this.#done(request);
  }

  #plain(request: TruthRequest, answer: string): void {
    const { behaviour, pacer } = this.#truth;
    const receivedAtMs = this.#receivedAtMs;
    const delayMs = behaviour.firstTokenMs();
    const dueAtMs = behaviour.heldUntilMs(receivedAtMs + delayMs);
    if (dueAtMs <= receivedAtMs) {
      this.#truth.log.recordAnswer(performance.now() - receivedAtMs);
      this.#write(request, answer);
      return;
    }
    pacer.at(dueAtMs, () => {
      if (this.#socket.destroyed) return;
      this.#truth.log.recordAnswer(performance.now() - receivedAtMs);
      this.#socket.write(answer, 'latin1');
      this.#doneLater(request);
    });
  }

  #completion(request: TruthRequest): void {
    const asked = parseAsked(request.body);
    if (asked === undefined) {
      const error = { message: 'no chat completion request', code: 'caller_invalid_request' };
      this.#write(request, jsonAnswer(400, JSON.stringify({ error })));
      return;
    }
    const { config, behaviour, pacer, log } = this.#truth;
    const tokens = asked.tokens ?? config.outputTokens;
    if (!asked.isStream) {
      this.#plain(request, jsonAnswer(200, wholeCompletion(asked, tokens)));
      return;
    }
    new StreamAnswer({
      socket: this.#socket,
      pacer,
      behaviour,
      log,
      asked,
      tokens,
      tokensPerWrite: config.tokensPerWrite,
      receivedAtMs: this.#receivedAtMs,
      onDone: () => this.#doneLater(request),
    });
  }
}

/**
 * A server whose timing is known: constant or drawn delays to the first token and between tokens, standstills, errors on
 * purpose. `POST /v1/chat/completions` streams one token per event and one word per token, `POST` or `GET /plain` answers
 * whole, `GET /truth` tells what was really kept, `DELETE /truth` forgets it. Throws ZodError for options out of range.
 */
export async function startGroundTruth(options: GroundTruthOptions = {}): Promise<GroundTruthServer> {
  const config = groundTruthSchema.parse(options);
  const truth = new GroundTruth(config);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    new TruthConnection(truth, socket);
  });
  server.listen({ port: config.port, host: config.host, backlog: 16_384 });
  await once(server, 'listening');
  const { port, family, address } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    truth: () => truth.log.read(),
    close: () =>
      new Promise((resolve) => {
        truth.pacer.stop();
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
