import type { FaultCode } from '../../vocabulary/faults.ts';
import type { EngineDescription, WireTimings } from '../../vocabulary/readiness.ts';
import {
  type EngineErrorCode,
  type GenerateEvent,
  type GenerateRequest,
  type GenerateStream,
  type GenerateTimings,
  type InferenceClient,
  InferenceUnavailable,
} from '../inference/contract.ts';
import { createFault, type Fault, FaultError, faultFromAbort, faultFromUnknown } from './fault.ts';
import type {
  CompletionRequest,
  Provider,
  ProviderEvent,
  ProviderProbe,
  ProviderStream,
  TakeEvent,
  TokenUsage,
} from './provider.ts';

const FAULT_OF_ENGINE_ERROR: Record<EngineErrorCode, FaultCode> = {
  OVERLOADED: 'provider_overloaded',
  DRAINING: 'provider_overloaded',
  CONTEXT_TOO_LONG: 'caller_context_too_long',
  DUPLICATE_REQUEST: 'provider_error',
  INVALID_REQUEST: 'provider_rejected',
  ENGINE_FAILED: 'provider_error',
};

const FAULT_OF_STATUS: Record<string, FaultCode> = {
  DEADLINE_EXCEEDED: 'provider_timeout',
  RESOURCE_EXHAUSTED: 'provider_overloaded',
  INVALID_ARGUMENT: 'provider_rejected',
  UNIMPLEMENTED: 'provider_rejected',
  UNAUTHENTICATED: 'provider_rejected',
  PERMISSION_DENIED: 'provider_rejected',
  INTERNAL: 'provider_error',
  UNKNOWN: 'provider_error',
};

function faultFromThrown(error: unknown): Fault {
  if (!(error instanceof InferenceUnavailable)) return faultFromUnknown(error, 'provider_error');
  return createFault(FAULT_OF_STATUS[error.status] ?? 'provider_unreachable', error.message);
}

const generateRequestFrom = (request: CompletionRequest): GenerateRequest => ({
  requestId: request.requestId,
  input: { kind: 'chat', messages: request.messages },
  maxOutputTokens: request.maxOutputTokens,
  temperature: request.temperature,
  topP: request.topP,
  stop: request.stop,
  ignoreEos: request.ignoreEos,
  ...(request.seed === undefined ? {} : { seed: request.seed }),
  ...(request.cacheKey === undefined ? {} : { cacheKey: request.cacheKey }),
});

const wireTimingsFrom = (timings: GenerateTimings): WireTimings => ({
  queue_wait_ms: timings.queueWaitMs,
  prefill_ms: timings.prefillMs,
  decode_ms: timings.decodeMs,
  batch_sequences: timings.batchSequences,
  cached_prompt_tokens: timings.cachedPromptTokens,
});

type FinishEvent = Extract<GenerateEvent, { kind: 'finish' }>;

function finishFrom(event: FinishEvent, promptTokens: number, signal: AbortSignal): ProviderEvent {
  if (event.reason === 'abort') {
    const fault = signal.aborted
      ? faultFromAbort(signal)
      : createFault('provider_incomplete', 'The engine aborted the generation.');
    return { kind: 'failed', fault };
  }
  return {
    kind: 'finish',
    reason: event.reason,
    usage: {
      promptTokens,
      cachedPromptTokens: event.timings.cachedPromptTokens,
      outputTokens: event.outputTokens,
    },
    timings: wireTimingsFrom(event.timings),
  };
}

type EndEvent = Exclude<GenerateEvent, { kind: 'prompt' | 'chunk' }>;

function endFrom(event: EndEvent, promptTokens: number, signal: AbortSignal): ProviderEvent {
  if (event.kind === 'finish') return finishFrom(event, promptTokens, signal);
  return { kind: 'failed', fault: createFault(FAULT_OF_ENGINE_ERROR[event.code], event.message) };
}

export interface GrpcProviderOptions {
  readonly name: string;
  readonly client: InferenceClient;
  /** Limit of the description call that precedes the first completion after start or an outage. */
  readonly connectMs: number;
  /** Deadline of one generation at the server. */
  readonly totalMs: number;
}

const usageOf = (progress: { readonly promptTokens: number; readonly outputTokens: number }): TokenUsage => ({
  promptTokens: progress.promptTokens,
  cachedPromptTokens: 0,
  outputTokens: progress.outputTokens,
});

