import type { AuditEntry } from './audit.ts';
import type { ContextStore } from './context-store.ts';
import type { HistoryStore, Removed } from './history-store.ts';

/**
 * Removes one customer's texts and hash from history, then from the working memory of her interactions. When the second
 * fails the first stands, and contexts expire by themselves; the call rejects so that it is made again.
 */
export async function deleteCustomer(
  stores: { readonly history: HistoryStore; readonly contexts: ContextStore },
  customerHash: string,
  audit: AuditEntry,
): Promise<Removed> {
  const removed = await stores.history.deleteCustomer(customerHash, audit);
  for (const interactionId of removed.interactionIds) await stores.contexts.delete(interactionId);
  return removed;
}
