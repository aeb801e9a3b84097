import { createHash } from 'node:crypto';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Answerer } from './chain-events.ts';
import type { CompletionRequest, TokenUsage } from './provider.ts';

export interface CacheOptions {
  readonly maxEntries: number;
  /** Of the kept texts in UTF-16 and a fixed share per entry. */
  readonly maxBytes: number;
  readonly ttlMs: number;
}

/** A whole answer, kept. */
export interface KeptAnswer {
  readonly text: string;
  readonly reason: 'stop' | 'length';
  readonly usage: TokenUsage;
  readonly answerer: Answerer;
}

interface Entry {
  readonly kept: KeptAnswer;
  readonly bytes: number;
  readonly untilMs: number;
}

/** Key, map slot and records around a text. */
const BYTES_PER_ENTRY = 512;
const BYTES_PER_CHAR = 2;

/**
 * Whole answers by the exact request, per tenant, least recently used out first. Only requests whose answer is meant to
 * be the same each time are kept: greedy ones and seeded ones. A sampled answer given twice would be a change of
 * behaviour that nobody asked for.
 */
export class AnswerCache {
  readonly #options: CacheOptions;
  readonly #clock: Clock;
  /** What decides on the answer beside the request: the providers and models of the chain, in order. */
  readonly #chainId: string;
  /** A Map keeps insertion order: the first is the least recently used. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(options: CacheOptions, chainId: string, clock: Clock) {
    this.#options = options;
    this.#chainId = chainId;
    this.#clock = clock;
  }

  get entries(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The key of a request, or undefined when its answer is not for keeping. */
  keyOf(request: CompletionRequest): string | undefined {
    const isRepeatable = request.temperature === 0 || request.seed !== undefined;
    if (!isRepeatable || request.ignoreEos || request.cacheable === false) return undefined;
    const { tenant, messages, maxOutputTokens, temperature, topP, seed, stop } = request;
    const parts = [tenant, this.#chainId, maxOutputTokens, temperature, topP, seed ?? null, stop, messages];
    // JSON keeps the parts apart: no two requests write the same text. Messages hold role and content only.
    return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
  }

  get(key: string): KeptAnswer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#drop(key, entry);
    if (entry.untilMs <= this.#clock.nowMs()) return undefined;
    this.#insert(key, entry);
    return entry.kept;
  }

  set(key: string, kept: KeptAnswer): void {
    const bytes = kept.text.length * BYTES_PER_CHAR + BYTES_PER_ENTRY;
    if (bytes > this.#options.maxBytes) return;
    const earlier = this.#entries.get(key);
    if (earlier !== undefined) this.#drop(key, earlier);
    this.#insert(key, { kept, bytes, untilMs: this.#clock.nowMs() + this.#options.ttlMs });
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.#options.maxEntries && this.#bytes <= this.#options.maxBytes) return;
      this.#drop(oldest, entry);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #insert(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
