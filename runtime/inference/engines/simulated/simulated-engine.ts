import { type Clock, systemClock } from '../../../../vocabulary/clock.ts';
import { OpenMap } from '../../../../vocabulary/open-map.ts';
import { createRandom, type Random, sampleNormal } from '../../../../vocabulary/random.ts';
import type { EngineDescription } from '../../../../vocabulary/readiness.ts';
import type { Engine, EngineLoad, GenerateEvent, GenerateRequest, GenerateTimings } from '../../contract.ts';
import { EventQueue } from '../../event-queue.ts';
import { Admission, errorEvent } from '../admission.ts';
import { StopMatcher } from '../stop-strings.ts';
import type { Profile } from './profile.ts';
import { type Emission, Scheduler } from './scheduler.ts';
import { type Answer, drawAnswer, tokenizeWords } from './words.ts';

export interface SimulatedEngineOptions {
  readonly profile: Profile;
  readonly seed: number;
  readonly maxSequences?: number | undefined;
  readonly maxWaiting: number;
  /** Standard deviation of a step's duration around its mean, as a share of it. */
  readonly jitterRatio?: number | undefined;
  readonly clock?: Clock | undefined;
}

interface Active {
  readonly request: GenerateRequest;
  readonly answer: Answer;
  readonly queue: EventQueue<GenerateEvent>;
  readonly stops: StopMatcher;
  readonly forget: () => void;
  outputTokens: number;
}

const SIMULATED_VERSION = '1';
/** A step is never shorter than this share of its mean, whatever the jitter draws. */
const MIN_STRETCH = 0.1;

function stretchFrom(jitterRatio: number, random: Random): () => number {
  if (jitterRatio === 0) return () => 1;
  return () => Math.max(MIN_STRETCH, 1 + jitterRatio * sampleNormal(random));
}

/** A GPU that need not exist: the scheduler's steps paced in real time. Everything it says of itself is *simulated*. */
export class SimulatedEngine implements Engine {
  readonly description: EngineDescription;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #admission: Admission;
  readonly #random: Random;
  readonly #active = new OpenMap<string, Active>();
  readonly #stopped = new AbortController();
  #orphanOutputTokens = 0;
  #wake: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  readonly #loop: Promise<void>;

