import type { EngineDescription } from '../../vocabulary/readiness.ts';

/** One message of a chat. The engine renders chats with its own model's template. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export type GenerateInput =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tokens'; readonly tokenIds: readonly number[] }
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[] };

export interface GenerateRequest {
  /** Unique among the engine's running requests; Abort names it. */
  readonly requestId: string;
  readonly input: GenerateInput;
  readonly maxOutputTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly seed?: number;
  readonly stop: readonly string[];
  /** Generate exactly maxOutputTokens whatever the model says: for measuring. */
  readonly ignoreEos: boolean;
  /** Requests with one key share a growing prefix (an interaction's history). */
  readonly cacheKey?: string;
}

/** Typed errors of an accepted or refused request; retryable ones may succeed elsewhere or later. */
export const ENGINE_ERRORS = {
  OVERLOADED: { retryable: true },
  DRAINING: { retryable: true },
  CONTEXT_TOO_LONG: { retryable: false },
  DUPLICATE_REQUEST: { retryable: false },
  INVALID_REQUEST: { retryable: false },
  ENGINE_FAILED: { retryable: true },
} as const satisfies Record<string, { retryable: boolean }>;
export type EngineErrorCode = keyof typeof ENGINE_ERRORS;

/** Engine-side facts of one generation that a planner needs. */
export interface GenerateTimings {
  readonly queueWaitMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  /** Sequences running, this one included, when it was admitted. */
  readonly batchSequences: number;
  readonly cachedPromptTokens: number;
}

/** prompt, then chunks, then exactly one finish or error. */
export type GenerateEvent =
  | { readonly kind: 'prompt'; readonly promptTokens: number }
  | { readonly kind: 'chunk'; readonly text: string; readonly tokenIds: readonly number[] }
  | {
      readonly kind: 'finish';
      readonly reason: 'stop' | 'length' | 'abort';
      readonly outputTokens: number;
      readonly timings: GenerateTimings;
    }
  | { readonly kind: 'error'; readonly code: EngineErrorCode; readonly message: string };

/** How busy an engine is right now. */
export interface EngineLoad {
  readonly runningRequests: number;
  readonly waitingRequests: number;
  readonly kvTokens: number;
  readonly kvCapacityTokens: number;
  /** Tokens generated for requests whose client had left. */
  readonly orphanOutputTokens: number;
}

/** What every engine does. One contract suite holds all implementations to it (test/contracts/engine.ts). */
export interface Engine {
  readonly description: EngineDescription;
  /** Yields events until the terminal one. Aborting the signal ends with `finish` reason `abort` and frees its place. */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent>;
  load(): EngineLoad;
  /** Waits for running requests up to graceMs, then aborts them; releases the model. Idempotent. */
  close(graceMs: number): Promise<void>;
}

/** What an inference server says of one request. */
export interface GenerateStream extends AsyncIterableIterator<GenerateEvent> {
  /** Hands over the events that were not read, as they come; a promise from `take` holds back the next. In place of iterating. */
  handTo(take: (event: GenerateEvent) => Promise<void> | undefined): Promise<void>;
}

/** The gateway's view of an inference server over gRPC (implemented in client.ts). */
export interface InferenceClient {
  /** Same events as the engine's own; transport failures throw InferenceUnavailable. Aborting cancels the RPC. */
  generate(
    request: GenerateRequest,
    options: { signal: AbortSignal; deadlineMs: number; traceparent?: string },
  ): GenerateStream;
  /** Description and load of the server; rejects with InferenceUnavailable when it does not answer in timeoutMs. */
  describe(timeoutMs: number): Promise<EngineDescription>;
  load(timeoutMs: number): Promise<EngineLoad>;
  close(): void;
}

/** The server cannot be reached, or broke the stream: the caller may try another provider. */
export class InferenceUnavailable extends Error {
  /** The gRPC status code name, such as UNAVAILABLE. */
  readonly status: string;
  constructor(status: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'InferenceUnavailable';
    this.status = status;
  }
}
