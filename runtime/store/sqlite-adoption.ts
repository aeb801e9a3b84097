import type { DatabaseSync } from 'node:sqlite';
import type { AuditLinker } from './audit-linker.ts';
import { interactionFromRow, turnFromRow } from './rows.ts';

/** Records that one transaction takes, so that other processes get their turn. */
const ADOPTED_PER_WRITE = 500;
/** Stands in the list of records without audit rows for the interaction itself. */
const WHOLE_INTERACTION = -1;

const decisions = [{ step: 'audit', outcome: 'adopted' }];

/**
 * Gives audit rows to records of a release that wrote none: digests of what they are now. Returns how many it looked at;
 * none are left when that is 0.
 */
export function adoptRecords(database: DatabaseSync, linker: AuditLinker, atUnixMs: number): number {
  const findTurn = database.prepare('SELECT * FROM turns WHERE interaction_id = ? AND turn_index = ?');
  const find = database.prepare('SELECT * FROM interactions WHERE interaction_id = ?');
  const done = database.prepare('DELETE FROM unaudited WHERE interaction_id = ? AND turn_index = ?');
  const list = database.prepare(`SELECT * FROM unaudited LIMIT ${ADOPTED_PER_WRITE}`).all();
  for (const { interaction_id, turn_index } of list) {
    const [id, index] = [String(interaction_id), Number(turn_index)];
    done.run(id, index);
    const row = index === WHOLE_INTERACTION ? find.get(id) : findTurn.get(id, index);
    if (row === undefined) continue; // Removed meanwhile.
    if (index === WHOLE_INTERACTION)
      linker.adoptInteraction(interactionFromRow(row), { atUnixMs, decisions });
    else linker.adoptTurn(turnFromRow(row), { atUnixMs, decisions });
  }
  return list.length;
}
