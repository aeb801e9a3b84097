import { OpenList, type OpenPlace } from '../../../vocabulary/open-list.ts';
import { HttpConnection, type HttpTask, type WaitingTask } from './connection.ts';
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
  readonly #all = new OpenList<HttpConnection>();
  readonly #free: HttpConnection[] = [];
  readonly #waiting = new OpenList<WaitingTask>();
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
    if (task.waiting !== undefined) this.#endWait(task.waiting);
    task.carrier?.destroy();
  }

  /** Destroys all connections. Requests that wait or run end with an error. Idempotent. */
  close(): void {
    this.#isClosed = true;
    const error = Object.assign(new Error('the driver is closed'), { code: 'UND_ERR_DESTROYED' });
    const waiting: HttpTask[] = [];
    for (let task = this.#nextWaiting(); task !== undefined; task = this.#nextWaiting()) waiting.push(task);
    for (const connection of this.#all.values()) connection.destroy(error);
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
      onGone: () => this.#onGone(place),
    });
    const place = this.#all.add(connection);
    return connection;
  }

  /** A request's limits count from its start, so they also run out while it waits. */
  #wait(task: HttpTask): void {
    const onTimer = (): void => {
      task.onDeadline(performance.now());
      if (task.waiting === place) waiting.timer = arm();
    };
    const arm = (): NodeJS.Timeout =>
      setTimeout(onTimer, Math.max(1, Math.ceil(task.deadlineAtMs - performance.now())));
    const waiting = { task, timer: arm() };
    const place = this.#waiting.add(waiting);
    task.waiting = place;
  }

  #endWait(place: OpenPlace<WaitingTask>): void {
    const { value } = place;
    if (value === undefined) return;
    clearTimeout(value.timer);
    value.task.waiting = undefined;
    this.#waiting.remove(place);
  }

  #nextWaiting(): HttpTask | undefined {
    const task = this.#waiting.oldest?.task;
    if (task?.waiting !== undefined) this.#endWait(task.waiting);
    return task;
  }

  #onFree(connection: HttpConnection): void {
    const next = this.#nextWaiting();
    if (next === undefined) this.#free.push(connection);
    else connection.begin(next);
  }

  #onGone(place: OpenPlace<HttpConnection>): void {
    // It may still lie among the free ones, and is passed over when its turn comes: searching for it would cost more.
    this.#all.remove(place);
    if (this.#isClosed || this.#waiting.size === 0) return;
    const next = this.#nextWaiting();
    if (next !== undefined) this.send(next);
  }
}
