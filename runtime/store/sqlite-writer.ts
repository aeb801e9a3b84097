import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AuditEntry } from './audit.ts';
import { type ChainFields, type ChainHead, ChainWriter } from './audit-chain.ts';
import { interactionFields, sealOf } from './audit-digest.ts';
import { AuditLinker } from './audit-linker.ts';
import { HistoryConflict, type Removed, type StateChange } from './history-store.ts';
import type { HistoryWrite, WriteOutcome } from './history-writes.ts';
import {
  AUDIT_COLUMNS,
  auditValues,
  handOverValues,
  INTERACTION_COLUMNS,
  interactionFromRow,
  interactionValues,
  TURN_COLUMNS,
  turnValues,
} from './rows.ts';
import { adoptRecords } from './sqlite-adoption.ts';
import { deleteCustomerRows, removeOldRows } from './sqlite-removal.ts';

type FailedWrite = Extract<WriteOutcome, { kind: 'failed' }>;

const marks = (columns: readonly string[]): string => columns.map(() => '?').join(', ');

/** Refused without an error where the turn is not the next, or its interaction is closed or does not exist. */
const INSERT_TURN = `INSERT INTO turns (${TURN_COLUMNS.join(', ')})
  SELECT ${marks(TURN_COLUMNS)}
  WHERE ?3 = (SELECT coalesce(max(turn_index) + 1, 0) FROM turns WHERE interaction_id = ?1)
    AND EXISTS (SELECT 1 FROM interactions WHERE interaction_id = ?1 AND state <> 'closed')
  ON CONFLICT DO NOTHING`;

type Statement = 'key' | 'create' | 'change' | 'touch' | 'append' | 'audit' | 'head' | 'heads' | 'named';

function prepareAll(database: DatabaseSync): Record<Statement, StatementSync> {
  return {
    key: database.prepare('INSERT INTO shared_key (id, key) VALUES (1, ?) ON CONFLICT DO NOTHING'),
    create: database.prepare(
      `INSERT INTO interactions (${INTERACTION_COLUMNS.join(', ')}) VALUES (${marks(INTERACTION_COLUMNS)})
       ON CONFLICT DO NOTHING`,
    ),
    change: database.prepare(
      `UPDATE interactions SET state = ?, reason = ?, updated_at_unix_ms = ?,
         hand_over_trigger = coalesce(?, hand_over_trigger), hand_over_reason = coalesce(?, hand_over_reason),
         hand_over_summary = coalesce(?, hand_over_summary),
         hand_over_at_unix_ms = coalesce(?, hand_over_at_unix_ms)
       WHERE interaction_id = ? AND state <> 'closed' RETURNING *`,
    ),
    touch: database.prepare('UPDATE interactions SET updated_at_unix_ms = ? WHERE interaction_id = ?'),
    append: database.prepare(INSERT_TURN),
    audit: database.prepare(
      `INSERT INTO audit (${AUDIT_COLUMNS.join(', ')}) VALUES (${marks(AUDIT_COLUMNS)})`,
    ),
    head: database.prepare(
      `INSERT INTO audit_heads (chain, sequence, hash, seal) VALUES (?, ?, ?, ?)
       ON CONFLICT (chain) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash,
         seal = excluded.seal`,
    ),
    heads: database.prepare(
      'SELECT chain, sequence, hash FROM audit_heads WHERE sequence > named_sequence ORDER BY chain',
    ),
    named: database.prepare(
      'UPDATE audit_heads SET named_sequence = sequence WHERE sequence > named_sequence',
    ),
  };
}

/** The writing side of one SQLite history, on whatever thread. All writes of one call share one transaction. */
export class SqliteWriter {
  readonly #database: DatabaseSync;
  readonly #secret: string;
  readonly #statements: Record<Statement, StatementSync>;
  readonly #chain = new ChainWriter();

  constructor(database: DatabaseSync, secret: string) {
    this.#database = database;
    this.#secret = secret;
    this.#statements = prepareAll(database);
  }

  /** One outcome per write, in order. A conflict or a failure of one leaves the others as they are. */
  write(writes: readonly HistoryWrite[]): WriteOutcome[] {
    const outcomes = this.#transact(writes);
    if (!Array.isArray(outcomes)) {
      // The transaction as a whole failed, for one of them or for all: alone each finds out for itself.
      if (writes.length === 1) return [outcomes];
      return writes.flatMap((write) => this.write([write]));
    }
    return outcomes;
  }

