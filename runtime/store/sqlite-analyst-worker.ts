import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { readAnalyticsWith } from './analytics.ts';
import type { AnalyticsWindow } from './history-store.ts';

/** Entry of the thread that reads one window and ends: what it scans holds nobody up. */
const { path, window } = workerData as { readonly path: string; readonly window: AnalyticsWindow };
const database = new DatabaseSync(path, { readOnly: true });
const analytics = await readAnalyticsWith(
  async (sql, parameters) => database.prepare(sql).all(...parameters),
  window,
);
database.close();
parentPort?.postMessage(analytics);
