import { Client, type Dispatcher } from 'undici';
import { tuneV8 } from '../../cli/v8-tuning.ts';
import { createRandom } from '../../vocabulary/random.ts';
import { MS_PER_S, sFromMs } from '../../vocabulary/units.ts';
import { type BlockReading, percentileOf } from './reading.ts';

/**
 * Open-loop generator of whole completions, in a process of its own so that it can have a core of its own. Argument: a
 * LoadPlan as JSON; prints a BlockReading. Arrivals are Poisson from a seed, so that paired blocks see the same ones.
 */
export interface LoadPlan {
  readonly url: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Consecutive phases at different rates; warm-up comes first and is not measured. */
  readonly phases: readonly Phase[];
  readonly seed: number;
  /** An answer later than this is no goodput, and is given up at ten times of it. */
  readonly objectiveMs: number;
}

export interface Phase {
  readonly ratePerS: number;
  readonly durationMs: number;
  readonly isWarmUp?: true;
}

const GIVE_UP_FACTOR = 10;
const MAX_CONNECTIONS = 4096;

interface Arrival {
  readonly atMs: number;
  readonly isMeasured: boolean;
}

function scheduleOf(plan: LoadPlan): Arrival[] {
  const random = createRandom(plan.seed);
  const arrivals: Arrival[] = [];
  let startMs = 0;
  for (const { ratePerS, durationMs, isWarmUp } of plan.phases) {
    let atMs = startMs;
    for (;;) {
      atMs += (-Math.log(1 - random.next()) / ratePerS) * MS_PER_S;
      if (atMs >= startMs + durationMs) break;
      arrivals.push({ atMs, isMeasured: isWarmUp !== true });
    }
    startMs += durationMs;
  }
  return arrivals;
}

const warmUpOf = (plan: LoadPlan): number =>
  plan.phases.reduce((sum, { durationMs, isWarmUp }) => sum + (isWarmUp === true ? durationMs : 0), 0);

class Recorder {
  readonly latenciesMs: number[] = [];
  readonly slipsMs: number[] = [];
  readonly failedByStatus: Record<string, number> = {};
  readonly goodPerSlice: number[] = [];
  failed = 0;
  offered = 0;

  readonly #firstMs: number;
  readonly #objectiveMs: number;

  constructor(plan: LoadPlan) {
    this.#firstMs = warmUpOf(plan);
    this.#objectiveMs = plan.objectiveMs;
  }

  ended(arrival: Arrival, latencyMs: number, outcome: string): void {
    if (!arrival.isMeasured) return;
    if (outcome !== '200') {
      this.failed++;
      this.failedByStatus[outcome] = (this.failedByStatus[outcome] ?? 0) + 1;
      return;
    }
    this.latenciesMs.push(latencyMs);
    if (latencyMs > this.#objectiveMs) return;
    const slice = Math.floor(sFromMs(arrival.atMs - this.#firstMs));
    this.goodPerSlice[slice] = (this.goodPerSlice[slice] ?? 0) + 1;
  }
}

type Done = (outcome: string) => void;

const handlerOf = (done: Done): Dispatcher.DispatchHandler => {
  let status = 0;
  return {
    onRequestStart: () => undefined,
    onResponseStart: (_controller, statusCode) => {
      status = statusCode;
    },
    onResponseData: () => undefined,
    onResponseEnd: () => done(String(status)),
    onResponseError: (_controller, error) => done('code' in error ? String(error.code) : error.name),
  };
};

type Send = (client: Client) => void;

/** Connections with one request each at a time, the last one freed used first: undici's own pool looks through them all. */
class Connections {
  readonly #create: () => Client;
  readonly #free: Client[] = [];
  readonly #all: Client[] = [];
  readonly #waiting: Send[] = [];
  #taken = 0;

  constructor(create: () => Client) {
    this.#create = create;
  }

  take(send: Send): void {
    const free = this.#free.pop();
    if (free !== undefined) send(free);
    else if (this.#all.length < MAX_CONNECTIONS) {
      const client = this.#create();
      this.#all.push(client);
      send(client);
    } else this.#waiting.push(send);
  }

  release(client: Client): void {
    const next = this.#waiting[this.#taken];
    if (next === undefined) {
      this.#free.push(client);
      return;
    }
    this.#taken++;
    next(client);
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#all.map((client) => client.destroy()));
  }
}

async function runLoad(plan: LoadPlan): Promise<BlockReading> {
  const giveUpMs = plan.objectiveMs * GIVE_UP_FACTOR;
  const connections = new Connections(
    () => new Client(plan.url, { headersTimeout: giveUpMs, bodyTimeout: giveUpMs }),
  );
  const arrivals = scheduleOf(plan);
  const recorder = new Recorder(plan);
  const { path, headers, body } = plan;
  const originMs = performance.now();
  const send = (arrival: Arrival): Promise<void> =>
    new Promise((resolve) => {
      if (arrival.isMeasured) {
        recorder.offered++;
        recorder.slipsMs.push(performance.now() - originMs - arrival.atMs);
      }
      connections.take((client) => {
        const handler = handlerOf((outcome) => {
          const latencyMs = performance.now() - originMs - arrival.atMs;
          recorder.ended(arrival, latencyMs, outcome);
          connections.release(client);
          resolve();
        });
        client.dispatch({ path, method: 'POST', headers, body }, handler);
      });
    });
  await paced(arrivals, originMs, send);
  await connections.destroy();
  const totalMs = plan.phases.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return {
    offered: recorder.offered,
    completed: recorder.latenciesMs.length,
    failed: recorder.failed,
    failedByStatus: recorder.failedByStatus,
    windowS: sFromMs(totalMs - warmUpOf(plan)),
    p50Ms: percentileOf(recorder.latenciesMs, 50),
    p99Ms: percentileOf(recorder.latenciesMs, 99),
    slipP99Ms: percentileOf(recorder.slipsMs, 99),
    goodPerSlice: Array.from(recorder.goodPerSlice, (good) => good ?? 0),
  };
}

/** Sends each arrival when its time has come; resolves when all have ended. */
function paced(
  arrivals: readonly Arrival[],
  originMs: number,
  send: (arrival: Arrival) => Promise<void>,
): Promise<unknown> {
  const sent: Promise<void>[] = [];
  return new Promise((resolve) => {
    const pump = (): void => {
      const nowMs = performance.now() - originMs;
      for (;;) {
        const next = arrivals[sent.length];
        if (next === undefined) {
          resolve(Promise.all(sent));
          return;
        }
        if (next.atMs > nowMs) break;
        sent.push(send(next));
      }
      setTimeout(pump, 1);
    };
    pump();
  });
}

// As every command of busyhour does: the generator's own compiler is not the target's latency.
tuneV8();
const reading = await runLoad(JSON.parse(process.argv[2] ?? '') as LoadPlan);
process.stdout.write(`${JSON.stringify(reading)}\n`);
process.exit(0);