/** The call that others may wait for too goes on; who aborts does not wait for it. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new FaultError(faultFromAbort(signal)));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

interface AnswerSource {
  readonly signal: AbortSignal;
  describe(): Promise<EngineDescription>;
  generate(): GenerateStream;
  onOutage(): void;
}

/** One answer of the engine: iterated up to its first text, and handed on from there. */
class GrpcAnswer implements ProviderStream {
  readonly #source: AnswerSource;
  readonly #progress = { promptTokens: 0, outputTokens: 0 };
  #stream: GenerateStream | undefined;

  constructor(source: AnswerSource) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ProviderEvent> {
    try {
      const engine = await this.#source.describe();
      yield { kind: 'started', engine: engine.kind, model: engine.model };
      this.#stream = this.#source.generate();
      for await (const event of this.#stream) {
        const out = this.#translate(event);
        if (out === undefined) continue;
        yield out;
        if (out.kind !== 'text') return;
      }
      yield this.#incomplete();
    } catch (error) {
      yield this.#broken(error);
    }
  }

  async handTo(take: TakeEvent): Promise<void> {
    let hasEnded = false;
    try {
      await this.#stream?.handTo((event) => {
        const out = this.#translate(event);
        if (out === undefined) return undefined;
        hasEnded = out.kind !== 'text';
        return take(out);
      });
      if (!hasEnded) take(this.#incomplete());
    } catch (error) {
      take(this.#broken(error));
    }
  }

  /** Undefined for what says nothing to the reader. */
  #translate(event: GenerateEvent): ProviderEvent | undefined {
    const progress = this.#progress;
    if (event.kind === 'chunk') {
      progress.outputTokens += event.tokenIds.length;
      return { kind: 'text', text: event.text, tokens: event.tokenIds.length };
    }
    if (event.kind === 'prompt') {
      progress.promptTokens = event.promptTokens;
      return undefined;
    }
    const out = endFrom(event, progress.promptTokens, this.#source.signal);
    return out.kind === 'failed' ? { ...out, usage: usageOf(progress) } : out;
  }

  #incomplete(): ProviderEvent {
    const { signal } = this.#source;
    const fault = signal.aborted ? faultFromAbort(signal) : createFault('provider_incomplete');
    return { kind: 'failed', fault, usage: usageOf(this.#progress) };
  }

  #broken(error: unknown): ProviderEvent {
    const { signal } = this.#source;
    if (!signal.aborted) this.#source.onOutage();
    const fault = signal.aborted ? faultFromAbort(signal) : faultFromThrown(error);
    return { kind: 'failed', fault, usage: usageOf(this.#progress) };
  }
}

/** The engine behind an inference client, as a provider. Owns the client. */
export class GrpcProvider implements Provider {
  readonly kind = 'grpc';
  readonly name: string;
  readonly #options: GrpcProviderOptions;
  /** Forgotten after an outage: the server may come back as another engine. */
  #description: Promise<EngineDescription> | undefined;

  constructor(options: GrpcProviderOptions) {
    this.name = options.name;
    this.#options = options;
  }

  complete(request: CompletionRequest, { signal }: { readonly signal: AbortSignal }): ProviderStream {
    const describe = (): Promise<EngineDescription> =>
      unlessAborted(this.#describe(this.#options.connectMs), signal);
    return new GrpcAnswer({
      signal,
      describe,
      generate: () => this.#generate(request, signal),
      onOutage: () => {
        this.#description = undefined;
      },
    });
  }

  #generate(request: CompletionRequest, signal: AbortSignal): GenerateStream {
    const { client, totalMs } = this.#options;
    const { traceparent } = request;
    return client.generate(generateRequestFrom(request), {
      signal,
      deadlineMs: totalMs,
      ...(traceparent === undefined ? {} : { traceparent }),
    });
  }

  /** One description call serves all who wait for it. */
  #describe(timeoutMs: number): Promise<EngineDescription> {
    this.#description ??= this.#options.client.describe(timeoutMs).catch((error: unknown) => {
      this.#description = undefined;
      throw error;
    });
    return this.#description;
  }

  async probe(timeoutMs: number): Promise<ProviderProbe> {
    try {
      const engine = await this.#options.client.describe(timeoutMs);
      this.#description = Promise.resolve(engine);
      return { state: 'up', engine, models: [engine.model] };
    } catch (error) {
      this.#description = undefined;
      return { state: 'down', detail: error instanceof Error ? error.message : String(error) };
    }
  }

  load(timeoutMs: number): ReturnType<InferenceClient['load']> {
    return this.#options.client.load(timeoutMs);
  }

  async close(): Promise<void> {
    this.#options.client.close();
  }
}
