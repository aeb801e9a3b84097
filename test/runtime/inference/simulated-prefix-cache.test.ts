import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KvCache, type KvGrant } from '../../../runtime/inference/engines/simulated/kv-cache.ts';
import { Scheduler, type SchedulerLimits } from '../../../runtime/inference/engines/simulated/scheduler.ts';
import { limitsOf } from './virtual-schedule.ts';

const BLOCK = 16;

/** Runs one request alone to its end; what it computed and what its timings say. */
function runAlone(scheduler: Scheduler, job: { prompt: number[]; output: number[]; cacheKey?: string }) {
  scheduler.submit({ id: 'x', arrivedAtMs: 0, ...job });
  let [atMs, prefillTokens] = [0, 0];
  for (;;) {
    const step = scheduler.begin(atMs);
    if (step.kind === 'idle') throw new Error('nothing to run');
    atMs = step.endsAtMs;
    prefillTokens += step.prefillTokens;
    const timings = scheduler.finish(atMs).at(-1)?.timings;
    if (timings !== undefined) return { prefillTokens, timings };
  }
}

const upTo = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i);
const limits = (changes: Partial<SchedulerLimits> = {}) => limitsOf({ kvBlockTokens: BLOCK, ...changes });

describe('a kept history', () => {
  it('saves exactly the tokens it says, turn after turn, in whole blocks of what was held', () => {
    const scheduler = new Scheduler(limits());
    let history: number[] = [];
    let heldTokens = 0;
    for (let turn = 0; turn < 12; turn++) {
      const prompt = [...history, ...upTo(21, 1000 * turn)];
      const output = upTo(13, 1000 * turn + 500);
      const { prefillTokens, timings } = runAlone(scheduler, { prompt, output, cacheKey: 'k' });
      expect(timings.cachedPromptTokens).toBe(heldTokens - (heldTokens % BLOCK));
      expect(prefillTokens).toBe(prompt.length - timings.cachedPromptTokens);
      history = [...prompt, ...output];
      // The last token of an answer was never put in.
      heldTokens = history.length - 1;
    }
  });

  it.each([
    ['another key', 'other', 0],
    ['no key', undefined, 0],
    ['the same key', 'k', 96],
  ] as const)('is found by %s: %s saves %i tokens', (_what, cacheKey, saved) => {
    const scheduler = new Scheduler(limits());
    runAlone(scheduler, { prompt: upTo(100), output: [1, 2], cacheKey: 'k' });
    const job = { prompt: upTo(100), output: [1], ...(cacheKey === undefined ? {} : { cacheKey }) };
    expect(runAlone(scheduler, job).timings.cachedPromptTokens).toBe(saved);
  });

  it('serves only up to the first token that differs', () => {
    const scheduler = new Scheduler(limits());
    runAlone(scheduler, { prompt: upTo(100), output: [1, 2], cacheKey: 'k' });
    const changed = upTo(100).map((token, i) => (i === 50 ? -1 : token));
    const { prefillTokens, timings } = runAlone(scheduler, { prompt: changed, output: [1], cacheKey: 'k' });
    expect(timings.cachedPromptTokens).toBe(48);
    expect(prefillTokens).toBe(52);
  });

  it('never saves the whole prompt: its last token must be computed to make the next', () => {
    const scheduler = new Scheduler(limits());
    runAlone(scheduler, { prompt: upTo(64), output: [1, 2], cacheKey: 'k' });
    expect(runAlone(scheduler, { prompt: upTo(64), output: [1], cacheKey: 'k' })).toMatchObject({
      prefillTokens: 16,
      timings: { cachedPromptTokens: 48 },
    });
  });

  it('of an aborted request is what it had computed', () => {
    const scheduler = new Scheduler(limits({ maxStepTokens: 40 }));
    scheduler.submit({ id: 'a', prompt: upTo(200), output: [1], cacheKey: 'k', arrivedAtMs: 0 });
    const step = scheduler.begin(0);
    if (step.kind === 'step') scheduler.finish(step.endsAtMs);
    scheduler.abort('a', 100);
    const { timings } = runAlone(scheduler, { prompt: upTo(200), output: [1], cacheKey: 'k' });
    expect(timings.cachedPromptTokens).toBe(32);
  });
});

/** The cache as its description has it, in the plainest form: lists of whole prefixes, searched from the start. */
class PlainCache {
  kept: { key: string; tokens: number[] }[] = [];
  held = 0;
  readonly #blocks: number;

  constructor(blocks: number) {
    this.#blocks = blocks;
  }

