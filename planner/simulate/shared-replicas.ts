import type { NextMs } from './arrivals.ts';

/**
 * Replicas behind a balancer that gives each request to the least busy of them. A replica works on as many requests at once
 * as it has places, as engines with continuous batching do: each takes `latencyMsAt(n)` for a mean request while n are in
 * work. Who finds no place waits in turn.
 */
export interface SharedReplicas {
  readonly replicas: number;
  /** Requests that one replica works on at once; Infinity where it never lets one wait. */
  readonly places: number;
  /** Mean latency of a request in work, ms, in the company of n in all (1 ≤ n ≤ places): a measured curve. */
  readonly latencyMsAt: (concurrency: number) => number;
  /** Ascending instants. */
  readonly nextArrivalMs: NextMs;
  /** Work of a request as a share of the mean request's. */
  readonly nextWork: () => number;
}

interface Job {
  readonly arrivedAtMs: number;
  /** Attained work of the replica at which the request is done. */
  readonly doneAt: number;
}

interface Waiting {
  readonly arrivedAtMs: number;
  readonly work: number;
}

/** One replica: what each of its requests has attained since it began, and the requests by their end. */
class Station {
  readonly #latencyMsAt: (concurrency: number) => number;
  readonly #places: number;
  readonly #waiting: Waiting[] = [];
  /** A binary heap, the first to end on top: requests share evenly, so their order of ending never changes. */
  readonly #jobs: Job[] = [];
  #attained = 0;
  #nowMs = 0;

  constructor({ latencyMsAt, places }: Pick<SharedReplicas, 'latencyMsAt' | 'places'>) {
    this.#latencyMsAt = latencyMsAt;
    this.#places = places;
  }

  /** Requests in work and waiting. */
  get size(): number {
    return this.#jobs.length + this.#waiting.length;
  }

  /** When the first of its requests ends if nothing arrives before. */
  get nextEndMs(): number {
    const [first] = this.#jobs;
    if (first === undefined) return Number.POSITIVE_INFINITY;
    return this.#nowMs + (first.doneAt - this.#attained) * this.#latencyMsAt(this.#jobs.length);
  }

  #advance(toMs: number): void {
    if (this.#jobs.length > 0) this.#attained += (toMs - this.#nowMs) / this.#latencyMsAt(this.#jobs.length);
    this.#nowMs = toMs;
  }

  add(arrivedAtMs: number, work: number): void {
    this.#advance(arrivedAtMs);
    if (this.#jobs.length < this.#places) this.#begin({ arrivedAtMs, work });
    else this.#waiting.push({ arrivedAtMs, work });
  }

  #begin({ arrivedAtMs, work }: Waiting): void {
    const jobs = this.#jobs;
    const job = { arrivedAtMs, doneAt: this.#attained + work };
    let place = jobs.length;
    jobs.push(job);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((jobs[parent] as Job).doneAt <= job.doneAt) break;
      jobs[place] = jobs[parent] as Job;
      place = parent;
    }
    jobs[place] = job;
  }

  /** Ends the first request; its latency in ms. */
  endFirst(): number {
    const endMs = this.nextEndMs;
    const jobs = this.#jobs;
    const first = jobs[0] as Job;
    this.#advance(endMs);
    const last = jobs.pop() as Job;
    if (jobs.length > 0) this.#sink(last);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#begin(next);
    return endMs - first.arrivedAtMs;
  }

  #sink(job: Job): void {
    const jobs = this.#jobs;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= jobs.length) break;
      if (child + 1 < jobs.length && (jobs[child + 1] as Job).doneAt < (jobs[child] as Job).doneAt) child++;
      if ((jobs[child] as Job).doneAt >= job.doneAt) break;
      jobs[place] = jobs[child] as Job;
      place = child;
    }
    jobs[place] = job;
  }
}

/**
 * Latencies in ms of requests in the order of their ends, from empty replicas, the first `skipped` left out: processor
 * sharing among limited places with a rate that depends on the state, joined by the shortest queue; exact, event by event.
 */
export function simulateSharedReplicas(
  { replicas, places, latencyMsAt, nextArrivalMs, nextWork }: SharedReplicas,
  requests: number,
  skipped: number,
): Float64Array {
  const stations = Array.from({ length: replicas }, () => new Station({ latencyMsAt, places }));
  const latenciesMs = new Float64Array(requests);
  const leastBusy = (): Station =>
    stations.reduce((best, station) => (station.size < best.size ? station : best));
  let ended = -skipped;
  let arrivalMs = nextArrivalMs();
  while (ended < requests) {
    const next = stations.reduce((best, station) => (station.nextEndMs < best.nextEndMs ? station : best));
    if (arrivalMs <= next.nextEndMs) {
      leastBusy().add(arrivalMs, nextWork());
      arrivalMs = nextArrivalMs();
    } else {
      const latencyMs = next.endFirst();
      if (ended >= 0) latenciesMs[ended] = latencyMs;
      ended++;
    }
  }
  return latenciesMs;
}
