import { z } from 'zod';
import { anthropicRequestFrom } from './anthropic-request.ts';
import { AnthropicStreamReader } from './anthropic-stream.ts';
import { faultFromAbort } from './fault.ts';
import type { CompletionRequest, Provider, ProviderEvent, ProviderProbe } from './provider.ts';
import { readRateLimits } from './rate-limit-headers.ts';
import { faultFromTransport, parseJson, VendorHttp } from './vendor-http.ts';

export interface AnthropicProviderOptions {
  readonly name: string;
  /** Without the version: https://api.anthropic.com. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiVersion: string;
  readonly connectMs: number;
  readonly apiKey?: string;
}

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Anthropic's Messages API, always streamed. */
export class AnthropicProvider implements Provider {
  readonly kind = 'anthropic';
  readonly name: string;
  readonly model: string;
  readonly #http: VendorHttp;

  constructor(options: AnthropicProviderOptions) {
    this.name = options.name;
    this.model = options.model;
    this.#http = new VendorHttp({
      baseUrl: `${options.baseUrl.replace(/\/+$/, '')}/v1`,
      connectMs: options.connectMs,
      headers: {
        'anthropic-version': options.apiVersion,
        ...(options.apiKey === undefined ? {} : { 'x-api-key': options.apiKey }),
      },
    });
  }

  async *complete(
    request: CompletionRequest,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<ProviderEvent> {
    let reader: AnthropicStreamReader | undefined;
    try {
      const body = anthropicRequestFrom(request, this.model);
      const { traceparent } = request;
      const response = await this.#http.stream('messages', body, { signal, traceparent });
      const limits = readRateLimits(response.headers, Date.now());
      const started = { kind: 'started', engine: 'remote', model: this.model } as const;
      yield limits === undefined ? started : { ...started, limits };
      reader = new AnthropicStreamReader(response.body);
      for await (const event of reader.events()) {
        yield event;
        if (event.kind !== 'text') return;
      }
    } catch (error) {
      const usage = reader?.usage;
      const fault = signal.aborted ? faultFromAbort(signal) : faultFromTransport(error, reader !== undefined);
      yield { kind: 'failed', fault, ...(usage === undefined ? {} : { usage }) };
    }
  }

  async probe(timeoutMs: number): Promise<ProviderProbe> {
    try {
      const text = await this.#http.read('models', AbortSignal.timeout(timeoutMs));
      if (modelsSchema.safeParse(parseJson(text)).success) return { state: 'up', models: [this.model] };
      return { state: 'down', detail: 'The list of models is malformed.' };
    } catch (error) {
      return { state: 'down', detail: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}
