import type { PoolClient } from 'pg';
import type { ChainFields, ChainHead } from './audit-chain.ts';
import type { Removed, RetentionLimits } from './history-store.ts';
import { rowFromStored } from './postgres-text.ts';
import { interactionFromRow } from './rows.ts';
import {
  AUDIT_ROWS_PER_WRITE,
  CHECKPOINTS,
  CUSTOMER_DELETED,
  type DeletedCustomer,
  OLD_PREFIXES,
  REMOVED_PER_WRITE,
} from './sqlite-removal.ts';

/** Two gateways do not remove the same rows at once. */
const RETENTION_LOCK = 7_261_990_018;

const numbered = (sql: string): string => sql.replaceAll('?', '$');

/**
 * Empties texts and hash and closes what is open; counts, tokens and times stay. The interactions are locked first, in
 * the order in which appends lock them: a turn is either there to be emptied, or finds its interaction closed.
 */
export async function deleteCustomerRows(
  client: PoolClient,
  customerHash: string,
  atUnixMs: number,
): Promise<DeletedCustomer> {
  const lock = 'SELECT 1 FROM interactions WHERE customer_hash = $1 ORDER BY interaction_id FOR UPDATE';
  await client.query(lock, [customerHash]);
  const open = await client.query(
    `UPDATE interactions SET state = 'closed', reason = '${CUSTOMER_DELETED}', updated_at_unix_ms = $2
     WHERE customer_hash = $1 AND state <> 'closed' RETURNING *`,
    [customerHash, atUnixMs],
  );
  const found = await client.query(
    `UPDATE interactions SET customer_hash = NULL,
       hand_over_summary = CASE WHEN hand_over_summary IS NULL THEN NULL ELSE '' END
     WHERE customer_hash = $1 RETURNING interaction_id`,
    [customerHash],
  );
  const interactionIds = found.rows.map((row) => String(row.interaction_id));
  const cleared = await client.query(
    "UPDATE turns SET customer_text = '', answer_text = '' WHERE interaction_id = ANY($1)",
    [interactionIds],
  );
  return {
    removed: { interactionIds, turns: cleared.rowCount ?? 0, auditRows: 0 },
    closed: open.rows.map((row) => interactionFromRow(rowFromStored(row))),
  };
}

async function removeInteractions(client: PoolClient, beforeUnixMs: number | undefined): Promise<Removed> {
  if (beforeUnixMs === undefined) return { interactionIds: [], turns: 0, auditRows: 0 };
  const old = await client.query(
    `SELECT interaction_id FROM interactions WHERE created_at_unix_ms < $1 AND updated_at_unix_ms < $1
     ORDER BY created_at_unix_ms LIMIT ${REMOVED_PER_WRITE} FOR UPDATE`,
    [beforeUnixMs],
  );
  const interactionIds = old.rows.map((row) => String(row.interaction_id));
  const turns = await client.query('DELETE FROM turns WHERE interaction_id = ANY($1)', [interactionIds]);
  await client.query('DELETE FROM interactions WHERE interaction_id = ANY($1)', [interactionIds]);
  return { interactionIds, turns: turns.rowCount ?? 0, auditRows: 0 };
}

async function removeAuditRows(client: PoolClient, beforeUnixMs: number | undefined): Promise<number> {
  if (beforeUnixMs === undefined) return 0;
  const prefixes = await client.query(numbered(OLD_PREFIXES), [beforeUnixMs]);
  let removed = 0;
  for (const { chain, sequence } of prefixes.rows) {
    if (removed >= AUDIT_ROWS_PER_WRITE) break;
    const first = await client.query('SELECT min(sequence) AS sequence FROM audit WHERE chain = $1', [chain]);
    const last = Number(first.rows[0]?.sequence) + AUDIT_ROWS_PER_WRITE - removed - 1;
    const upTo = Math.min(Number(sequence), last);
    await client.query(
      `INSERT INTO audit_checkpoints (chain, sequence, hash)
       SELECT chain, sequence, hash FROM audit WHERE chain = $1 AND sequence = $2`,
      [chain, upTo],
    );
    const gone = await client.query('DELETE FROM audit WHERE chain = $1 AND sequence <= $2', [chain, upTo]);
    removed += gone.rowCount ?? 0;
  }
  return removed;
}

/** Removes up to a limit; call again until nothing is removed. */
export async function removeOldRows(
  client: PoolClient,
  limits: RetentionLimits,
): Promise<{ readonly removed: Removed; readonly fields: ChainFields | undefined }> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [RETENTION_LOCK]);
  const { interactionIds, turns } = await removeInteractions(client, limits.turnsBeforeUnixMs);
  const auditRows = await removeAuditRows(client, limits.auditBeforeUnixMs);
  const removed: Removed = { interactionIds, turns, auditRows };
  if (interactionIds.length === 0 && auditRows === 0) return { removed, fields: undefined };
  const { rows } = await client.query(CHECKPOINTS);
  const checkpoints: ChainHead[] = rows.map(({ chain, sequence, hash }) => ({
    chain,
    sequence: Number(sequence),
    hash,
  }));
  return { removed, fields: { checkpoints, ...limits } };
}
