import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import {
  HistoryConflict,
  type HistoryStore,
  type InteractionRecord,
  type StateChange,
  type TurnRecord,
} from './history-store.ts';
import { migrate } from './migrations.ts';
import { interactionFromRow, turnFromRow, turnParameters } from './sqlite-rows.ts';

const BUSY_TIMEOUT_MS = 2000;

const INSERT_TURN = `INSERT INTO turns (interaction_id, turn_index, message_id, customer_text, answer_text, outcome,
    finish_reason, provider, engine, level, prompt_tokens, cached_prompt_tokens, output_tokens,
    started_at_unix_ms, finished_at_unix_ms)
  SELECT $interactionId, $turnIndex, $messageId, $customerText, $answerText, $outcome,
    $finishReason, $provider, $engine, $level, $promptTokens, $cachedPromptTokens, $outputTokens,
    $startedAtUnixMs, $finishedAtUnixMs
  WHERE $turnIndex = (SELECT count(*) FROM turns WHERE interaction_id = $interactionId)
    AND EXISTS (SELECT 1 FROM interactions WHERE interaction_id = $interactionId)
  ON CONFLICT DO NOTHING`;

/** WAL with synchronous NORMAL: a commit survives the death of the process; of the machine, all but the last moments. */
function prepareDatabase(database: DatabaseSync): void {
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;`);
  migrate(database);
}

/** History in one SQLite file, or in memory with the path `:memory:`. Writes are synchronous and short. */
export class SqliteHistoryStore implements HistoryStore {
  readonly #database: DatabaseSync;
  readonly #statements: Record<
    'create' | 'find' | 'change' | 'touch' | 'append' | 'findTurn' | 'list',
    StatementSync
  >;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = {
      create: database.prepare('INSERT INTO interactions VALUES (?, ?, ?, ?, ?, ?, ?)'),
      find: database.prepare('SELECT * FROM interactions WHERE interaction_id = ?'),
      change: database.prepare(
        'UPDATE interactions SET state = ?, reason = ?, updated_at_unix_ms = ? WHERE interaction_id = ?',
      ),
      touch: database.prepare('UPDATE interactions SET updated_at_unix_ms = ? WHERE interaction_id = ?'),
      append: database.prepare(INSERT_TURN),
      findTurn: database.prepare('SELECT * FROM turns WHERE interaction_id = ? AND message_id = ?'),
      list: database.prepare('SELECT * FROM turns WHERE interaction_id = ? ORDER BY turn_index DESC LIMIT ?'),
    };
  }

  async createInteraction(record: InteractionRecord): Promise<void> {
    if ((await this.findInteraction(record.interactionId)) !== undefined) {
      throw new HistoryConflict(`interaction ${record.interactionId} exists already`);
    }
    this.#statements.create.run(
      record.interactionId,
      record.customerHash ?? null,
      record.channel,
      record.state,
      record.reason ?? null,
      record.createdAtUnixMs,
      record.updatedAtUnixMs,
    );
  }

  async findInteraction(interactionId: string): Promise<InteractionRecord | undefined> {
    const row = this.#statements.find.get(interactionId);
    return row === undefined ? undefined : interactionFromRow(row);
  }

  async changeState(change: StateChange): Promise<void> {
    const { changes } = this.#statements.change.run(
      change.state,
      change.reason ?? null,
      change.atUnixMs,
      change.interactionId,
    );
    if (changes === 0) throw new HistoryConflict(`interaction ${change.interactionId} does not exist`);
  }

  async appendTurn(turn: TurnRecord): Promise<void> {
    this.#database.exec('BEGIN IMMEDIATE');
    let appended = false;
    try {
      appended = this.#statements.append.run(turnParameters(turn)).changes === 1;
      if (appended) this.#statements.touch.run(turn.finishedAtUnixMs, turn.interactionId);
      this.#database.exec('COMMIT');
    } catch (error) {
      // A full disk may have rolled back already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
    if (!appended) {
      throw new HistoryConflict(`turn ${turn.turnIndex} of ${turn.interactionId} cannot be the next`);
    }
  }

  async findTurn(interactionId: string, messageId: string): Promise<TurnRecord | undefined> {
    const row = this.#statements.findTurn.get(interactionId, messageId);
    return row === undefined ? undefined : turnFromRow(row);
  }

  async listTurns(interactionId: string, limit: number): Promise<readonly TurnRecord[]> {
    return this.#statements.list.all(interactionId, limit).map(turnFromRow).reverse();
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** Opens (and creates, and migrates) a history; OUTPUT_NOT_WRITABLE when the file cannot be one. */
export function openSqliteHistory(path: string): Result<SqliteHistoryStore> {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path);
    prepareDatabase(database);
    return ok(new SqliteHistoryStore(database));
  } catch (cause) {
    if (database?.isOpen) database.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed('OUTPUT_NOT_WRITABLE', `cannot use ${path} as history: ${reason}`, { cause });
  }
}
