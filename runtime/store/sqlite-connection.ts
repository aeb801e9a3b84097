import type { DatabaseSync } from 'node:sqlite';

/** How long a write of another process may hold this one up. */
const BUSY_TIMEOUT_MS = 2000;

/** With `normal` a commit survives the death of the process, with `full` also the loss of power. */
export type Synchronous = 'normal' | 'full';

/** WAL: readers and the writer do not wait for each other. */
export function configureConnection(database: DatabaseSync, synchronous: Synchronous = 'normal'): void {
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON;`);
}
