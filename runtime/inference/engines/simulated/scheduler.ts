import type { GenerateTimings } from '../../contract.ts';
import { KvCache, type KvGrant } from './kv-cache.ts';
import type { Profile, StepCost } from './profile.ts';

/** What the scheduler needs of a request: lengths are known, words are someone else's matter. */
export interface Job {
  readonly id: string;
  readonly prompt: readonly number[];
  /** The answer's tokens: how many, and their ids for the prefix cache. At least one. */
  readonly output: readonly number[];
  readonly cacheKey?: string | undefined;
  readonly arrivedAtMs: number;
}

export type SchedulerLimits = Pick<
  Profile,
  | 'maxSequences'
  | 'kvCapacityTokens'
  | 'kvBlockTokens'
  | 'maxStepTokens'
  | 'requestOverheadMs'
  | 'requestOverheadPerPromptTokenMs'
> & { readonly stepCost: StepCost };

/** What happens next: a step that ends at an instant, or nothing until one (or until the next submission). */
export type Step =
  | {
      readonly kind: 'step';
      readonly endsAtMs: number;
      readonly sequences: number;
      readonly prefillTokens: number;
    }
  | { readonly kind: 'idle'; readonly untilMs: number | undefined };

/** One token of one job came out of a step; `timings` with the last one. */
export interface Emission {
  readonly id: string;
  readonly index: number;
  readonly timings: GenerateTimings | undefined;
}

export interface Aborted {
  readonly timings: GenerateTimings;
  /** Tokens that the step under way computes for nobody. */
  readonly wastedTokens: number;
}

interface Waiting {
  readonly job: Job;
  readonly readyAtMs: number;
}

interface Sequence {
  readonly job: Job;
  readonly grant: KvGrant;
  readonly queueWaitMs: number;
  readonly batchSequences: number;
  computedTokens: number;
  emittedTokens: number;
  firstTokenAtMs: number;
  /** Prompt tokens of this step. */
  stepTokens: number;
}

/**
 * Iteration-level continuous batching with chunked prefill, as vLLM's scheduler does it: in every step each decoding
 * sequence gets one token, then the step's token budget goes to prompts in order of admission, then waiting requests
 * are admitted in order of arrival while a sequence, budget and KV blocks for prompt and answer are free. Pure: it
 * neither sleeps nor reads a clock; `begin` plans a step and `finish` performs it.
 */
export class Scheduler {
  readonly #limits: SchedulerLimits;
  readonly #kv: KvCache;
  readonly #stretch: () => number;
  #waiting: Waiting[] = [];
  #running: Sequence[] = [];
  #kvTokens = 0;

  /** `stretch` multiplies each step's duration: 1, or jitter around it. */
  constructor(limits: SchedulerLimits, stretch: () => number = () => 1) {
    this.#limits = limits;
    this.#stretch = stretch;
    this.#kv = new KvCache(limits.kvCapacityTokens, limits.kvBlockTokens);
  }

  get runningRequests(): number {
    return this.#running.length;
  }

  get waitingRequests(): number {
    return this.#waiting.length;
  }

  /** Tokens whose keys and values running sequences have. */
  get kvTokens(): number {
    return this.#kvTokens;
  }

  /** False when prompt and answer would not fit an empty KV cache. */
  fits(promptTokens: number, outputTokens: number): boolean {
    return this.#kv.canEverHold(promptTokens + outputTokens);
  }

