import type { FaultCode } from '../../vocabulary/faults.ts';
import type { WireTimings } from '../../vocabulary/readiness.ts';
import type { Fault } from './fault.ts';
import type { EngineLabel, ProviderKind, TokenUsage } from './provider.ts';
import type { Spent } from './spent.ts';

/** How far down the chain an answer came from. */
export const DEGRADATION_LEVELS = ['primary', 'fallback', 'keyword'] as const;
export type DegradationLevel = (typeof DEGRADATION_LEVELS)[number];

/** Who answers. */
export interface Answerer {
  readonly provider: string;
  readonly providerKind: ProviderKind;
  readonly engine: EngineLabel;
  readonly model: string;
  readonly level: DegradationLevel;
  /** The text is a kept one; nobody was asked. Absent for a fresh one. */
  readonly cached?: true;
}

/**
 * Either one `refused` before any text; or `selected`, texts and exactly one `end`, whose outcome is `complete`
 * (first provider asked), `failed_over` (whole answer of a later one) or `incomplete` (cut, with the fault).
 */
export type AnswerEvent =
  | { readonly kind: 'refused'; readonly fault: Fault; readonly spent: Spent }
  | { readonly kind: 'selected'; readonly answerer: Answerer }
  | { readonly kind: 'text'; readonly text: string; readonly tokens: number }
  | AnswerEnd;

export type AnswerEnd =
  | {
      readonly kind: 'end';
      readonly outcome: 'complete' | 'failed_over';
      readonly reason: 'stop' | 'length';
      readonly usage: TokenUsage;
      readonly timings?: WireTimings;
      readonly spent: Spent;
    }
  | { readonly kind: 'end'; readonly outcome: 'incomplete'; readonly fault: Fault; readonly spent: Spent };

/** Who is asked, for whom, and the how manieth attempt of its request it is, counted from 1. */
export interface AttemptStart {
  readonly requestId: string;
  readonly tenant: string;
  readonly provider: string;
  readonly providerKind: ProviderKind;
  readonly attempt: number;
  readonly maxOutputTokens: number;
  readonly temperature: number;
  /** Trace context of the request. */
  readonly traceparent: string | undefined;
}

export interface AttemptEnd extends AttemptStart {
  readonly result: 'ok' | FaultCode;
  readonly model: string;
  readonly firstTokenMs: number | undefined;
  readonly totalMs: number;
  readonly finishReason: 'stop' | 'length' | undefined;
  readonly spent: Spent;
}

/** What the chain tells telemetry about each attempt at a provider. */
export interface ChainObserver {
  /** The trace context that the provider sends on; the request's own when there is no answer. */
  attemptStarted?(attempt: AttemptStart): { readonly traceparent?: string } | undefined;
  attemptEnded(attempt: AttemptEnd): void;
}

/** The most that one request may use. */
export interface CompletionEstimate {
  readonly tokens: number;
  readonly costUsd: number;
}
