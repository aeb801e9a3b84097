import { z } from 'zod';
import { createFault, FaultError, faultFromAbort } from './fault.ts';
import { OpenAiStreamReader } from './openai-stream.ts';
import {
  type CompletionRequest,
  ENGINE_LABELS,
  type EngineLabel,
  type Provider,
  type ProviderEvent,
  type ProviderProbe,
} from './provider.ts';
import { readRateLimits } from './rate-limit-headers.ts';
import { faultFromTransport, parseJson, VendorHttp } from './vendor-http.ts';

export interface OpenAiProviderOptions {
  readonly name: string;
  readonly baseUrl: string;
  readonly connectMs: number;
  readonly model?: string;
  readonly apiKey?: string;
  /** Whether cache keys go along as prompt_cache_key; true when absent. */
  readonly sendsCacheKey?: boolean;
}

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

const engineFrom = (header: string | string[] | undefined): EngineLabel =>
  ENGINE_LABELS.find((label) => label === header) ?? 'remote';

/** Any server with OpenAI's chat completions over HTTP, always streamed. */
export class OpenAiProvider implements Provider {
  readonly kind = 'openai';
  readonly name: string;
  readonly model?: string;
  readonly #sendsCacheKey: boolean;
  readonly #http: VendorHttp;
  #listedModel: string | undefined;

  constructor(options: OpenAiProviderOptions) {
    this.name = options.name;
    if (options.model !== undefined) this.model = options.model;
    this.#sendsCacheKey = options.sendsCacheKey ?? true;
    const { apiKey, baseUrl, connectMs } = options;
    const headers: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    this.#http = new VendorHttp({ baseUrl, connectMs, headers });
  }

  async *complete(
    request: CompletionRequest,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<ProviderEvent> {
    let sawBody = false;
    try {
      const model = await this.#model(signal);
      const { traceparent } = request;
      const { cacheKey } = request;
      const cache = this.#sendsCacheKey && cacheKey !== undefined ? { prompt_cache_key: cacheKey } : {};
      const body = { ...wireRequestFrom(request, model), ...cache };
      const response = await this.#http.stream('chat/completions', body, { signal, traceparent });
      const limits = readRateLimits(response.headers, Date.now());
      const engine = engineFrom(response.headers['x-busyhour-engine']);
      yield { kind: 'started', engine, model, ...(limits === undefined ? {} : { limits }) };
      sawBody = true;
      for await (const event of new OpenAiStreamReader(response.body).events()) {
        yield event;
        if (event.kind !== 'text') return;
      }
    } catch (error) {
      const fault = signal.aborted ? faultFromAbort(signal) : faultFromTransport(error, sawBody);
      yield { kind: 'failed', fault };
    }
  }

  async #model(signal: AbortSignal): Promise<string> {
    const known = this.model ?? this.#listedModel;
    if (known !== undefined) return known;
    const models = await this.#listModels(signal);
    const first = models[0];
    if (first === undefined)
      throw new FaultError(createFault('provider_error', 'The provider lists no model.'));
    this.#listedModel = first;
    return first;
  }

  async #listModels(signal: AbortSignal): Promise<readonly string[]> {
    const parsed = modelsSchema.safeParse(parseJson(await this.#http.read('models', signal)));
    if (!parsed.success)
      throw new FaultError(createFault('provider_error', 'The list of models is malformed.'));
    return parsed.data.data.map((model) => model.id);
  }

  async probe(timeoutMs: number): Promise<ProviderProbe> {
    try {
      const models = await this.#listModels(AbortSignal.timeout(timeoutMs));
      return { state: 'up', models: this.model === undefined ? models : [this.model] };
    } catch (error) {
      return { state: 'down', detail: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): Promise<void> {
    return this.#http.close();
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
