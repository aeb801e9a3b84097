import { HttpConnection, type HttpTask } from './connection.ts';
import { type Origin, originFrom } from './origin.ts';

export interface TransportOptions {
  readonly maxConnections: number;
  readonly connectMs: number;
  /** Trust these authorities (PEM) instead of the machine's. */
  readonly caPem?: string;
}

/**
 * Keep-alive connections to one origin. The last one that became free is used first, so that under little load few
 * connections stay warm, and the rest age and are not used again. Beyond the limit requests wait in their order.
 */
export class HttpTransport {
  readonly origin: Origin;
  readonly #options: TransportOptions;
  readonly #all = new Set<HttpConnection>();
  readonly #free: HttpConnection[] = [];
  readonly #waiting = new Map<HttpTask, NodeJS.Timeout>();
  #isClosed = false;

  constructor(url: string, options: TransportOptions) {
    this.origin = originFrom(url, options.caPem);
    this.#options = options;
  }

  /** Connections that stand or are being opened. */
  get connections(): number {
    return this.#all.size;
  }

  send(task: HttpTask): void {
    if (this.#isClosed) {
      task.onError(Object.assign(new Error('the driver is closed'), { code: 'UND_ERR_CLOSED' }));
      return;
    }
    const connection = this.#takeFree() ?? this.#open();
    if (connection === undefined) this.#wait(task);
    else connection.begin(task);
  }

  /** Gives up a request that was sent here and has not ended. */
  cancel(task: HttpTask): void {
    clearTimeout(this.#waiting.get(task));
    this.#waiting.delete(task);
    task.carrier?.destroy();
  }

  /** Destroys all connections. Requests that wait or run end with an error. Idempotent. */
  close(): void {
    this.#isClosed = true;
    const error = Object.assign(new Error('the driver is closed'), { code: 'UND_ERR_DESTROYED' });
    const waiting = [...this.#waiting.keys()];
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    for (const connection of [...this.#all]) connection.destroy(error);
    for (const task of waiting) task.onError(error);
  }

  #takeFree(): HttpConnection | undefined {
    const nowMs = this.#free.length === 0 ? 0 : performance.now();
    for (let connection = this.#free.pop(); connection !== undefined; connection = this.#free.pop()) {
      if (connection.isReusable(nowMs)) return connection;
      connection.destroy();
    }
    return undefined;
  }

  #open(): HttpConnection | undefined {
    if (this.#all.size >= this.#options.maxConnections) return undefined;
    const connection = new HttpConnection(this.origin, this.#options.connectMs, {
      onFree: (free) => this.#onFree(free),
      onGone: (gone) => this.#onGone(gone),
    });
    this.#all.add(connection);
    return connection;
  }

  /** A request's limits count from its start, so they also run out while it waits. */
  #wait(task: HttpTask): void {
    const onTimer = (): void => {
      task.onDeadline(performance.now());
      if (this.#waiting.has(task)) this.#waiting.set(task, arm());
    };
    const arm = (): NodeJS.Timeout =>
      setTimeout(onTimer, Math.max(1, Math.ceil(task.deadlineAtMs - performance.now())));
    this.#waiting.set(task, arm());
  }

  #nextWaiting(): HttpTask | undefined {
    for (const [task, timer] of this.#waiting) {
      clearTimeout(timer);
      this.#waiting.delete(task);
      return task;
    }
    return undefined;
  }

  #onFree(connection: HttpConnection): void {
    const next = this.#nextWaiting();
    if (next === undefined) this.#free.push(connection);
    else connection.begin(next);
  }

  #onGone(connection: HttpConnection): void {
    // It may still lie among the free ones, and is passed over when its turn comes: searching for it would cost more.
    this.#all.delete(connection);
    if (this.#isClosed || this.#waiting.size === 0) return;
    const next = this.#nextWaiting();
    if (next !== undefined) this.send(next);
  }
}
