/** What a sequence was given: blocks for its whole life, and how many prompt tokens it need not compute. */
export interface KvGrant {
  readonly blocks: number;
  readonly cachedTokens: number;
}

interface Entry {
  readonly tokens: readonly number[];
  readonly blocks: number;
}

/**
 * Blocks of keys and values, handed out whole, and the finished sequences that are kept as prefixes: one per cache
 * key, the least recently used dropped first when blocks are needed. A kept prefix is taken over by the next request
 * with its key, so a second request running with that key at the same time finds none.
 */
export class KvCache {
  readonly #capacityBlocks: number;
  readonly #blockTokens: number;
  readonly #entries = new Map<string, Entry>();
  #heldBlocks = 0;
  #cachedBlocks = 0;

  constructor(capacityTokens: number, blockTokens: number) {
    this.#blockTokens = blockTokens;
    this.#capacityBlocks = Math.floor(capacityTokens / blockTokens);
  }

  /** Blocks held by running sequences, without those that only serve as prefixes. */
  get heldBlocks(): number {
    return this.#heldBlocks;
  }

  get cachedBlocks(): number {
    return this.#cachedBlocks;
  }

  /** Whether a sequence of that many tokens fits an empty cache. */
  canEverHold(tokens: number): boolean {
    return this.#blocksOf(tokens) <= this.#capacityBlocks;
  }

  /** Blocks for prompt and answer together, or undefined while running sequences hold too many. */
  take(prompt: readonly number[], outputTokens: number, cacheKey: string | undefined): KvGrant | undefined {
    const blocks = this.#blocksOf(prompt.length + outputTokens);
    if (this.#heldBlocks + blocks > this.#capacityBlocks) return undefined;
    const cachedTokens = this.#takePrefix(prompt, cacheKey);
    this.#evictDownTo(this.#capacityBlocks - this.#heldBlocks - blocks);
    this.#heldBlocks += blocks;
    return { blocks, cachedTokens };
  }

  /** Gives the blocks back; with a key, full blocks of `tokens` stay as a prefix for its next request. */
  release(grant: KvGrant, tokens: readonly number[], cacheKey: string | undefined): void {
    this.#heldBlocks -= grant.blocks;
    if (cacheKey === undefined) return;
    const blocks = Math.floor(tokens.length / this.#blockTokens);
    if (blocks === 0) return;
    this.#drop(cacheKey);
    this.#entries.set(cacheKey, { tokens: tokens.slice(0, blocks * this.#blockTokens), blocks });
    this.#cachedBlocks += blocks;
    this.#evictDownTo(this.#capacityBlocks - this.#heldBlocks);
  }

  #blocksOf(tokens: number): number {
    return Math.ceil(tokens / this.#blockTokens);
  }

  /** Whole blocks shared with the kept prefix; the last prompt token is always computed. */
  #takePrefix(prompt: readonly number[], cacheKey: string | undefined): number {
    const entry = cacheKey === undefined ? undefined : this.#entries.get(cacheKey);
    if (entry === undefined || cacheKey === undefined) return 0;
    const limit = Math.min(entry.tokens.length, prompt.length - 1);
    let shared = 0;
    while (shared < limit && entry.tokens[shared] === prompt[shared]) shared++;
    this.#drop(cacheKey);
    return shared - (shared % this.#blockTokens);
  }

  #drop(cacheKey: string): void {
    this.#cachedBlocks -= this.#entries.get(cacheKey)?.blocks ?? 0;
    this.#entries.delete(cacheKey);
  }

  #evictDownTo(blocks: number): void {
    for (const key of this.#entries.keys()) {
      if (this.#cachedBlocks <= blocks) return;
      this.#drop(key);
    }
  }
}
