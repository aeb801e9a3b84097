import type { DatabaseSync } from 'node:sqlite';

/** How long a write of another process may hold this one up. */
const BUSY_TIMEOUT_MS = 2000;

/** SQLITE_BUSY, in the lowest byte of what it says. */
const BUSY = 5;
const ASK_AGAIN_MS = 10;

const isBusy = (cause: unknown): boolean =>
  cause instanceof Error &&
  'errcode' in cause &&
  typeof cause.errcode === 'number' &&
  (cause.errcode & 0xff) === BUSY;

/**
 * Does what SQLite refuses at once, whatever its busy timeout, while another process does the same: turning a new file to
 * WAL. Asked again for as long as a write may take.
 */
function whileBusy(work: () => void): void {
  const untilMs = performance.now() + BUSY_TIMEOUT_MS;
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      work();
      return;
    } catch (cause) {
      if (!isBusy(cause) || performance.now() > untilMs) throw cause;
      Atomics.wait(sleeper, 0, 0, ASK_AGAIN_MS);
    }
  }
}

/** With `normal` a commit survives the death of the process, with `full` also the loss of power. */
export type Synchronous = 'normal' | 'full';

/** WAL: readers and the writer do not wait for each other. */
export function configureConnection(database: DatabaseSync, synchronous: Synchronous = 'normal'): void {
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  whileBusy(() => database.exec('PRAGMA journal_mode = WAL'));
  database.exec(`PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON`);
}
