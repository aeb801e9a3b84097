import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type {
  Deletion,
  EscalationFilter,
  InteractionFilter,
  InteractionRecord,
  Page,
  TurnRecord,
} from './history-store.ts';
import { cursorFrom, pageFrom } from './paging.ts';
import { DELETIONS, deletionFromRow, interactionFromRow, turnFromRow } from './rows.ts';

type Statement = 'find' | 'findTurn' | 'list' | 'interactions' | 'escalations' | 'deletions' | 'key' | 'ping';

function prepareAll(database: DatabaseSync): Record<Statement, StatementSync> {
  return {
    find: database.prepare('SELECT * FROM interactions WHERE interaction_id = ?'),
    findTurn: database.prepare('SELECT * FROM turns WHERE interaction_id = ? AND message_id = ?'),
    list: database.prepare('SELECT * FROM turns WHERE interaction_id = ? ORDER BY turn_index DESC LIMIT ?'),
    interactions: database.prepare(
      `SELECT * FROM interactions
       WHERE (created_at_unix_ms, interaction_id) < (?1, ?2)
         AND (?3 IS NULL OR tenant = ?3) AND (?4 IS NULL OR state = ?4)
       ORDER BY created_at_unix_ms DESC, interaction_id DESC LIMIT ?5`,
    ),
    escalations: database.prepare(
      `SELECT * FROM interactions
       WHERE state = 'handed-off' AND (updated_at_unix_ms, interaction_id) > (?1, ?2)
         AND (?3 IS NULL OR tenant = ?3)
       ORDER BY updated_at_unix_ms, interaction_id LIMIT ?4`,
    ),
    deletions: database.prepare(DELETIONS),
    key: database.prepare('SELECT key FROM shared_key'),
    ping: database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1'),
  };
}

/** The reading side of one SQLite history. */
export class SqliteReader {
  readonly #statements: Record<Statement, StatementSync>;

  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database);
  }

  findInteraction(interactionId: string): InteractionRecord | undefined {
    const row = this.#statements.find.get(interactionId);
    return row === undefined ? undefined : interactionFromRow(row);
  }

  findTurn(interactionId: string, messageId: string): TurnRecord | undefined {
    const row = this.#statements.findTurn.get(interactionId, messageId);
    return row === undefined ? undefined : turnFromRow(row);
  }

  listTurns(interactionId: string, limit: number): readonly TurnRecord[] {
    return this.#statements.list.all(interactionId, limit).map(turnFromRow).reverse();
  }

  listInteractions({ tenant, state, limit, after }: InteractionFilter): Page<InteractionRecord> {
    const from = cursorFrom(after) ?? { atUnixMs: Number.MAX_VALUE, id: '' };
    const rows = this.#statements.interactions.all(
      from.atUnixMs,
      from.id,
      tenant ?? null,
      state ?? null,
      limit + 1,
    );
    return pageFrom(rows.map(interactionFromRow), limit, (last) => last.createdAtUnixMs);
  }

  listEscalations({ tenant, limit, after }: EscalationFilter): Page<InteractionRecord> {
    const from = cursorFrom(after) ?? { atUnixMs: -Number.MAX_VALUE, id: '' };
    const rows = this.#statements.escalations.all(from.atUnixMs, from.id, tenant ?? null, limit + 1);
    return pageFrom(rows.map(interactionFromRow), limit, (last) => last.updatedAtUnixMs);
  }

  listDeletions(fromUnixMs: number): readonly Deletion[] {
    return this.#statements.deletions.all(fromUnixMs).map(deletionFromRow);
  }

  findKey(): string | undefined {
    const row = this.#statements.key.get();
    return row === undefined ? undefined : String(row.key);
  }

  ping(): void {
    this.#statements.ping.get();
  }
}
