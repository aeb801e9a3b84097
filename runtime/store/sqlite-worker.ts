import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { HistoryWrite } from './history-writes.ts';
import { configureConnection } from './sqlite-connection.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import type { WriteThreadOptions } from './write-thread.ts';

/** 64 MiB of log, in pages of 4 KiB. */
const MAX_LOG_PAGES = 16_384;

/** Entry of the thread that writes: one message is one transaction, answered by its outcomes in order. */
const { path, auditSecret, synchronous } = workerData as WriteThreadOptions;
const database = new DatabaseSync(path);
configureConnection(database, synchronous);
// The checkpointer's thread does it sooner; this only bounds the log where that one cannot keep up.
database.exec(`PRAGMA wal_autocheckpoint = ${MAX_LOG_PAGES}`);
const writer = new SqliteWriter(database, auditSecret);

parentPort?.on('message', (message: readonly HistoryWrite[] | 'close') => {
  if (message === 'close') {
    database.close();
    parentPort?.close();
  } else {
    parentPort?.postMessage(writer.write(message));
  }
});
