import type { HistoryWrite, WriteOutcome } from './history-writes.ts';
import { hasFailed, SILENT_WRITE_OBSERVER } from './write-observer.ts';
import type { WriteQueue } from './write-queue.ts';

interface Waiting {
  readonly write: HistoryWrite;
  readonly settle: (outcome: WriteOutcome) => void;
}

const MAX_WRITES_PER_COMMIT = 256;
const MAX_WAITING = 20_000;

export interface GroupCommitOptions {
  /** One transaction; one outcome per write, in order. Never rejects. */
  readonly commit: (writes: readonly HistoryWrite[]) => Promise<readonly WriteOutcome[]>;
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Whose row a write touches; undefined where it touches none, or many. */
function interactionOf(write: HistoryWrite): string | undefined {
  if (write.kind === 'create') return write.record.interactionId;
  if (write.kind === 'change') return write.change.interactionId;
  return write.kind === 'append' ? write.turn.interactionId : undefined;
}

/** All writes that wait when a transaction ends share the next, at most one of each interaction. */
export class GroupCommit implements WriteQueue {
  observer = SILENT_WRITE_OBSERVER;
  readonly #options: GroupCommitOptions;
  #waiting: Waiting[] = [];
  #committing = 0;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  get backlog(): number {
    return this.#waiting.length + this.#committing;
  }

  write(write: HistoryWrite): Promise<WriteOutcome> {
    if (this.#closing !== undefined)
      return Promise.resolve({ kind: 'failed', message: 'the history is closed' });
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.resolve({ kind: 'failed', message: `more than ${MAX_WAITING} writes wait` });
    }
    return new Promise((settle) => {
      this.#waiting.push({ write, settle });
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#take();
      this.#committing = batch.length;
      const startedAtMs = performance.now();
      const outcomes = await this.#options.commit(batch.map(({ write }) => write));
      const spanMs = performance.now() - startedAtMs;
      this.#committing = 0;
      this.observer.committed({ writes: batch.length, spanMs, hasFailed: hasFailed(outcomes) });
      for (const [index, { settle }] of batch.entries()) {
        settle(outcomes[index] ?? { kind: 'failed', message: 'no outcome' });
      }
    }
    this.#running = undefined;
  }

  #take(): Waiting[] {
    const interactions = new Set<string>();
    const batch: Waiting[] = [];
    const later: Waiting[] = [];
    for (const waiting of this.#waiting) {
      const id = interactionOf(waiting.write);
      const fits = batch.length < MAX_WRITES_PER_COMMIT && (id === undefined || !interactions.has(id));
      (fits ? batch : later).push(waiting);
      if (id !== undefined) interactions.add(id);
    }
    this.#waiting = later;
    return batch;
  }

  ping(): Promise<void> {
    return this.#options.ping();
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    await this.#running;
    await this.#options.close();
  }
}