  constructor(options: SimulatedEngineOptions) {
    const { profile } = options;
    const maxSequences = options.maxSequences ?? profile.maxSequences;
    this.#clock = options.clock ?? systemClock;
    this.#random = createRandom(options.seed);
    const stretch = stretchFrom(options.jitterRatio ?? 0, this.#random.fork('jitter'));
    this.#scheduler = new Scheduler({ ...profile, maxSequences }, stretch);
    this.#admission = new Admission({
      contextTokens: profile.contextTokens,
      maxSequences,
      maxWaiting: options.maxWaiting,
    });
    this.description = {
      kind: 'simulated',
      simulated: true,
      model: profile.model,
      device: profile.device,
      version: SIMULATED_VERSION,
      contextTokens: profile.contextTokens,
      maxSequences,
      kvCapacityTokens: profile.kvCapacityTokens,
    };
    this.#loop = this.#run();
  }

  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent> {
    const queue = new EventQueue<GenerateEvent>(() => this.#abort(request.requestId));
    const prompt = tokenizeWords(request.input);
    const tokens = { promptTokens: prompt.length, maxOutputTokens: request.maxOutputTokens };
    const refusal = this.#admission.accept(request, tokens);
    if (refusal !== undefined) {
      queue.push(errorEvent(refusal));
      queue.end();
      return queue;
    }
    this.#submit({ request, prompt, queue, signal });
    return queue;
  }

  load(): EngineLoad {
    return {
      runningRequests: this.#scheduler.runningRequests,
      waitingRequests: this.#scheduler.waitingRequests,
      kvTokens: this.#scheduler.kvTokens,
      kvCapacityTokens: this.description.kvCapacityTokens,
      orphanOutputTokens: this.#orphanOutputTokens,
    };
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    this.#admission.drain();
    await this.#admission.untilIdle(graceMs);
    for (const [id] of this.#active.entries()) this.#abort(id);
    this.#stopped.abort();
    this.#wake?.();
    await this.#loop;
  }

  #submit(accepted: {
    request: GenerateRequest;
    prompt: readonly number[];
    queue: EventQueue<GenerateEvent>;
    signal: AbortSignal;
  }): void {
    const { request, prompt, queue, signal } = accepted;
    const answer = drawAnswer(request, prompt, this.#random);
    const id = request.requestId;
    const onAbort = (): void => this.#abort(id);
    const forget = (): void => signal.removeEventListener('abort', onAbort);
    const stops = new StopMatcher(request.stop);
    this.#active.set(id, { request, answer, queue, stops, forget, outputTokens: 0 });
    queue.push({ kind: 'prompt', promptTokens: prompt.length });
    const arrivedAtMs = this.#clock.nowMs();
    this.#scheduler.submit({
      id,
      prompt,
      output: answer.tokenIds,
      cacheKey: request.cacheKey,
      arrivedAtMs,
    });
    if (!this.#scheduler.fits(prompt.length, answer.tokenIds.length)) {
      this.#scheduler.abort(id, arrivedAtMs);
      this.#end(id, errorEvent({ code: 'CONTEXT_TOO_LONG', message: 'the request exceeds the KV cache' }));
    } else if (signal.aborted) {
      this.#abort(id);
    } else {
      signal.addEventListener('abort', onAbort, { once: true });
      this.#wake?.();
    }
  }

  /** Steps follow each other on the ideal schedule: a late timer delays the tokens it carries, never the steps after. */
  async #run(): Promise<void> {
    let atMs = this.#clock.nowMs();
    while (!this.#stopped.signal.aborted) {
      const step = this.#scheduler.begin(atMs);
      if (step.kind === 'idle') {
        await this.#idleUntil(step.untilMs);
        atMs = Math.max(atMs, this.#clock.nowMs());
        continue;
      }
      if (!(await this.#sleepUntil(step.endsAtMs, this.#stopped.signal))) return;
      for (const emission of this.#scheduler.finish(step.endsAtMs)) this.#emit(emission);
      atMs = step.endsAtMs;
    }
  }

  async #idleUntil(untilMs: number | undefined): Promise<void> {
    const woken = new AbortController();
    const wake = new Promise<void>((resolve) => {
      this.#wake = () => {
        woken.abort();
        resolve();
      };
    });
    await (untilMs === undefined ? wake : this.#sleepUntil(untilMs, woken.signal));
    this.#wake = undefined;
  }

  /** False when the sleep was cut short. */
  async #sleepUntil(atMs: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#clock.sleepUntil(atMs, signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  #emit({ id, index, timings }: Emission): void {
    const active = this.#active.get(id);
    if (active === undefined) return;
    const word = active.answer.words[index] ?? '';
    const reading = active.stops.add(index === 0 ? word : ` ${word}`);
    active.outputTokens++;
    const ended = reading.stopped || timings !== undefined;
    const text = ended && !reading.stopped ? reading.text + active.stops.flush() : reading.text;
    active.queue.push({ kind: 'chunk', text, tokenIds: [active.answer.tokenIds[index] ?? 0] });
    if (!ended) return;
    const known = timings ?? this.#scheduler.abort(id, this.#clock.nowMs())?.timings;
    this.#finish(active, reading.stopped ? 'stop' : active.answer.reason, known);
  }

  #finish(active: Active, reason: 'stop' | 'length' | 'abort', timings: GenerateTimings | undefined): void {
    const nothing = {
      queueWaitMs: 0,
      prefillMs: 0,
      decodeMs: 0,
      batchSequences: 0,
      cachedPromptTokens: 0,
    };
    const { outputTokens, request } = active;
    this.#end(request.requestId, { kind: 'finish', reason, outputTokens, timings: timings ?? nothing });
  }

  #abort(id: string): void {
    const active = this.#active.get(id);
    if (active === undefined) return;
    const aborted = this.#scheduler.abort(id, this.#clock.nowMs());
    // One token per chunk; the prompt event may be unread too.
    const unreadTokens = Math.min(active.queue.unread, active.outputTokens);
    this.#orphanOutputTokens += unreadTokens + (aborted?.wastedTokens ?? 0);
    this.#finish(active, 'abort', aborted?.timings);
  }

  #end(id: string, event: GenerateEvent): void {
    const active = this.#active.get(id);
    if (active === undefined) return;
    this.#active.delete(id);
    active.forget();
    active.queue.push(event);
    active.queue.end();
    this.#admission.release(id);
  }
}