  /** Gives audit rows to all records of a release that wrote none. Throws where it cannot. */
  adopt(): void {
    for (let looked = 1; looked > 0; ) {
      const outcome = this.#commit(() => {
        const linker = this.#linker();
        looked = adoptRecords(this.#database, linker, Date.now());
        this.#insert(linker);
        return looked;
      });
      if (typeof outcome !== 'number') throw new Error(outcome.message);
    }
  }

  #transact(writes: readonly HistoryWrite[]): WriteOutcome[] | FailedWrite {
    return this.#commit(() => writes.map((write) => this.#attempt(write)));
  }

  /** All of the work and the sealed end of the chain, or nothing. */
  #commit<T>(work: () => T): T | FailedWrite {
    const before = this.#chain.head;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      const outcome = work();
      const { head } = this.#chain;
      if (head.sequence !== before.sequence) {
        const seal = sealOf(this.#secret, head);
        this.#statements.head.run(head.chain, head.sequence, head.hash, seal);
      }
      this.#database.exec('COMMIT');
      return outcome;
    } catch (error) {
      // A full disk may have rolled back already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#chain.restore(before);
      return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }

  #attempt(write: HistoryWrite): WriteOutcome {
    const before = this.#chain.head;
    this.#database.exec('SAVEPOINT one');
    try {
      const removed = this.#apply(write);
      this.#database.exec('RELEASE one');
      return removed === undefined ? { kind: 'written' } : { kind: 'written', removed };
    } catch (error) {
      if (!this.#database.isTransaction) throw error;
      this.#database.exec('ROLLBACK TO one; RELEASE one');
      this.#chain.restore(before);
      const message = error instanceof Error ? error.message : String(error);
      return { kind: error instanceof HistoryConflict ? 'conflict' : 'failed', message };
    }
  }

  #apply(write: HistoryWrite): Removed | undefined {
    switch (write.kind) {
      case 'create':
        return this.#create(write);
      case 'change':
        return this.#audit(write.audit, this.#change(write.change));
      case 'append':
        return this.#append(write);
      case 'audit':
        return this.#audit(write.audit);
      case 'keep-key':
        this.#statements.key.run(write.key);
        return undefined;
      case 'delete-customer': {
        const { customerHash, audit } = write;
        const { removed, closed } = deleteCustomerRows(this.#database, customerHash, audit.atUnixMs);
        const linker = this.#linker();
        linker.addDeletion(audit, removed, closed);
        this.#insert(linker);
        return removed;
      }
      case 'retention': {
        const { removed, fields } = removeOldRows(this.#database, write.limits);
        if (fields !== undefined) this.#audit([write.audit], fields);
        return removed;
      }
    }
  }

  #create({ record, audit }: Extract<HistoryWrite, { kind: 'create' }>): undefined {
    if (this.#statements.create.run(...interactionValues(record)).changes === 0) {
      throw new HistoryConflict(`interaction ${record.interactionId} exists already`);
    }
    this.#audit(audit, interactionFields(this.#secret, record));
  }

  /** Digests of the interaction as it is now. */
  #change(change: StateChange): ChainFields {
    const row = this.#statements.change.get(
      change.state,
      change.reason ?? null,
      change.atUnixMs,
      ...handOverValues(change.handOver),
      change.interactionId,
    );
    if (row === undefined)
      throw new HistoryConflict(`interaction ${change.interactionId} is closed or does not exist`);
    return interactionFields(this.#secret, interactionFromRow(row));
  }

  #append({ turn, change, audit }: Extract<HistoryWrite, { kind: 'append' }>): undefined {
    if (this.#statements.append.run(...turnValues(turn)).changes === 0) {
      throw new HistoryConflict(`turn ${turn.turnIndex} of ${turn.interactionId} cannot be the next`);
    }
    this.#statements.touch.run(turn.finishedAtUnixMs, turn.interactionId);
    const fields = change === undefined ? {} : this.#change(change);
    const linker = this.#linker();
    linker.addTurn(turn, audit, fields);
    this.#insert(linker);
  }

  #audit(entries: readonly AuditEntry[], fields: ChainFields = {}): undefined {
    if (entries.length === 0) return;
    const linker = this.#linker();
    linker.add(entries, fields);
    this.#insert(linker);
  }

  /** Begins the chain where this is its first row. */
  #linker(): AuditLinker {
    const linker = new AuditLinker(this.#chain, this.#secret);
    if (this.#chain.head.sequence < 0) {
      const heads = this.#statements.heads.all() as unknown as ChainHead[];
      this.#statements.named.run();
      linker.begin(heads.map(({ chain, sequence, hash }) => ({ chain, sequence, hash })));
    }
    return linker;
  }

  #insert({ rows }: AuditLinker): void {
    for (const row of rows) this.#statements.audit.run(...auditValues(row));
  }
}
