import { createFault, FaultError } from '../llm/fault.ts';
import { HistoryConflict } from '../store/history-store.ts';

export interface StoreFailureReport {
  /** Learns what the client is not told: the store's own words. */
  readonly onStoreFailure: (error: unknown) => void;
}

/** A failing store is one fault, whatever the store; what already is a fault passes. */
export async function fromStore<T>(report: StoreFailureReport, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof FaultError) throw error;
    report.onStoreFailure(error);
    const code = error instanceof HistoryConflict ? 'caller_conflict' : 'gateway_store_unavailable';
    throw new FaultError(createFault(code));
  }
}
