/** One request of a trace. Instants are ms from the trace's first request. */
export interface TraceRequest {
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Blocks of the prompt, from its beginning; the same id is the same text in whatever request. */
  readonly blocks?: { readonly ids: readonly number[]; readonly tokensPerBlock: number };
}

/** Requests in time order, at least two, read by one of the formats. */
export interface Trace {
  /** Name of the file, without its folder. */
  readonly source: string;
  readonly format: string;
  /** Of the file's bytes as they are. */
  readonly sha256: string;
  readonly requests: readonly TraceRequest[];
}
