import { Worker } from 'node:worker_threads';
import type { Analytics, AnalyticsWindow } from './history-store.ts';
import { StoreFailure } from './history-writes.ts';
import { threadEntry } from './thread-entry.ts';

/** A longer window than that is read from a copy of the file. */
const READ_TIMEOUT_MS = 30_000;
/** Who asks while so many wait is refused, so that a page that reloads itself makes no queue. */
const MAX_WAITING = 8;

/** Reads windows of one SQLite file, each on a thread that ends with it, one after the other. */
export class SqliteAnalyst {
  readonly #path: string;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #worker: Worker | undefined;
  #isClosed = false;

  constructor(path: string) {
    this.#path = path;
  }

  async read(window: AnalyticsWindow): Promise<Analytics> {
    if (this.#waiting >= MAX_WAITING) throw new StoreFailure(`${MAX_WAITING} analytics are being read`);
    this.#waiting++;
    const before = this.#last;
    const own = before.catch(() => undefined).then(() => this.#readOne(window));
    this.#last = own.catch(() => undefined);
    try {
      return await own;
    } finally {
      this.#waiting--;
    }
  }

  #readOne(window: AnalyticsWindow): Promise<Analytics> {
    if (this.#isClosed) return Promise.reject(new StoreFailure('the history is closed'));
    return new Promise((resolve, reject) => {
      const workerData = { path: this.#path, window };
      const worker = new Worker(threadEntry('sqlite-analyst-worker'), { workerData, execArgv: [] });
      this.#worker = worker;
      const fuse = setTimeout(() => void worker.terminate(), READ_TIMEOUT_MS);
      worker.once('message', resolve);
      worker.once('error', (error) => reject(new StoreFailure('analytics failed', { cause: error })));
      // After an answer this changes nothing.
      worker.once('exit', () => {
        clearTimeout(fuse);
        this.#worker = undefined;
        reject(new StoreFailure(`no analytics within ${READ_TIMEOUT_MS} ms, or the history was closed`));
      });
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
    await this.#last;
  }
}
