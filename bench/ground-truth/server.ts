import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import { Pacer, SPIN_MS } from '../drive/pacing.ts';

/** The constants that a ground-truth server keeps to. */
export interface GroundTruthOptions {
  /** From a request's last byte to the first token, and to the whole answer of a plain request. */
  readonly firstTokenMs: number;
  readonly tokenGapMs: number;
  /** Tokens per answer where the request names none. */
  readonly outputTokens: number;
  /** False leaves the pacing to timers: up to about 1.5 ms late, at a fraction of the CPU. True by default. */
  readonly isExact?: boolean;
  /** 0 picks a free one. */
  readonly port?: number;
}

/** What the server's own clock says of what it wrote: medians and tails in ms. */
export interface Truth {
  readonly streams: number;
  readonly firstTokenP50Ms: number | undefined;
  readonly firstTokenP99Ms: number | undefined;
  readonly gapP50Ms: number | undefined;
  readonly gapP99Ms: number | undefined;
}

export interface GroundTruthServer {
  readonly url: string;
  truth(): Truth;
  close(): Promise<void>;
}

const bodySchema = z.object({
  max_tokens: z.int().positive().optional(),
  messages: z.array(z.object({ content: z.string() })).optional(),
  text: z.string().optional(),
});
type Body = z.infer<typeof bodySchema>;

const HEAD = '{"id":"truth","object":"chat.completion.chunk","created":0,"model":"ground-truth","choices":';
const FIRST = `data: ${HEAD}[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n`;
const TOKEN = `data: ${HEAD}[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}\n\n`;

const wordsOf = (body: Body): number =>
  (body.messages ?? []).reduce((sum, { content }) => sum + content.split(' ').length, 0);

function lastEvents(body: Body, tokens: number): string {
  const finish = `data: ${HEAD}[{"index":0,"delta":{},"finish_reason":"length"}]}\n\n`;
  const usage = { prompt_tokens: wordsOf(body), completion_tokens: tokens };
  const timings = {
    queue_wait_ms: 0,
    prefill_ms: 0,
    decode_ms: 0,
    batch_sequences: 1,
    cached_prompt_tokens: 0,
  };
  const account = `data: ${HEAD}[],"usage":${JSON.stringify(usage)},"timings":${JSON.stringify(timings)}}\n\n`;
  return `${finish}${account}data: [DONE]\n\n`;
}

async function readBody(request: IncomingMessage): Promise<Body> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return bodySchema.parse(JSON.parse(Buffer.concat(parts).toString('utf8') || '{}'));
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

const SSE_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' } as const;

/** Keeps to its constants with the bench's own pacer, and measures how well it did. */
class GroundTruth {
  readonly #pacer: Pacer;
  readonly #options: GroundTruthOptions;
  #firstToken = new LatencyHistogram();
  #gap = new LatencyHistogram();

  constructor(options: GroundTruthOptions) {
    this.#options = options;
    this.#pacer = new Pacer(options.isExact === false ? 0 : SPIN_MS);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = `${request.method} ${request.url}`;
    if (route === 'POST /v1/chat/completions') return this.#stream(request, response);
    if (route === 'POST /plain') return this.#plain(request, response);
    if (route === 'GET /v1/models') return sendJson(response, 200, { data: [{ id: 'ground-truth' }] });
    if (route === 'GET /truth') return sendJson(response, 200, this.truth());
    if (route === 'DELETE /truth') {
      this.#firstToken = new LatencyHistogram();
      this.#gap = new LatencyHistogram();
      return sendJson(response, 200, {});
    }
    return sendJson(response, 404, { error: { message: `no ${route}`, code: 'caller_not_found' } });
  }

  async #plain(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await readBody(request);
    const atMs = performance.now() + this.#options.firstTokenMs;
    this.#pacer.at(atMs, () => sendJson(response, 200, { answer: 'done' }));
  }

  async #stream(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const receivedAtMs = performance.now();
    const tokens = body.max_tokens ?? this.#options.outputTokens;
    const firstAtMs = receivedAtMs + this.#options.firstTokenMs;
    let written = 0;
    let lastAtMs = 0;
    const writeToken = (): void => {
      if (response.destroyed) return;
      const nowMs = performance.now();
      if (written === 0) this.#firstToken.record(nowMs - receivedAtMs);
      else this.#gap.record(nowMs - lastAtMs);
      lastAtMs = nowMs;
      written++;
      response.write(TOKEN);
      if (written < tokens) this.#pacer.at(firstAtMs + written * this.#options.tokenGapMs, writeToken);
      else response.end(lastEvents(body, tokens));
    };
    response.writeHead(200, SSE_HEADERS);
    response.write(FIRST);
    this.#pacer.at(firstAtMs, writeToken);
  }

  truth(): Truth {
    return {
      streams: this.#firstToken.count,
      firstTokenP50Ms: this.#firstToken.percentileMs(50),
      firstTokenP99Ms: this.#firstToken.percentileMs(99),
      gapP50Ms: this.#gap.percentileMs(50),
      gapP99Ms: this.#gap.percentileMs(99),
    };
  }

  stop(): void {
    this.#pacer.stop();
  }
}

/**
 * A server whose timing is known: a constant delay to the first token, a constant pace after it, one token per chunk,
 * one word per token. `POST /v1/chat/completions` streams, `POST /plain` answers whole, `GET /truth` tells what was
 * really kept, `DELETE /truth` forgets it.
 */
export async function startGroundTruth(options: GroundTruthOptions): Promise<GroundTruthServer> {
  const truth = new GroundTruth(options);
  const server = createServer((request, response) => {
    truth.answer(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (!response.headersSent)
        sendJson(response, 400, { error: { message, code: 'caller_invalid_request' } });
      else response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    truth: () => truth.truth(),
    close: () =>
      new Promise((resolve) => {
        truth.stop();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
