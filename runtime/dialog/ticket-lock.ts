import { OpenMap } from '../../vocabulary/open-map.ts';
import { createFault, FaultError, faultFromAbort } from '../llm/fault.ts';

interface Waiter {
  readonly grant: () => void;
}

/** One holder per key; those who wait are served in the order in which they came. */
export class TicketLock {
  readonly #queues = new OpenMap<string, Waiter[]>();
  readonly #maxWaiting: number;

  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  /** Keys held at the moment. */
  get heldKeys(): number {
    return this.#queues.size;
  }

  /** Resolves to the release function. Rejects with a fault when too many wait, or when the signal aborts first. */
  acquire(key: string, signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) return Promise.reject(new FaultError(faultFromAbort(signal)));
    const queue = this.#queues.get(key);
    if (queue === undefined) {
      this.#queues.set(key, []);
      return Promise.resolve(this.#releaser(key));
    }
    if (queue.length >= this.#maxWaiting) {
      const message = `More than ${this.#maxWaiting} turns wait in this interaction.`;
      return Promise.reject(new FaultError(createFault('gateway_overloaded', message)));
    }
    return this.#wait(key, queue, signal);
  }

  #wait(key: string, queue: Waiter[], signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        queue.splice(queue.indexOf(waiter), 1);
        reject(new FaultError(faultFromAbort(signal)));
      };
      const waiter: Waiter = {
        grant: () => {
          signal.removeEventListener('abort', onAbort);
          resolve(this.#releaser(key));
        },
      };
      queue.push(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Releasing twice is harmless. */
  #releaser(key: string): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const next = this.#queues.get(key)?.shift();
      if (next === undefined) this.#queues.delete(key);
      else next.grant();
    };
  }
}
