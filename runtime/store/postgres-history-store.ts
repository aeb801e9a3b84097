import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { readAnalyticsWith } from './analytics.ts';
import type { AuditEntry } from './audit.ts';
import { loadPostgresDriver } from './drivers.ts';
import { GroupCommit } from './group-commit.ts';
import type {
  Analytics,
  AnalyticsWindow,
  Deletion,
  EscalationFilter,
  HistoryStore,
  InteractionFilter,
  InteractionRecord,
  Page,
  Removed,
  TurnRecord,
} from './history-store.ts';
import { type HistoryWrite, StoreFailure, type WriteOutcome } from './history-writes.ts';
import { cursorFrom, pageFrom } from './paging.ts';
import { migratePostgres } from './postgres-migrations.ts';
import { rowFromStored, storedText, storedValues } from './postgres-text.ts';
import { PostgresWriter } from './postgres-writer.ts';
import { QueuedHistory } from './queued-history.ts';
import { DELETIONS, deletionFromRow, interactionFromRow, type Row, turnFromRow } from './rows.ts';
import type { StoreLoad, WriteObserver } from './write-observer.ts';

/** One database behind a history. */
export interface PostgresHistoryOptions {
  readonly url: string;
  readonly maxConnections: number;
  /** Waiting for a connection, a free one or a new one. */
  readonly connectMs: number;
  /** One statement, as the server and as this side counts it. */
  readonly statementMs: number;
  readonly auditSecret: string;
}

const FIND = 'SELECT * FROM interactions WHERE interaction_id = $1';
const FIND_TURN = 'SELECT * FROM turns WHERE interaction_id = $1 AND message_id = $2';
const LIST = 'SELECT * FROM turns WHERE interaction_id = $1 ORDER BY turn_index DESC LIMIT $2';
const INTERACTIONS = `SELECT * FROM interactions
  WHERE (created_at_unix_ms, interaction_id) < ($1, $2)
    AND ($3::text IS NULL OR tenant = $3) AND ($4::text IS NULL OR state = $4)
  ORDER BY created_at_unix_ms DESC, interaction_id DESC LIMIT $5`;
const ESCALATIONS = `SELECT * FROM interactions
  WHERE state = 'handed-off' AND (updated_at_unix_ms, interaction_id) > ($1, $2)
    AND ($3::text IS NULL OR tenant = $3)
  ORDER BY updated_at_unix_ms, interaction_id LIMIT $4`;

/** Time for the server to say itself that a statement took too long. */
const ANSWER_MARGIN_MS = 250;

/** Of the connection and the server, not of one write: retrying the writes one by one would fail alike. */
const isConnectionLoss = (error: unknown): boolean => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return !/^[0-9A-Z]{5}$/.test(code) || /^(08|57P|53)/.test(code);
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function createPool(options: PostgresHistoryOptions): Pool {
  const { Pool: Client } = loadPostgresDriver();
  const pool = new Client({
    connectionString: options.url,
    max: options.maxConnections,
    connectionTimeoutMillis: options.connectMs,
    statement_timeout: options.statementMs,
    query_timeout: options.statementMs + ANSWER_MARGIN_MS,
    idle_in_transaction_session_timeout: options.statementMs,
    keepAlive: true,
    application_name: 'busyhour',
    allowExitOnIdle: true,
  });
  // An idle connection that breaks is replaced by the pool; the next query says it where the server is gone.
  pool.on('error', () => undefined);
  return pool;
}

/** History in PostgreSQL, shared by any number of gateways. */
export class PostgresHistoryStore extends QueuedHistory implements HistoryStore {
  readonly #pool: Pool;
  readonly #writer: PostgresWriter;
  readonly #writes: GroupCommit;
  #migrated: Promise<void> | undefined;

