/** Takes one item; a promise holds the next ones back until it resolves. */
export type Take<T> = (item: T) => Promise<void> | undefined;

/** A reader that has items handed to it. */
interface Taker<T> {
  readonly take: Take<T>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

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
  #taker: Taker<T> | undefined;
  /** While an item is being taken: one that comes meanwhile, even from the taking itself, waits. */
  #isTaking = false;
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
    if (waiting !== undefined) {
      this.#waiting = undefined;
      waiting.resolve({ value: item, done: false });
    } else if (this.#taker !== undefined && !this.#isTaking) {
      this.#give(this.#taker, item);
      this.#goOn(this.#taker);
    } else this.#items.push(item);
  }

  /** No more items; the reader still gets what is unread. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#waiting?.resolve({ value: undefined, done: true });
    this.#waiting = undefined;
    this.#goOn(this.#taker);
  }

  /** The reader gets what is unread, then the error. */
  fail(error: unknown): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#error = error;
    else waiting.reject(error);
    this.#goOn(this.#taker);
  }

  /**
   * Hands what is unread and all that comes to `take`, within the call that pushes it: no promise for each item. Resolves
   * at the end, rejects with the producer's error, or with that of `take`, which then counts as leaving early.
   */
  handTo(take: Take<T>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#taker = { take, resolve, reject };
      this.#goOn(this.#taker);
    });
  }

  #give(taker: Taker<T>, item: T): void {
    this.#isTaking = true;
    try {
      const hold = taker.take(item);
      if (hold === undefined) this.#isTaking = false;
      else
        hold.then(
          () => this.#release(taker),
          (error: unknown) => this.#abandon(taker, error),
        );
    } catch (error) {
      this.#abandon(taker, error);
    }
  }

  #release(taker: Taker<T>): void {
    this.#isTaking = false;
    this.#goOn(taker);
  }

  /** After every change: gives what is unread until the taker holds, and closes with the queue. */
  #goOn(taker: Taker<T> | undefined): void {
    if (taker === undefined) return;
    while (!this.#isTaking && this.#head < this.#items.length) this.#give(taker, this.#take());
    if (this.#isTaking || this.#state === 'open') return;
    this.#taker = undefined;
    if (this.#error === undefined) taker.resolve();
    else taker.reject(this.#error);
  }

  #abandon(taker: Taker<T>, error: unknown): void {
    this.#taker = undefined;
    taker.reject(error);
    void this.return();
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
    this.#taker?.resolve();
    this.#taker = undefined;
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
