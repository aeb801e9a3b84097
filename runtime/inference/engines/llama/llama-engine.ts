import type { SequenceEvaluateOptions } from 'node-llama-cpp';
import { systemClock } from '../../../../vocabulary/clock.ts';
import { OpenMap } from '../../../../vocabulary/open-map.ts';
import type { EngineDescription } from '../../../../vocabulary/readiness.ts';
import type { Engine, EngineLoad, GenerateEvent, GenerateRequest } from '../../contract.ts';
import { EventQueue } from '../../event-queue.ts';
import { Admission, errorEvent } from '../admission.ts';
import { Generation } from './generation.ts';
import type { LoadedModel } from './load-model.ts';
import { PromptRenderer } from './prompt.ts';
import { reusePrefix, SequencePool, type Slot } from './sequence-pool.ts';

const MAX_SEED = 2 ** 32;

/** Sampling as asked and nothing else: no top-k, no penalties. */
const samplingOf = (request: GenerateRequest): SequenceEvaluateOptions => ({
  temperature: request.temperature,
  topP: request.topP,
  topK: 0,
  minP: 0,
  seed: request.seed ?? Math.floor(Math.random() * MAX_SEED),
  yieldEogToken: request.ignoreEos,
});

/**
 * Real inference by llama.cpp. Every running request is one sequence of one context; whatever sequences have work when
 * a step begins are decoded together, so requests join and leave the batch at every token.
 */
export class LlamaEngine implements Engine {
  readonly description: EngineDescription;
  readonly #loaded: LoadedModel;
  readonly #renderer: PromptRenderer;
  readonly #pool: SequencePool;
  readonly #admission: Admission;
  readonly #active = new OpenMap<string, Generation>();
  #waiting: Generation[] = [];
  #orphanOutputTokens = 0;
  #closing: Promise<void> | undefined;

  constructor(loaded: LoadedModel, maxWaiting: number) {
    const { contextTokens, context } = loaded;
    const maxSequences = context.totalSequences;
    this.#loaded = loaded;
    this.#renderer = new PromptRenderer(loaded.model);
    this.#pool = new SequencePool(context);
    this.#admission = new Admission({ contextTokens, maxSequences, maxWaiting });
    this.description = {
      kind: 'llama',
      simulated: false,
      model: loaded.name,
      device: loaded.device,
      version: loaded.version,
      contextTokens,
      maxSequences,
      kvCapacityTokens: contextTokens * maxSequences,
    };
  }

  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent> {
    let generation: Generation | undefined;
    const queue = new EventQueue<GenerateEvent>(() => generation && this.#abort(generation));
    const prompt = this.#renderer.render(request.input);
    if (prompt.kind === 'failed') {
      return refuse(queue, errorEvent({ code: 'INVALID_REQUEST', message: prompt.failure.message }));
    }
    const tokens = { promptTokens: prompt.value.tokens.length, maxOutputTokens: request.maxOutputTokens };
    const refusal = this.#admission.accept(request, tokens);
    if (refusal !== undefined) return refuse(queue, errorEvent(refusal));
    const { model } = this.#loaded;
    generation = new Generation({ request, prompt: prompt.value, queue, model, nowMs: systemClock.nowMs });
    this.#start(generation, signal);
    return queue;
  }

  load(): EngineLoad {
    return {
      runningRequests: this.#pool.busySlots,
      waitingRequests: this.#waiting.length,
      kvTokens: this.#pool.busyTokens,
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
    if (!(await this.#admission.untilIdle(graceMs))) {
      for (const generation of this.#active.values()) this.#abort(generation);
      // Steps under way end by themselves; memory they use must not be freed before.
      await this.#admission.untilIdle(Number.POSITIVE_INFINITY);
    }
    await this.#loaded.context.dispose();
    await this.#loaded.model.dispose();
    await this.#loaded.llama.dispose();
  }

  #start(generation: Generation, signal: AbortSignal): void {
    this.#active.set(generation.requestId, generation);
    generation.accept();
    const onAbort = (): void => this.#abort(generation);
    generation.onEnd(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) {
      this.#abort(generation);
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.push(generation);
    this.#admitWaiting();
  }

  #admitWaiting(): void {
    for (;;) {
      const slot = this.#waiting[0] && this.#pool.take(this.#waiting[0].request.cacheKey);
      const generation = slot && this.#waiting.shift();
      if (slot === undefined || generation === undefined) return;
      void this.#run(generation, slot);
    }
  }

  /** Never rejects: a failure of llama.cpp ends the request with ENGINE_FAILED and its history is not kept. */
  async #run(generation: Generation, slot: Slot): Promise<void> {
    let keptKey = generation.request.cacheKey;
    try {
      generation.admit(this.#pool.busySlots);
      await this.#evaluate(generation, slot);
    } catch (error) {
      keptKey = undefined;
      const message = error instanceof Error ? error.message : String(error);
      generation.fail({ code: 'ENGINE_FAILED', message });
    } finally {
      this.#pool.release(slot, keptKey);
      this.#leave(generation);
      generation.settle();
      this.#admitWaiting();
    }
  }

  async #evaluate(generation: Generation, slot: Slot): Promise<void> {
    const { request, prompt } = generation;
    const { sequence } = slot;
    const cachedTokens = await reusePrefix(slot, prompt.tokens, request.cacheKey);
    generation.reuse(cachedTokens);
    const lastChunk = await this.#prefill(generation, slot, cachedTokens);
    if (generation.ended) return;
    for await (const token of sequence.evaluate(lastChunk, samplingOf(request))) {
      if (generation.ended) {
        this.#orphanOutputTokens++;
        return;
      }
      generation.add(token);
      if (generation.ended) return;
    }
    // The model itself ended its answer.
    generation.finish('stop');
  }

  /** Computes all but the prompt's last chunk, batch by batch so that an abort is noticed between them. */
  async #prefill(generation: Generation, slot: Slot, from: number) {
    const { tokens } = generation.prompt;
    const { batchSize } = this.#loaded.context;
    let at = from;
    while (tokens.length - at > batchSize && !generation.ended) {
      await slot.sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(at, at + batchSize));
      at += batchSize;
    }
    return tokens.slice(at);
  }

  #abort(generation: Generation): void {
    if (generation.ended) return;
    this.#orphanOutputTokens += generation.unreadTokens;
    generation.finish('abort');
    generation.settle();
    if (!this.#waiting.includes(generation)) {
      if (!generation.admitted) this.#leave(generation);
      return;
    }
    this.#waiting = this.#waiting.filter((other) => other !== generation);
    this.#leave(generation);
  }

  #leave(generation: Generation): void {
    this.#active.delete(generation.requestId);
    this.#admission.release(generation.requestId);
  }
}

function refuse(queue: EventQueue<GenerateEvent>, event: GenerateEvent): EventQueue<GenerateEvent> {
  queue.push(event);
  queue.end();
  return queue;
}
