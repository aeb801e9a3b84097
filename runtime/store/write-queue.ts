import type { DatabaseSync } from 'node:sqlite';
import type { HistoryWrite, WriteOutcome } from './history-writes.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import { hasFailed, SILENT_WRITE_OBSERVER, type WriteObserver } from './write-observer.ts';

/** Where a history's writes go. */
export interface WriteQueue {
  /** Told of each transaction from here on. */
  observer: WriteObserver;
  /** Writes that were asked for and not yet answered. */
  readonly backlog: number;
  write(write: HistoryWrite): Promise<WriteOutcome>;
  /** Rejects when writes have no chance. */
  ping(): Promise<void>;
  /** Writes what waits. Idempotent. */
  close(): Promise<void>;
}

/** Each write at once, on the caller's thread: for databases in memory, which no other thread can open. */
export class InThreadWriteQueue implements WriteQueue {
  observer = SILENT_WRITE_OBSERVER;
  readonly backlog = 0;
  readonly #writer: SqliteWriter;

  constructor(database: DatabaseSync, auditSecret: string) {
    this.#writer = new SqliteWriter(database, auditSecret);
  }

  async write(write: HistoryWrite): Promise<WriteOutcome> {
    const startedAtMs = performance.now();
    const outcomes = this.#writer.write([write]);
    const spanMs = performance.now() - startedAtMs;
    this.observer.committed({ writes: 1, spanMs, hasFailed: hasFailed(outcomes) });
    return outcomes[0] ?? { kind: 'failed', message: 'the writer gave no outcome' };
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {}
}
