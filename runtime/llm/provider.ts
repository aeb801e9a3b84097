import type { EngineDescription, WireTimings } from '../../vocabulary/readiness.ts';
import type { Fault } from './fault.ts';
import type { RateLimitReport } from './rate-limit-headers.ts';

export type ProviderKind = 'grpc' | 'openai' | 'anthropic' | 'keyword';

export interface CompletionMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** One completion, already validated; every default is filled in. */
export interface CompletionRequest {
  readonly requestId: string;
  readonly messages: readonly CompletionMessage[];
  readonly maxOutputTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly seed?: number;
  readonly stop: readonly string[];
  /** Generate exactly maxOutputTokens where the provider can; for measuring. */
  readonly ignoreEos: boolean;
  /** Requests with one key share a growing prefix. */
  readonly cacheKey?: string;
  /** Whose request it is; `default` where no keys are configured. */
  readonly tenant: string;
  /** W3C trace context that the request belongs to; providers send it on. */
  readonly traceparent?: string;
  /** Whether a whole answer to it may be kept and given again to the same tenant. */
  readonly cacheable?: boolean;
}

export interface TokenUsage {
  readonly promptTokens: number;
  readonly cachedPromptTokens: number;
  readonly outputTokens: number;
  /** Prompt tokens that the vendor wrote into its cache, part of promptTokens; absent where it does not say. */
  readonly cacheWriteTokens?: number;
}

/** What produced an answer, as the `x-busyhour-engine` header shows it. */
export type EngineLabel = EngineDescription['kind'] | 'keyword' | 'script';
export const ENGINE_LABELS: readonly EngineLabel[] = [
  'llama',
  'simulated',
  'remote',
  'unknown',
  'keyword',
  'script',
];

/** `started` at most once, then texts, then exactly one `finish` or `failed`. Providers do not throw. */
export type ProviderEvent =
  | {
      readonly kind: 'started';
      readonly engine: EngineLabel;
      readonly model: string;
      /** What the far end said of its limits, if anything. */
      readonly limits?: RateLimitReport;
    }
  | { readonly kind: 'text'; readonly text: string; readonly tokens: number }
  | {
      readonly kind: 'finish';
      readonly reason: 'stop' | 'length';
      readonly usage: TokenUsage;
      readonly timings?: WireTimings;
    }
  /** `usage` is what the failed work is known to have cost; absent when the far end never said. */
  | { readonly kind: 'failed'; readonly fault: Fault; readonly usage?: TokenUsage };

/** Whether a provider answers, found without touching the model. */
export type ProviderProbe =
  | { readonly state: 'up'; readonly engine?: EngineDescription; readonly models: readonly string[] }
  | { readonly state: 'down'; readonly detail: string };

/** Instantaneous load of the engine behind a provider, for /metrics. */
export interface ProviderLoad {
  readonly runningRequests: number;
  readonly waitingRequests: number;
  readonly kvTokens: number;
  readonly kvCapacityTokens: number;
  readonly orphanOutputTokens: number;
}

/** Takes one event; a promise holds the next ones back until it resolves. */
export type TakeEvent = (event: ProviderEvent) => Promise<void> | undefined;

/** What a provider says of one request. */
export interface ProviderStream extends AsyncIterable<ProviderEvent> {
  /**
   * Hands over the events that were not iterated, as they come, and resolves after the last. Absent where a token is dear
   * enough to pay for the promises of an iterator.
   */
  handTo?(take: TakeEvent): Promise<void>;
}

/**
 * A source of completions. `complete` is the seam; aborting its signal must end the stream promptly with a
 * `failed` event and stop the work at the far end. One contract suite holds all (test/contracts/provider.ts).
 */
export interface Provider {
  readonly name: string;
  readonly kind: ProviderKind;
  /** The model that is asked for, where that is fixed. */
  readonly model?: string;
  complete(request: CompletionRequest, options: { readonly signal: AbortSignal }): ProviderStream;
  probe(timeoutMs: number): Promise<ProviderProbe>;
  /** Absent when the provider's load cannot be known. */
  load?(timeoutMs: number): Promise<ProviderLoad>;
  close(): Promise<void>;
}