  submit(job: Job): void {
    const { requestOverheadMs, requestOverheadPerPromptTokenMs } = this.#limits;
    const overheadMs = requestOverheadMs + requestOverheadPerPromptTokenMs * job.prompt.length;
    const entry = { job, readyAtMs: job.arrivedAtMs + overheadMs };
    let at = this.#waiting.length;
    while (at > 0 && (this.#waiting[at - 1]?.readyAtMs ?? 0) > entry.readyAtMs) at--;
    this.#waiting.splice(at, 0, entry);
  }

  /** Takes the job out at once; its place and blocks are free for the next step. Undefined for an unknown id. */
  abort(id: string, nowMs: number): Aborted | undefined {
    const waiting = this.#waiting.find(({ job }) => job.id === id);
    if (waiting !== undefined) {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      const queueWaitMs = Math.max(0, nowMs - waiting.job.arrivedAtMs);
      const timings = { queueWaitMs, prefillMs: 0, decodeMs: 0, batchSequences: 0, cachedPromptTokens: 0 };
      return { timings, wastedTokens: 0 };
    }
    const sequence = this.#running.find(({ job }) => job.id === id);
    if (sequence === undefined) return undefined;
    this.#running = this.#running.filter((other) => other !== sequence);
    this.#release(sequence);
    const decoding = sequence.emittedTokens > 0;
    if (!decoding) sequence.firstTokenAtMs = nowMs;
    return { timings: this.#timingsOf(sequence, nowMs), wastedTokens: decoding ? 1 : 0 };
  }

  /** Plans the step that begins at `nowMs`. */
  begin(nowMs: number): Step {
    let budgetTokens = this.#limits.maxStepTokens;
    for (const sequence of this.#running) {
      if (sequence.computedTokens >= sequence.job.prompt.length) budgetTokens--;
    }
    let prefillTokens = 0;
    for (const sequence of this.#running) {
      prefillTokens += this.#giveBudget(sequence, budgetTokens - prefillTokens);
    }
    prefillTokens += this.#admit(nowMs, budgetTokens - prefillTokens);
    if (this.#running.length === 0) return { kind: 'idle', untilMs: this.#waiting[0]?.readyAtMs };
    const durationMs = this.#durationMs(prefillTokens) * this.#stretch();
    return { kind: 'step', endsAtMs: nowMs + durationMs, sequences: this.#running.length, prefillTokens };
  }

  /** Performs the step planned last and returns the tokens it made. */
  finish(endsAtMs: number): Emission[] {
    const emissions: Emission[] = [];
    let ended = 0;
    for (const sequence of this.#running) {
      const emission = this.#advance(sequence, endsAtMs);
      if (emission === undefined) continue;
      emissions.push(emission);
      if (emission.timings !== undefined) ended++;
    }
    if (ended > 0) {
      const { running, done } = splitDone(this.#running);
      this.#running = running;
      for (const sequence of done) this.#release(sequence);
    }
    return emissions;
  }

  #durationMs(prefillTokens: number): number {
    const { baseMs, perSequenceMs, perPrefillTokenMs, perKvTokenMs } = this.#limits.stepCost;
    const sequencesMs = perSequenceMs * this.#running.length;
    return baseMs + sequencesMs + perPrefillTokenMs * prefillTokens + perKvTokenMs * this.#kvTokens;
  }

  #giveBudget(sequence: Sequence, budgetTokens: number): number {
    const left = sequence.job.prompt.length - sequence.computedTokens;
    sequence.stepTokens = Math.max(0, Math.min(left, budgetTokens));
    return sequence.stepTokens;
  }

  #admit(nowMs: number, budgetTokens: number): number {
    let given = 0;
    let admitted = 0;
    for (const { job, readyAtMs } of this.#waiting) {
      if (readyAtMs > nowMs || given >= budgetTokens) break;
      if (this.#running.length >= this.#limits.maxSequences) break;
      const grant = this.#kv.take(job.prompt, job.output.length, job.cacheKey);
      if (grant === undefined) break;
      const sequence: Sequence = {
        job,
        grant,
        queueWaitMs: nowMs - readyAtMs,
        batchSequences: this.#running.length + 1,
        computedTokens: grant.cachedTokens,
        emittedTokens: 0,
        firstTokenAtMs: 0,
        stepTokens: 0,
      };
      this.#running.push(sequence);
      this.#kvTokens += grant.cachedTokens;
      given += this.#giveBudget(sequence, budgetTokens - given);
      admitted++;
    }
    if (admitted > 0) this.#waiting.splice(0, admitted);
    return given;
  }

  /** A sequence still in its prompt emits only when this step ends the prompt. */
  #advance(sequence: Sequence, atMs: number): Emission | undefined {
    const promptTokens = sequence.job.prompt.length;
    if (sequence.computedTokens < promptTokens) {
      sequence.computedTokens += sequence.stepTokens;
      this.#kvTokens += sequence.stepTokens;
      if (sequence.computedTokens < promptTokens) return undefined;
      sequence.firstTokenAtMs = atMs;
    } else {
      this.#kvTokens++;
    }
    const index = sequence.emittedTokens++;
    const last = sequence.emittedTokens === sequence.job.output.length;
    return { id: sequence.job.id, index, timings: last ? this.#timingsOf(sequence, atMs) : undefined };
  }

  #timingsOf(sequence: Sequence, atMs: number): GenerateTimings {
    const { job, queueWaitMs, batchSequences, firstTokenAtMs, grant } = sequence;
    return {
      queueWaitMs,
      prefillMs: Math.max(0, firstTokenAtMs - job.arrivedAtMs - queueWaitMs),
      decodeMs: Math.max(0, atMs - firstTokenAtMs),
      batchSequences,
      cachedPromptTokens: grant.cachedTokens,
    };
  }

  #release(sequence: Sequence): void {
    const { job, grant, computedTokens, emittedTokens } = sequence;
    // The last token came out but was never put in: it has no keys and values.
    const heldOutputTokens = Math.max(0, emittedTokens - 1);
    this.#kvTokens -= computedTokens + heldOutputTokens;
    if (job.cacheKey === undefined) {
      this.#kv.release(grant, [], undefined);
      return;
    }
    const held = [...job.prompt.slice(0, computedTokens), ...job.output.slice(0, heldOutputTokens)];
    this.#kv.release(grant, held, job.cacheKey);
  }
}

function splitDone(sequences: readonly Sequence[]): { running: Sequence[]; done: Sequence[] } {
  const running: Sequence[] = [];
  const done: Sequence[] = [];
  for (const sequence of sequences) {
    (sequence.emittedTokens === sequence.job.output.length ? done : running).push(sequence);
  }
  return { running, done };
}
