import type { AuditEntry } from './audit.ts';
import {
  HistoryConflict,
  type InteractionRecord,
  type Removed,
  type RetentionLimits,
  type StateChange,
  type TurnRecord,
} from './history-store.ts';

/** A write as a plain record: it crosses threads and waits in queues. */
export type HistoryWrite =
  | { readonly kind: 'create'; readonly record: InteractionRecord; readonly audit: readonly AuditEntry[] }
  | { readonly kind: 'change'; readonly change: StateChange; readonly audit: readonly AuditEntry[] }
  | {
      readonly kind: 'append';
      readonly turn: TurnRecord;
      readonly change: StateChange | undefined;
      readonly audit: readonly AuditEntry[];
    }
  | { readonly kind: 'audit'; readonly audit: readonly AuditEntry[] }
  /** Kept where none is kept yet. */
  | { readonly kind: 'keep-key'; readonly key: string }
  | { readonly kind: 'delete-customer'; readonly customerHash: string; readonly audit: AuditEntry }
  | { readonly kind: 'retention'; readonly limits: RetentionLimits; readonly audit: AuditEntry };

/** How a write ended. */
export type WriteOutcome =
  | { readonly kind: 'written'; readonly removed?: Removed }
  | { readonly kind: 'conflict'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** Nothing was removed. */
export const NOTHING_REMOVED: Removed = { interactionIds: [], turns: 0, auditRows: 0 };

/** A store that did not do what it was asked; the message is for the log, not for a client. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
}

/** The value of an outcome; throws what the interface promises. */
export function unwrapWrite(outcome: WriteOutcome): Removed {
  if (outcome.kind === 'conflict') throw new HistoryConflict(outcome.message);
  if (outcome.kind === 'failed') throw new StoreFailure(outcome.message);
  return outcome.removed ?? NOTHING_REMOVED;
}
