import type { Timeouts } from '../../scenarios/scenario.ts';
import type { Outcome } from '../../vocabulary/outcomes.ts';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** One turn to ask of a target, in no protocol's words. */
export interface TurnRequest {
  readonly interactionId: string;
  /** The whole prompt, oldest first; the last message is the customer's. */
  readonly messages: readonly Message[];
  readonly maxOutputTokens: number;
  /** Ask the server to generate exactly maxOutputTokens. */
  readonly exactOutputTokens: boolean;
  /** Whether the answer's text is needed (it becomes history); parsing it costs time. */
  readonly keepText: boolean;
  /** Whose request it is, where the workload has tenants with keys of their own. */
  readonly tenant?: string;
  /** From the send: the customer leaves when the answer is not whole by then. */
  readonly patienceMs?: number;
}

/** Token counts as the server reports them. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
}

/** A request that was sent: how it ended, and when what arrived. All instants are `performance.now()`. */
export interface Exchange {
  readonly outcome: Exclude<Outcome, { readonly state: 'dropped' }>;
  readonly sentAtMs: number;
  /** Last byte, or the instant at which it was given up. */
  readonly endedAtMs: number;
  /** When each content chunk's bytes were read, before they were parsed; empty for bodies that are not streams. */
  readonly chunksAtMs: readonly number[];
  /** `''` unless asked for. */
  readonly text: string;
  readonly usage?: TokenUsage;
  /** Waiting time before admission, as the server reports it. */
  readonly queueWaitMs?: number;
}

/**
 * Everything a driver does. It never rejects: whatever happens is an Exchange. Aborting the signal destroys the
 * request's connection; the exchange then ends as `timed-out:run-ended`. One promise per request, with the instants
 * collected beside it, because an async iterator adds a tenth or more to the cost of reading a token (docs/bench.md).
 */
export interface Driver {
  send(request: TurnRequest, signal: AbortSignal): Promise<Exchange>;
  /** Closes all connections. Idempotent. */
  close(): Promise<void>;
}

export interface DriverOptions {
  /** Origin and optional base path, without a trailing slash: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly apiKey?: string;
  /** Sent as `model`; the protocol's default where absent. */
  readonly model?: string;
  readonly timeouts: Timeouts;
  readonly maxConnections: number;
  /** Trust the certificates of these authorities (PEM) instead of the machine's. */
  readonly caPem?: string;
}
