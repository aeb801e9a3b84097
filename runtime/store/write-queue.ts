import type { DatabaseSync } from 'node:sqlite';
import type { HistoryWrite, WriteOutcome } from './history-writes.ts';
import { SqliteWriter } from './sqlite-writer.ts';

/** Where a history's writes go. */
export interface WriteQueue {
  write(write: HistoryWrite): Promise<WriteOutcome>;
  /** Rejects when writes have no chance. */
  ping(): Promise<void>;
  /** Writes what waits. Idempotent. */
  close(): Promise<void>;
}

/** Each write at once, on the caller's thread: for databases in memory, which no other thread can open. */
export class InThreadWriteQueue implements WriteQueue {
  readonly #writer: SqliteWriter;

  constructor(database: DatabaseSync, auditSecret: string) {
    this.#writer = new SqliteWriter(database, auditSecret);
  }

  async write(write: HistoryWrite): Promise<WriteOutcome> {
    return this.#writer.write([write])[0] ?? { kind: 'failed', message: 'the writer gave no outcome' };
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {}
}
