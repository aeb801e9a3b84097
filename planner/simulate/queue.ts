import type { NextMs } from './arrivals.ts';

/** A first-come, first-served queue with equal servers. Without patience nobody leaves. */
export interface SimulatedQueue {
  readonly servers: number;
  /** Ascending instants. */
  readonly nextArrivalMs: NextMs;
  readonly nextServiceMs: NextMs;
  /** The longest wait that a customer stands. 0 for all: a loss system. */
  readonly nextPatienceMs?: NextMs | undefined;
}

/** What became of a number of customers in a row, in the order of their arrival. */
export interface Served {
  /** Until service began, or until the customer left. */
  readonly waitsMs: Float64Array;
  /** 1 for a customer who found no free server. */
  readonly waited: Uint8Array;
  /** 1 for a customer who left without service. */
  readonly left: Uint8Array;
  readonly fromMs: number;
  readonly toMs: number;
  /** Work that these customers brought to the servers. */
  readonly serviceMs: number;
  /** Arrivals, ends of service and departures in impatience. */
  readonly events: number;
}

/** Puts a value in place of the least of a binary heap. */
function replaceLeast(heap: Float64Array, value: number): void {
  const size = heap.length;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= size) break;
    if (child + 1 < size && (heap[child + 1] as number) < (heap[child] as number)) child++;
    if ((heap[child] as number) >= value) break;
    heap[place] = heap[child] as number;
    place = child;
  }
  heap[place] = value;
}

/**
 * Sends customers through the queue from empty. In the order of arrival the earliest instant at which a server is free
 * decides on the wait (Kiefer & Wolfowitz, "On the Theory of Queues with Many Servers", 1955), and on who leaves, so no
 * list of future events is needed: a heap of the instants at which servers fall free is the whole state.
 */
export class QueueRun {
  readonly #queue: SimulatedQueue;
  readonly #freeAtMs: Float64Array;
  #nowMs = 0;

  constructor(queue: SimulatedQueue) {
    if (!Number.isInteger(queue.servers) || queue.servers < 1) {
      throw new RangeError(`a queue needs a whole number of servers ≥ 1, got ${queue.servers}`);
    }
    this.#queue = queue;
    this.#freeAtMs = new Float64Array(queue.servers);
  }

  /** The next customers; the state carries over from one call to the next. */
  serve(customers: number): Served {
    const { nextArrivalMs, nextServiceMs, nextPatienceMs } = this.#queue;
    const freeAtMs = this.#freeAtMs;
    const waitsMs = new Float64Array(customers);
    const waited = new Uint8Array(customers);
    const left = new Uint8Array(customers);
    const fromMs = this.#nowMs;
    let nowMs = fromMs;
    let serviceMs = 0;
    for (let i = 0; i < customers; i++) {
      nowMs = nextArrivalMs();
      const neededMs = (freeAtMs[0] as number) - nowMs;
      if (neededMs > 0) {
        waited[i] = 1;
        const patienceMs = nextPatienceMs === undefined ? neededMs : nextPatienceMs();
        waitsMs[i] = Math.min(neededMs, patienceMs);
        if (patienceMs < neededMs) {
          left[i] = 1;
          continue;
        }
      }
      const ownMs = nextServiceMs();
      serviceMs += ownMs;
      replaceLeast(freeAtMs, nowMs + (waitsMs[i] as number) + ownMs);
    }
    this.#nowMs = nowMs;
    return { waitsMs, waited, left, fromMs, toMs: nowMs, serviceMs, events: 2 * customers };
  }
}