  take(
    prompt: number[],
    outputTokens: number,
    key: string,
  ): { blocks: number; cachedTokens: number } | undefined {
    const blocks = Math.ceil((prompt.length + outputTokens) / BLOCK);
    if (this.held + blocks > this.#blocks) return undefined;
    const entry = this.kept.find((other) => other.key === key)?.tokens ?? [];
    this.kept = this.kept.filter((other) => other.key !== key);
    let cachedTokens = 0;
    for (let end = BLOCK; end <= Math.min(entry.length, prompt.length - 1); end += BLOCK) {
      if (entry.slice(0, end).join() === prompt.slice(0, end).join()) cachedTokens = end;
    }
    this.held += blocks;
    this.#evict();
    return { blocks, cachedTokens };
  }

  release(blocks: number, tokens: number[], key: string): void {
    this.held -= blocks;
    const whole = tokens.slice(0, tokens.length - (tokens.length % BLOCK));
    if (whole.length === 0) return;
    this.kept = [...this.kept.filter((other) => other.key !== key), { key, tokens: whole }];
    this.#evict();
  }

  get keptBlocks(): number {
    return this.kept.reduce((sum, { tokens }) => sum + tokens.length / BLOCK, 0);
  }

  #evict(): void {
    while (this.keptBlocks > this.#blocks - this.held) this.kept.shift();
  }
}

const operation = fc.oneof(
  fc.record({
    kind: fc.constant('take' as const),
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    promptTokens: fc.integer({ min: 1, max: 120 }),
    outputTokens: fc.integer({ min: 1, max: 40 }),
    // Where this prompt departs from the history that all share.
    departsAt: fc.integer({ min: 0, max: 120 }),
  }),
  fc.record({ kind: fc.constant('release' as const), pick: fc.nat({ max: 10 }) }),
);

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

interface Held {
  readonly grant: KvGrant;
  readonly key: string;
  readonly tokens: number[];
}

/** Both caches through the same operations, compared after each. */
class Pair {
  readonly #cache = new KvCache(20 * BLOCK, BLOCK);
  readonly #plain = new PlainCache(20);
  readonly #held: Held[] = [];

  apply(op: Operation, n: number): void {
    if (op.kind === 'take') this.#take(op, n);
    else this.#release(op.pick);
    const { heldBlocks, cachedBlocks } = this.#cache;
    expect([heldBlocks, cachedBlocks]).toEqual([this.#plain.held, this.#plain.keptBlocks]);
    expect(heldBlocks + cachedBlocks).toBeLessThanOrEqual(20);
  }

  #take(op: Extract<Operation, { kind: 'take' }>, n: number): void {
    const prompt = upTo(op.promptTokens).map((token) => (token < op.departsAt ? token : 1000 * n + token));
    const grant = this.#cache.take(prompt, op.outputTokens, op.key);
    expect(grant).toEqual(this.#plain.take(prompt, op.outputTokens, op.key));
    if (grant !== undefined) this.#held.push({ grant, key: op.key, tokens: prompt });
  }

  #release(pick: number): void {
    const [done] = this.#held.splice(pick % Math.max(1, this.#held.length), 1);
    if (done === undefined) return;
    this.#cache.release(done.grant, done.tokens, done.key);
    this.#plain.release(done.grant.blocks, done.tokens, done.key);
  }
}

describe('the least recently used history goes first', () => {
  it('in any order of takes and releases, as a plain list says', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const pair = new Pair();
        for (const [n, op] of operations.entries()) pair.apply(op, n);
      }),
      { numRuns: 300 },
    );
  });

  it('a history used again outlives one that was not', () => {
    // Room for three histories of two blocks, and two blocks to run in.
    const scheduler = new Scheduler(limits({ kvCapacityTokens: 8 * BLOCK + BLOCK }));
    const ask = (key: string): number => {
      const prompt = upTo(2 * BLOCK + 1, key.charCodeAt(0) * 100);
      return runAlone(scheduler, { prompt, output: [7], cacheKey: key }).timings.cachedPromptTokens;
    };
    for (const key of ['a', 'b', 'c']) expect(ask(key)).toBe(0);
    expect(ask('a')).toBe(2 * BLOCK);
    expect(ask('d')).toBe(0);
    // Five histories do not fit: b was used least recently.
    expect(ask('a')).toBe(2 * BLOCK);
    expect(ask('e')).toBe(0);
    expect(ask('b')).toBe(0);
    expect(ask('a')).toBe(2 * BLOCK);
  });
});
