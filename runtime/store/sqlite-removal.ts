import type { DatabaseSync } from 'node:sqlite';
import type { ChainFields, ChainHead } from './audit-chain.ts';
import type { InteractionRecord, Removed, RetentionLimits } from './history-store.ts';
import { interactionFromRow } from './rows.ts';

/** Interactions and audit rows that one retention write takes at most, so that others do not wait for long. */
export const REMOVED_PER_WRITE = 500;
export const AUDIT_ROWS_PER_WRITE = 5000;

const idsOf = (rows: readonly unknown[]): string[] =>
  rows.map((row) => String((row as { interaction_id: unknown }).interaction_id));

/** Why interactions of a deleted customer are closed. */
export const CUSTOMER_DELETED = 'customer_deleted';

/** What deleting a customer did. */
export interface DeletedCustomer {
  readonly removed: Removed;
  /** Interactions that were open until then, as they are now: nothing may be added to what was emptied. */
  readonly closed: readonly InteractionRecord[];
}

/** Empties texts and hash and closes what is open; counts, tokens and times stay. */
export function deleteCustomerRows(
  database: DatabaseSync,
  customerHash: string,
  atUnixMs: number,
): DeletedCustomer {
  const close = database.prepare(
    `UPDATE interactions SET state = 'closed', reason = '${CUSTOMER_DELETED}', updated_at_unix_ms = ?2
     WHERE customer_hash = ?1 AND state <> 'closed' RETURNING *`,
  );
  const closed = close.all(customerHash, atUnixMs).map(interactionFromRow);
  const found = database.prepare('SELECT interaction_id FROM interactions WHERE customer_hash = ?');
  const interactionIds = idsOf(found.all(customerHash));
  const clearTurns = database.prepare(
    "UPDATE turns SET customer_text = '', answer_text = '' WHERE interaction_id = ?",
  );
  let turns = 0;
  for (const id of interactionIds) turns += Number(clearTurns.run(id).changes);
  database
    .prepare(
      `UPDATE interactions SET customer_hash = NULL,
         hand_over_summary = CASE WHEN hand_over_summary IS NULL THEN NULL ELSE '' END
       WHERE customer_hash = ?`,
    )
    .run(customerHash);
  return { removed: { interactionIds, turns, auditRows: 0 }, closed };
}

function removeInteractions(database: DatabaseSync, beforeUnixMs: number | undefined): Removed {
  if (beforeUnixMs === undefined) return { interactionIds: [], turns: 0, auditRows: 0 };
  const old = database.prepare(
    `SELECT interaction_id FROM interactions
     WHERE created_at_unix_ms < ?1 AND updated_at_unix_ms < ?1
     ORDER BY created_at_unix_ms LIMIT ${REMOVED_PER_WRITE}`,
  );
  const interactionIds = idsOf(old.all(beforeUnixMs));
  const removeTurns = database.prepare('DELETE FROM turns WHERE interaction_id = ?');
  const remove = database.prepare('DELETE FROM interactions WHERE interaction_id = ?');
  let turns = 0;
  for (const id of interactionIds) {
    turns += Number(removeTurns.run(id).changes);
    remove.run(id);
  }
  return { interactionIds, turns, auditRows: 0 };
}

/** Rows go from the oldest of a chain up to the first that is young enough: what is left is still a chain. */
export const OLD_PREFIXES = `SELECT a.chain AS chain, max(a.sequence) AS sequence FROM audit a
  WHERE a.at_unix_ms < ?1 AND a.sequence < coalesce(
    (SELECT min(b.sequence) FROM audit b WHERE b.chain = a.chain AND b.at_unix_ms >= ?1), 9007199254740991)
  GROUP BY a.chain ORDER BY a.chain`;

function removeAuditRows(database: DatabaseSync, beforeUnixMs: number | undefined): number {
  if (beforeUnixMs === undefined) return 0;
  const prefixes = database.prepare(OLD_PREFIXES).all(beforeUnixMs);
  const first = database.prepare('SELECT min(sequence) AS sequence FROM audit WHERE chain = ?');
  const checkpoint = database.prepare(
    'INSERT INTO audit_checkpoints (chain, sequence, hash) SELECT chain, sequence, hash FROM audit WHERE chain = ? AND sequence = ?',
  );
  const remove = database.prepare('DELETE FROM audit WHERE chain = ? AND sequence <= ?');
  let removed = 0;
  for (const { chain, sequence } of prefixes) {
    if (removed >= AUDIT_ROWS_PER_WRITE) break;
    const from = Number(first.get(String(chain))?.sequence);
    const upTo = Math.min(Number(sequence), from + AUDIT_ROWS_PER_WRITE - removed - 1);
    checkpoint.run(String(chain), upTo);
    removed += Number(remove.run(String(chain), upTo).changes);
  }
  return removed;
}

export const CHECKPOINTS = `SELECT c.chain AS chain, c.sequence AS sequence, c.hash AS hash FROM audit_checkpoints c
  WHERE c.sequence = (SELECT max(d.sequence) FROM audit_checkpoints d WHERE d.chain = c.chain) ORDER BY c.chain`;

interface OldRows {
  readonly removed: Removed;
  /** What the audit row says about it; absent when nothing was old enough. */
  readonly fields: ChainFields | undefined;
}

/** Removes up to a limit; call again until nothing is removed. */
export function removeOldRows(database: DatabaseSync, limits: RetentionLimits): OldRows {
  const { interactionIds, turns } = removeInteractions(database, limits.turnsBeforeUnixMs);
  const auditRows = removeAuditRows(database, limits.auditBeforeUnixMs);
  const removed: Removed = { interactionIds, turns, auditRows };
  if (interactionIds.length === 0 && auditRows === 0) return { removed, fields: undefined };
  const checkpoints = database.prepare(CHECKPOINTS).all() as unknown as ChainHead[];
  return {
    removed,
    fields: {
      checkpoints: checkpoints.map(({ chain, sequence, hash }) => ({ chain, sequence, hash })),
      ...limits,
    },
  };
}
