/**
 * One producer, one reader: what is pushed is read in order, without loss, however slow the reader is.
 * The producer closes it by `end` or `fail`; the reader leaving early (break, throw) calls `onReturn` once.
 */
export class EventQueue<T> implements AsyncIterableIterator<T> {
  #items: T[] = [];
  #head = 0;
  #state: 'open' | 'ended' | 'left' = 'open';
  #error: unknown;
  #waiting: { resolve: (result: IteratorResult<T>) => void; reject: (error: unknown) => void } | undefined;
  readonly #onReturn: () => void;

  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  /** Items pushed and not yet read. */
  get unread(): number {
    return this.#items.length - this.#head;
  }

  /** Ignored once closed. */
  push(item: T): void {
    if (this.#state !== 'open') return;
    const waiting = this.#waiting;
    if (waiting === undefined) {
      this.#items.push(item);
      return;
    }
    this.#waiting = undefined;
    waiting.resolve({ value: item, done: false });
  }

  /** No more items; the reader still gets what is unread. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#waiting?.resolve({ value: undefined, done: true });
    this.#waiting = undefined;
  }

  /** The reader gets what is unread, then the error. */
  fail(error: unknown): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#error = error;
    else waiting.reject(error);
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#head < this.#items.length) return Promise.resolve({ value: this.#take(), done: false });
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (this.#state !== 'open') return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<T>> {
    const wasOpen = this.#state === 'open';
    this.#state = 'left';
    // Told first: what is unread then is what was made for nobody.
    if (wasOpen) this.#onReturn();
    this.#items = [];
    this.#head = 0;
    this.#error = undefined;
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): T {
    const item = this.#items[this.#head++] as T;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    }
    return item;
  }
}
