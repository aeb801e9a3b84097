import type { DatabaseSync } from 'node:sqlite';

/** How long a write of another process may hold this one up. */
const BUSY_TIMEOUT_MS = 2000;

/**
 * WAL, and a sync of it with every commit: what was acknowledged survives the loss of power too. All that waits shares
 * one commit, so the sync is paid once for many.
 */
export function configureConnection(database: DatabaseSync): void {
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;`);
}
