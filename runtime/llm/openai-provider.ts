import { Agent, type Dispatcher, request as httpRequest } from 'undici';
import { z } from 'zod';
import { msFromS } from '../../vocabulary/units.ts';
import { createFault, type Fault, FaultError, faultFromAbort } from './fault.ts';
import { OpenAiStreamReader } from './openai-stream.ts';
import {
  type CompletionRequest,
  ENGINE_LABELS,
  type EngineLabel,
  type Provider,
  type ProviderEvent,
  type ProviderProbe,
} from './provider.ts';

export interface OpenAiProviderOptions {
  readonly name: string;
  readonly baseUrl: string;
  readonly connectMs: number;
  readonly model?: string;
  readonly apiKey?: string;
}

const errorSchema = z.object({
  error: z.object({ message: z.string().nullish(), code: z.union([z.string(), z.number()]).nullish() }),
});
const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

const MAX_ERROR_CHARS = 300;

/** The vendor's own words, bounded, where its error body has OpenAI's shape. */
function readError(text: string): { message: string | undefined; code: string | undefined } {
  try {
    const parsed = errorSchema.safeParse(JSON.parse(text));
    if (!parsed.success) return { message: undefined, code: undefined };
    const { message, code } = parsed.data.error;
    return { message: message?.slice(0, MAX_ERROR_CHARS), code: code == null ? undefined : String(code) };
  } catch {
    // Not JSON: the status alone decides.
    return { message: undefined, code: undefined };
  }
}

const CONTEXT_CODES: ReadonlySet<string> = new Set(['context_length_exceeded', 'caller_context_too_long']);

/** Retry-After as seconds or as a date; undefined when absent or unreadable. */
export function parseRetryAfterMs(header: string | undefined, nowUnixMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return msFromS(Number(header));
  const atUnixMs = Date.parse(header);
  return Number.isNaN(atUnixMs) ? undefined : Math.max(0, atUnixMs - nowUnixMs);
}

/** The fault that an HTTP status of a vendor means here. */
export function faultFromStatus(status: number, text: string, retryAfterMs: number | undefined): Fault {
  const { message, code } = readError(text);
  const words = `The provider answered ${status}${message === undefined ? '' : `: ${message}`}.`;
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (code !== undefined && CONTEXT_CODES.has(code)) return createFault('caller_context_too_long', words);
  if (status === 429) return createFault('provider_rate_limited', words, wait);
  if (status === 503 || status === 529) return createFault('provider_overloaded', words, wait);
  return createFault(status >= 500 ? 'provider_error' : 'provider_rejected', words);
}

const TIMEOUT_CODES: ReadonlySet<string> = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT']);
const CUT_CODES: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function faultFromThrown(error: unknown, sawBody: boolean): Fault {
  if (error instanceof FaultError) return error.fault;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (TIMEOUT_CODES.has(code)) return createFault('provider_timeout', message);
  if (sawBody) return createFault('provider_incomplete', message);
  return createFault(CUT_CODES.has(code) ? 'provider_error' : 'provider_unreachable', message || code);
}

const engineFrom = (header: string | string[] | undefined): EngineLabel =>
  ENGINE_LABELS.find((label) => label === header) ?? 'remote';

const textOf = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;

/** Any server with OpenAI's chat completions over HTTP, always streamed. */
export class OpenAiProvider implements Provider {
  readonly kind = 'openai';
  readonly name: string;
  readonly #options: OpenAiProviderOptions;
  readonly #agent: Agent;
  #listedModel: string | undefined;

  constructor(options: OpenAiProviderOptions) {
    this.name = options.name;
    this.#options = options;
    // Time limits after connecting belong to the chain's watchdog, which aborts the signal.
    this.#agent = new Agent({ connect: { timeout: options.connectMs }, headersTimeout: 0, bodyTimeout: 0 });
  }

  async *complete(
    request: CompletionRequest,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<ProviderEvent> {
    let sawBody = false;
    try {
      const model = await this.#model(signal);
      const response = await this.#post(request, model, signal);
      yield { kind: 'started', engine: engineFrom(response.headers['x-busyhour-engine']), model };
      for await (const event of new OpenAiStreamReader(response.body).events()) {
        sawBody = true;
        yield event;
        if (event.kind !== 'text') return;
      }
    } catch (error) {
      yield {
        kind: 'failed',
        fault: signal.aborted ? faultFromAbort(signal) : faultFromThrown(error, sawBody),
      };
    }
  }

  async #post(
    request: CompletionRequest,
    model: string,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const response = await httpRequest(this.#url('chat/completions'), {
      method: 'POST',
      dispatcher: this.#agent,
      signal,
      headers: {
        ...this.#headers(),
        ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify(wireRequestFrom(request, model)),
    });
    if (response.statusCode === 200) return response;
    const retryAfterMs = parseRetryAfterMs(textOf(response.headers['retry-after']), Date.now());
    throw new FaultError(faultFromStatus(response.statusCode, await readShort(response.body), retryAfterMs));
  }

  #url(path: string): string {
    return `${this.#options.baseUrl.replace(/\/+$/, '')}/${path}`;
  }

  #headers(): Record<string, string> {
    const { apiKey } = this.#options;
    return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  }

  async #model(signal: AbortSignal): Promise<string> {
    const known = this.#options.model ?? this.#listedModel;
    if (known !== undefined) return known;
    const models = await this.#listModels(signal);
    const first = models[0];
    if (first === undefined)
      throw new FaultError(createFault('provider_error', 'The provider lists no model.'));
    this.#listedModel = first;
    return first;
  }

  async #listModels(signal: AbortSignal): Promise<readonly string[]> {
    const response = await httpRequest(this.#url('models'), {
      dispatcher: this.#agent,
      signal,
      headers: this.#headers(),
    });
    const text = await readShort(response.body);
    if (response.statusCode !== 200)
      throw new FaultError(faultFromStatus(response.statusCode, text, undefined));
    const parsed = modelsSchema.safeParse(parseJson(text));
    if (!parsed.success)
      throw new FaultError(createFault('provider_error', 'The list of models is malformed.'));
    return parsed.data.data.map((model) => model.id);
  }

  async probe(timeoutMs: number): Promise<ProviderProbe> {
    try {
      const models = await this.#listModels(AbortSignal.timeout(timeoutMs));
      return { state: 'up', models: this.#options.model === undefined ? models : [this.#options.model] };
    } catch (error) {
      return { state: 'down', detail: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema check that follows names the problem.
    return undefined;
  }
}

const wireRequestFrom = (request: CompletionRequest, model: string) => ({
  model,
  messages: request.messages,
  max_tokens: request.maxOutputTokens,
  temperature: request.temperature,
  top_p: request.topP,
  stream: true,
  stream_options: { include_usage: true },
  ...(request.seed === undefined ? {} : { seed: request.seed }),
  ...(request.stop.length === 0 ? {} : { stop: request.stop }),
  ...(request.ignoreEos ? { ignore_eos: true } : {}),
});

const MAX_SHORT_BYTES = 262_144;

/** A body that should be short, whole up to 256 KiB and cut there. */
async function readShort(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_SHORT_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_SHORT_BYTES);
}
