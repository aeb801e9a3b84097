import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import { makeFolder } from '../../vocabulary/files.ts';
import { readAnalyticsWith } from './analytics.ts';
import type {
  Analytics,
  AnalyticsWindow,
  Deletion,
  EscalationFilter,
  HistoryStore,
  InteractionFilter,
  InteractionRecord,
  Page,
  TurnRecord,
} from './history-store.ts';
import type { HistoryWrite, WriteOutcome } from './history-writes.ts';
import { migrate } from './migrations.ts';
import { QueuedHistory } from './queued-history.ts';
import { SqliteAnalyst } from './sqlite-analyst.ts';
import { configureConnection, type Synchronous } from './sqlite-connection.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import type { StoreLoad, WriteObserver } from './write-observer.ts';
import { InThreadWriteQueue, type WriteQueue } from './write-queue.ts';
import { WriteThread } from './write-thread.ts';

/** Keys the digests of audit rows where no secret is configured: then they detect slips, not intent. */
export const DEFAULT_AUDIT_SECRET = 'busyhour';

/** History in one SQLite file, or in memory with the path `:memory:`. */
export class SqliteHistoryStore extends QueuedHistory implements HistoryStore {
  readonly #database: DatabaseSync;
  readonly #reader: SqliteReader;
  readonly #writes: WriteQueue;
  readonly #analyst: SqliteAnalyst | undefined;

  /** Writes go to the queue and long reads to the analyst; without them, to the same database on this thread. */
  constructor(database: DatabaseSync, writes?: WriteQueue, analyst?: SqliteAnalyst) {
    super();
    this.#analyst = analyst;
    this.#database = database;
    this.#reader = new SqliteReader(database);
    this.#writes = writes ?? new InThreadWriteQueue(database, DEFAULT_AUDIT_SECRET);
  }

  protected enqueue(write: HistoryWrite): Promise<WriteOutcome> {
    return this.#writes.write(write);
  }

  protected async findKey(): Promise<string | undefined> {
    return this.#reader.findKey();
  }

  async listDeletions(fromUnixMs: number): Promise<readonly Deletion[]> {
    return this.#reader.listDeletions(fromUnixMs);
  }

  async findInteraction(interactionId: string): Promise<InteractionRecord | undefined> {
    return this.#reader.findInteraction(interactionId);
  }

  async findTurn(interactionId: string, messageId: string): Promise<TurnRecord | undefined> {
    return this.#reader.findTurn(interactionId, messageId);
  }

  async listTurns(interactionId: string, limit: number): Promise<readonly TurnRecord[]> {
    return this.#reader.listTurns(interactionId, limit);
  }

  async listInteractions(filter: InteractionFilter): Promise<Page<InteractionRecord>> {
    return this.#reader.listInteractions(filter);
  }

  async listEscalations(filter: EscalationFilter): Promise<Page<InteractionRecord>> {
    return this.#reader.listEscalations(filter);
  }

  readAnalytics(window: AnalyticsWindow): Promise<Analytics> {
    if (this.#analyst !== undefined) return this.#analyst.read(window);
    return readAnalyticsWith(
      async (sql, parameters) => this.#database.prepare(sql).all(...parameters),
      window,
    );
  }

  observeWrites(observer: WriteObserver): void {
    this.#writes.observer = observer;
  }

  get load(): StoreLoad {
    return { backlog: this.#writes.backlog };
  }

  async ping(): Promise<void> {
    this.#reader.ping();
    await this.#writes.ping();
  }

  async close(): Promise<void> {
    await this.#analyst?.close();
    await this.#writes.close();
    if (this.#database.isOpen) this.#database.close();
  }
}

interface SqliteSettings {
  readonly auditSecret: string;
  readonly synchronous: Synchronous;
}

/** Writes and long reads on threads of their own; databases in memory, which no other thread can open, on this one. */
function openStore(database: DatabaseSync, path: string, settings: SqliteSettings): SqliteHistoryStore {
  const { auditSecret, synchronous } = settings;
  if (path === ':memory:')
    return new SqliteHistoryStore(database, new InThreadWriteQueue(database, auditSecret));
  database.exec('PRAGMA query_only = ON');
  const writes = new WriteThread({ path, auditSecret, synchronous });
  return new SqliteHistoryStore(database, writes, new SqliteAnalyst(path));
}

/** Opens (and creates, and migrates) a history; OUTPUT_NOT_WRITABLE when the file cannot be one. */
export function openSqliteHistory(
  path: string,
  auditSecret = DEFAULT_AUDIT_SECRET,
  synchronous: Synchronous = 'normal',
): Result<SqliteHistoryStore> {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ':memory:') makeFolder(dirname(path));
    database = new DatabaseSync(path);
    configureConnection(database);
    migrate(database);
    if (database.prepare('SELECT 1 FROM unaudited LIMIT 1').get() !== undefined)
      new SqliteWriter(database, auditSecret).adopt();
    return ok(openStore(database, path, { auditSecret, synchronous }));
  } catch (cause) {
    if (database?.isOpen) database.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed('OUTPUT_NOT_WRITABLE', `cannot use ${path} as history: ${reason}`, { cause });
  }
}
