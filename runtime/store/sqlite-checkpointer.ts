import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { configureConnection } from './sqlite-connection.ts';

/**
 * Entry of the thread that moves what was committed from the log into the file. It syncs the file, which takes tens
 * of milliseconds on an ordinary disk; a passive checkpoint lets writes go on meanwhile.
 */
const EVERY_MS = 250;
const { path } = workerData as { readonly path: string };
const database = new DatabaseSync(path);
configureConnection(database);
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');

const timer = setInterval(() => {
  try {
    checkpoint.get();
  } catch {
    // A full disk or a busy file: the log keeps everything until a later one gets through.
  }
}, EVERY_MS);

parentPort?.on('message', () => {
  clearInterval(timer);
  database.close();
  parentPort?.close();
});
