/**
 * One holder per interaction; those who wait are served in the order in which they came, also across gateway
 * processes that share a store. One contract suite holds all (test/contracts/store-lock.ts).
 */
export interface InteractionLock {
  /**
   * Resolves to the release function (idempotent). Rejects with FaultError: `gateway_overloaded` when too many wait,
   * `gateway_store_unavailable` when the shared store does not answer, the signal's own fault when it aborts first.
   */
  acquire(interactionId: string, signal: AbortSignal): Promise<() => void>;
  /** Idempotent. */
  close(): Promise<void>;
}
