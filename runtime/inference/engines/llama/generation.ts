import type { LlamaModel, Token } from 'node-llama-cpp';
import type { GenerateEvent, GenerateRequest, GenerateTimings } from '../../contract.ts';
import type { EventQueue } from '../../event-queue.ts';
import { errorEvent, type Refusal } from '../admission.ts';
import { StopMatcher } from '../stop-strings.ts';
import type { Prompt } from './prompt.ts';
import { TokenText } from './token-text.ts';

export interface GenerationParts {
  readonly request: GenerateRequest;
  readonly prompt: Prompt;
  readonly queue: EventQueue<GenerateEvent>;
  readonly model: LlamaModel;
  readonly nowMs: () => number;
}

/** One accepted request: its text so far, its clock readings, and its events until the one that ends it. */
export class Generation {
  readonly request: GenerateRequest;
  readonly prompt: Prompt;
  readonly #queue: EventQueue<GenerateEvent>;
  readonly #nowMs: () => number;
  readonly #arrivedAtMs: number;
  readonly #text: TokenText;
  readonly #stops: StopMatcher;
  #trimsSpace: boolean;
  #admittedAtMs: number | undefined;
  #firstTokenAtMs: number | undefined;
  #lastTokenAtMs = 0;
  #batchSequences = 0;
  #cachedPromptTokens = 0;
  #outputTokens = 0;
  #terminal: GenerateEvent | undefined;
  #onEnd: () => void = () => {};

  constructor({ request, prompt, queue, model, nowMs }: GenerationParts) {
    this.request = request;
    this.prompt = prompt;
    this.#queue = queue;
    this.#nowMs = nowMs;
    this.#arrivedAtMs = nowMs();
    this.#text = new TokenText(model, prompt.tokens);
    // Measuring asks for an exact count, so the chat format's own end does not count; the caller's stops do.
    this.#stops = new StopMatcher([...request.stop, ...(request.ignoreEos ? [] : prompt.stops)]);
    this.#trimsSpace = prompt.trimsFirstSpace;
  }

  get requestId(): string {
    return this.request.requestId;
  }

  /** How it ends is decided; `settle` says so to the reader. */
  get ended(): boolean {
    return this.#terminal !== undefined;
  }

  get admitted(): boolean {
    return this.#admittedAtMs !== undefined;
  }

  /** Generated and not read. Only chunks are ever unread behind the prompt event. */
  get unreadTokens(): number {
    return Math.min(this.#queue.unread, this.#outputTokens);
  }

  onEnd(callback: () => void): void {
    this.#onEnd = callback;
  }

  accept(): void {
    this.#queue.push({ kind: 'prompt', promptTokens: this.prompt.tokens.length });
  }

  admit(batchSequences: number): void {
    this.#admittedAtMs = this.#nowMs();
    this.#batchSequences = batchSequences;
  }

  reuse(cachedPromptTokens: number): void {
    this.#cachedPromptTokens = cachedPromptTokens;
  }

  /** A token came: its text goes out, and the request ends when a stop string or the length is reached. */
  add(token: Token): void {
    this.#lastTokenAtMs = this.#nowMs();
    this.#firstTokenAtMs ??= this.#lastTokenAtMs;
    this.#outputTokens++;
    const reading = this.#stops.add(this.#trimmed(this.#text.add(token)));
    const full = this.#outputTokens >= this.request.maxOutputTokens;
    const rest = full && !reading.stopped ? this.#flush() : '';
    this.#queue.push({ kind: 'chunk', text: reading.text + rest, tokenIds: [token] });
    if (reading.stopped) this.finish('stop');
    else if (full) this.finish('length');
  }

  finish(reason: 'stop' | 'length' | 'abort'): void {
    if (this.ended) return;
    const rest = reason === 'stop' ? this.#flush() : '';
    if (rest !== '') this.#queue.push({ kind: 'chunk', text: rest, tokenIds: [] });
    const outputTokens = this.#outputTokens;
    this.#end({ kind: 'finish', reason, outputTokens, timings: this.#timings() });
  }

  fail(refusal: Refusal): void {
    if (!this.ended) this.#end(errorEvent(refusal));
  }

  /** Sends the terminal event. Called when the request's place is free again, so that a next turn finds it so. */
  settle(): void {
    if (this.#terminal !== undefined) this.#queue.push(this.#terminal);
    this.#queue.end();
  }

  #end(event: GenerateEvent): void {
    this.#terminal = event;
    this.#onEnd();
  }

  #timings(): GenerateTimings {
    const nowMs = this.#nowMs();
    const admittedAtMs = this.#admittedAtMs ?? nowMs;
    const firstTokenAtMs = this.#firstTokenAtMs ?? nowMs;
    return {
      queueWaitMs: admittedAtMs - this.#arrivedAtMs,
      prefillMs: firstTokenAtMs - admittedAtMs,
      decodeMs: Math.max(0, this.#lastTokenAtMs - firstTokenAtMs),
      batchSequences: this.#batchSequences,
      cachedPromptTokens: this.#cachedPromptTokens,
    };
  }

  /** Text held for an unfinished character or a stop string that did not come. */
  #flush(): string {
    const reading = this.#stops.add(this.#trimmed(this.#text.flush()));
    return reading.stopped ? reading.text : reading.text + this.#stops.flush();
  }

  #trimmed(text: string): string {
    if (!this.#trimsSpace || text === '') return text;
    this.#trimsSpace = false;
    return text.startsWith(' ') ? text.slice(1) : text;
  }
}
