import type { GenerateTimings } from '../../../runtime/inference/contract.ts';
import {
  type Job,
  Scheduler,
  type SchedulerLimits,
} from '../../../runtime/inference/engines/simulated/scheduler.ts';
import { testProfile } from './simulated-profile.ts';

/** Costs whose sums are exact in binary, so that closed forms hold to the last digit. */
export const COST = {
  baseMs: 8,
  perSequenceMs: 0.5,
  perPrefillTokenMs: 0.0625,
  perKvTokenMs: 0.000_976_562_5,
} as const;

export const limitsOf = (changes: Partial<SchedulerLimits> = {}): SchedulerLimits => ({
  ...testProfile({
    maxSequences: 64,
    maxStepTokens: 100_000,
    kvCapacityTokens: 1_000_000,
    stepCost: COST,
  }),
  ...changes,
});

export interface Arrival {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly arrivedAtMs: number;
  /** Aborted at this instant unless it ended before. */
  readonly abortAtMs?: number | undefined;
  readonly cacheKey?: string | undefined;
}

/** What a run did, by its own count: the scheduler is only asked for its steps and its two queue lengths. */
export interface Trace {
  readonly tokenAtMs: readonly (readonly number[])[];
  /** Times that each request was said to be over; aborts count only when the scheduler knew the request. */
  readonly ends: readonly number[];
  readonly timings: readonly (GenerateTimings | undefined)[];
  readonly steps: readonly {
    startsAtMs: number;
    endsAtMs: number;
    sequences: number;
    prefillTokens: number;
  }[];
  readonly idles: readonly { atMs: number; untilMs: number | undefined }[];
  readonly largestKvTokens: number;
  readonly kvTokensAtEnd: number;
  readonly requestMs: number;
  readonly endedAtMs: number;
}

type Occurrence = { readonly atMs: number; readonly index: number; readonly kind: 'arrive' | 'abort' };

function occurrencesOf(arrivals: readonly Arrival[]): Occurrence[] {
  const all = arrivals.flatMap(({ arrivedAtMs, abortAtMs }, index): Occurrence[] => [
    { atMs: arrivedAtMs, index, kind: 'arrive' },
    ...(abortAtMs === undefined ? [] : [{ atMs: abortAtMs, index, kind: 'abort' as const }]),
  ]);
  return all.sort((a, b) => a.atMs - b.atMs || a.index - b.index);
}

const jobOf = (arrival: Arrival, index: number): Job => ({
  id: String(index),
  prompt: new Array<number>(arrival.promptTokens).fill(1),
  output: new Array<number>(arrival.outputTokens).fill(2),
  cacheKey: arrival.cacheKey,
  arrivedAtMs: arrival.arrivedAtMs,
});

/** Drives one scheduler on virtual time; requests come and are aborted in the middle of steps as in life. */
class Run {
  readonly #arrivals: readonly Arrival[];
  readonly #scheduler: Scheduler;
  readonly #pending: Occurrence[];
  #next = 0;
  #atMs = 0;
  readonly #tokens: number[][];
  readonly #ends: number[];
  readonly #timings: (GenerateTimings | undefined)[];
  readonly #steps: Trace['steps'][number][] = [];
  readonly #idles: Trace['idles'][number][] = [];
  #largestKvTokens = 0;
  #requestMs = 0;

  constructor(limits: SchedulerLimits, arrivals: readonly Arrival[]) {
    this.#arrivals = arrivals;
    this.#scheduler = new Scheduler(limits);
    this.#pending = occurrencesOf(arrivals);
    this.#tokens = arrivals.map(() => []);
    this.#ends = arrivals.map(() => 0);
    this.#timings = arrivals.map(() => undefined);
  }

  toEnd(): Trace {
    while (this.#step());
    return {
      tokenAtMs: this.#tokens,
      ends: this.#ends,
      timings: this.#timings,
      steps: this.#steps,
      idles: this.#idles,
      largestKvTokens: this.#largestKvTokens,
      kvTokensAtEnd: this.#scheduler.kvTokens,
      requestMs: this.#requestMs,
      endedAtMs: this.#atMs,
    };
  }

  #step(): boolean {
    const step = this.#scheduler.begin(this.#atMs);
    if (step.kind === 'idle') return this.#idle(step.untilMs);
    this.#steps.push({ startsAtMs: this.#atMs, ...step });
    this.#occurUntil(step.endsAtMs);
    for (const { id, timings } of this.#scheduler.finish(step.endsAtMs)) {
      const index = Number(id);
      this.#tokens[index]?.push(step.endsAtMs);
      if (timings !== undefined) this.#end(index, timings);
    }
    this.#largestKvTokens = Math.max(this.#largestKvTokens, this.#scheduler.kvTokens);
    return true;
  }

  #idle(untilMs: number | undefined): boolean {
    this.#idles.push({ atMs: this.#atMs, untilMs });
    const occursAtMs = this.#pending[this.#next]?.atMs ?? Number.POSITIVE_INFINITY;
    const wakesAtMs = Math.min(untilMs ?? Number.POSITIVE_INFINITY, occursAtMs);
    if (!Number.isFinite(wakesAtMs)) return false;
    this.#occurUntil(wakesAtMs);
    return true;
  }

  #occurUntil(untilMs: number): void {
    for (;;) {
      const occurrence = this.#pending[this.#next];
      if (occurrence === undefined || occurrence.atMs > untilMs) break;
      this.#next++;
      this.#passTo(occurrence.atMs);
      this.#occur(occurrence);
    }
    this.#passTo(untilMs);
  }

  /** The area under the number of requests inside, for Little's law. */
  #passTo(atMs: number): void {
    if (atMs <= this.#atMs) return;
    const inside = this.#scheduler.runningRequests + this.#scheduler.waitingRequests;
    this.#requestMs += inside * (atMs - this.#atMs);
    this.#atMs = atMs;
  }

  #occur({ index, kind, atMs }: Occurrence): void {
    const arrival = this.#arrivals[index];
    if (arrival === undefined) return;
    if (kind === 'arrive') this.#scheduler.submit(jobOf(arrival, index));
    else {
      const aborted = this.#scheduler.abort(String(index), atMs);
      if (aborted !== undefined) this.#end(index, aborted.timings);
    }
  }

  #end(index: number, timings: GenerateTimings): void {
    this.#ends[index] = (this.#ends[index] ?? 0) + 1;
    this.#timings[index] = timings;
  }
}

export const runOnVirtualTime = (limits: SchedulerLimits, arrivals: readonly Arrival[]): Trace =>
  new Run(limits, arrivals).toEnd();
