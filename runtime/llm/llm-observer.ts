/** Why an attempt was made that is not the first of its request. */
export const EXTRA_CAUSES = ['retry', 'fail_over', 'hedge'] as const;
export type ExtraCause = (typeof EXTRA_CAUSES)[number];

/** How the wait for a place at a provider ended. */
export const QUEUE_RESULTS = ['entered', 'full', 'hopeless', 'waited_too_long', 'left'] as const;
export type QueueResult = (typeof QUEUE_RESULTS)[number];

/** What happens between attempts; each method is called at most once per request or attempt, never per token. */
export interface LlmObserver {
  /** An attempt beyond the first was made. */
  extraAttempt(provider: string, cause: ExtraCause): void;
  /** The budget had nothing left for it. */
  extraAttemptDenied(provider: string, cause: ExtraCause): void;
  /** Of two hedged attempts, whether the later one answered first. */
  hedgeEnded(provider: string, wasWorthIt: boolean): void;
  queueEnded(provider: string, result: QueueResult, waitMs: number): void;
  cacheLooked(wasHit: boolean): void;
  /** Tokens that a provider generated for nobody: of a lost hedge, or for a client that had left. */
  tokensOrphaned(provider: string, tokens: number): void;
}

const nothing = (): void => undefined;

/** Tells nobody. */
export const SILENT_LLM_OBSERVER: LlmObserver = {
  extraAttempt: nothing,
  extraAttemptDenied: nothing,
  hedgeEnded: nothing,
  queueEnded: nothing,
  cacheLooked: nothing,
  tokensOrphaned: nothing,
};
