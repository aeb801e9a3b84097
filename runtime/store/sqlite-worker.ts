import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { HistoryWrite } from './history-writes.ts';
import { configureConnection } from './sqlite-connection.ts';
import { SqliteWriter } from './sqlite-writer.ts';

/** Entry of the thread that writes: one message is one transaction, answered by its outcomes in order. */
const { path, auditSecret } = workerData as { readonly path: string; readonly auditSecret: string };
const database = new DatabaseSync(path);
configureConnection(database);
const writer = new SqliteWriter(database, auditSecret);

parentPort?.on('message', (message: readonly HistoryWrite[] | 'close') => {
  if (message === 'close') {
    database.close();
    parentPort?.close();
  } else {
    parentPort?.postMessage(writer.write(message));
  }
});