  /** Connects with the first use; migrates then. */
  constructor(options: PostgresHistoryOptions) {
    super();
    this.#pool = createPool(options);
    this.#writer = new PostgresWriter(options.auditSecret);
    this.#writes = new GroupCommit({
      commit: (writes) => this.#commit(writes),
      ping: () => this.ping(),
      close: () => this.#pool.end(),
    });
  }

  /** Migrates once; when that failed, the next use tries again. */
  #ready(): Promise<void> {
    this.#migrated ??= this.#withClient(migratePostgres).catch((error) => {
      this.#migrated = undefined;
      throw error;
    });
    return this.#migrated;
  }

  /** A connection on which something failed is not used again: what it still runs is unknown. */
  async #withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    // A connection that breaks while it is lent out says so here; the query that waits fails with it.
    const onError = (): void => undefined;
    client.on('error', onError);
    let failure: Error | undefined;
    try {
      return await work(client);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      client.removeListener('error', onError);
      client.release(failure);
    }
  }

  async #commit(writes: readonly HistoryWrite[]): Promise<readonly WriteOutcome[]> {
    try {
      await this.#ready();
      return await this.#withClient((client) => this.#writer.write(client, writes));
    } catch (error) {
      if (writes.length > 1 && !isConnectionLoss(error)) return this.#commitSingly(writes);
      return writes.map(() => ({ kind: 'failed', message: messageOf(error) }));
    }
  }

  /** One of them was at fault: alone each finds out for itself. */
  async #commitSingly(writes: readonly HistoryWrite[]): Promise<readonly WriteOutcome[]> {
    const outcomes: WriteOutcome[] = [];
    for (const write of writes) outcomes.push(...(await this.#commit([write])));
    return outcomes;
  }

  async #query(name: string | undefined, text: string, values: readonly unknown[]): Promise<Row[]> {
    try {
      await this.#ready();
      const named = name === undefined ? {} : { name };
      const { rows } = await this.#pool.query<QueryResultRow>({
        ...named,
        text,
        values: storedValues(values),
      });
      return rows.map(rowFromStored);
    } catch (error) {
      throw new StoreFailure(messageOf(error), { cause: error });
    }
  }

  override deleteCustomer(customerHash: string, audit: AuditEntry): Promise<Removed> {
    return super.deleteCustomer(storedText(customerHash), audit);
  }

  protected enqueue(write: HistoryWrite): Promise<WriteOutcome> {
    return this.#writes.write(write);
  }

  protected async findKey(): Promise<string | undefined> {
    const [row] = await this.#query(undefined, 'SELECT key FROM shared_key', []);
    return row === undefined ? undefined : String(row.key);
  }

  async listDeletions(fromUnixMs: number): Promise<readonly Deletion[]> {
    const rows = await this.#query('deletions', DELETIONS.replaceAll('?', '$'), [fromUnixMs]);
    return rows.map(deletionFromRow);
  }

  async findInteraction(interactionId: string): Promise<InteractionRecord | undefined> {
    const [row] = await this.#query('find', FIND, [interactionId]);
    return row === undefined ? undefined : interactionFromRow(row);
  }

  async findTurn(interactionId: string, messageId: string): Promise<TurnRecord | undefined> {
    const [row] = await this.#query('find-turn', FIND_TURN, [interactionId, messageId]);
    return row === undefined ? undefined : turnFromRow(row);
  }

  async listTurns(interactionId: string, limit: number): Promise<readonly TurnRecord[]> {
    return (await this.#query('list', LIST, [interactionId, limit])).map(turnFromRow).reverse();
  }

  async listInteractions({
    tenant,
    state,
    limit,
    after,
  }: InteractionFilter): Promise<Page<InteractionRecord>> {
    const from = cursorFrom(after) ?? { atUnixMs: Number.MAX_VALUE, id: '' };
    const values = [from.atUnixMs, from.id, tenant ?? null, state ?? null, limit + 1];
    const rows = await this.#query('interactions', INTERACTIONS, values);
    return pageFrom(rows.map(interactionFromRow), limit, (last) => last.createdAtUnixMs);
  }

  async listEscalations({ tenant, limit, after }: EscalationFilter): Promise<Page<InteractionRecord>> {
    const from = cursorFrom(after) ?? { atUnixMs: -Number.MAX_VALUE, id: '' };
    const values = [from.atUnixMs, from.id, tenant ?? null, limit + 1];
    const rows = await this.#query('escalations', ESCALATIONS, values);
    return pageFrom(rows.map(interactionFromRow), limit, (last) => last.updatedAtUnixMs);
  }

  readAnalytics(window: AnalyticsWindow): Promise<Analytics> {
    return readAnalyticsWith(
      (sql, parameters) => this.#query(undefined, sql.replaceAll('?', '$'), parameters),
      window,
    );
  }

  observeWrites(observer: WriteObserver): void {
    this.#writes.observer = observer;
  }

  get load(): StoreLoad {
    const { totalCount, idleCount: idle, waitingCount: waiting } = this.#pool;
    return { backlog: this.#writes.backlog, pool: { used: totalCount - idle, idle, waiting } };
  }

  async ping(): Promise<void> {
    await this.#query('ping', 'SELECT 1', []);
  }

  close(): Promise<void> {
    return this.#writes.close();
  }
}
