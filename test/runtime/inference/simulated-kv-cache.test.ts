import { describe, expect, it } from 'vitest';
import { KvCache } from '../../../runtime/inference/engines/simulated/kv-cache.ts';

const tokens = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i);

describe('the simulated KV cache', () => {
  it('hands out whole blocks and refuses beyond its capacity', () => {
    const cache = new KvCache(64, 16);
    expect(cache.canEverHold(64)).toBe(true);
    expect(cache.canEverHold(65)).toBe(false);
    const first = cache.take(tokens(17), 1, undefined);
    expect(first).toEqual({ blocks: 2, cachedTokens: 0 });
    expect(cache.take(tokens(33), 0, undefined)).toBeUndefined();
    expect(cache.take(tokens(16), 16, undefined)?.blocks).toBe(2);
    expect(cache.heldBlocks).toBe(4);
  });

  it('keeps full blocks under the key and finds what a longer prompt shares, in whole blocks', () => {
    const cache = new KvCache(1024, 16);
    const grant = cache.take(tokens(40), 10, 'a');
    if (grant === undefined) throw new Error('no room');
    cache.release(grant, tokens(50), 'a');
    expect(cache.cachedBlocks).toBe(3);
    expect(cache.take(tokens(80), 1, 'b')?.cachedTokens).toBe(0);
    expect(cache.take(tokens(80), 1, 'a')?.cachedTokens).toBe(48);
    // Taken over: a second request with the key finds nothing.
    expect(cache.take(tokens(80), 1, 'a')?.cachedTokens).toBe(0);
  });

  it('does not use a prefix that differs, nor the last token of the prompt', () => {
    const cache = new KvCache(1024, 16);
    const keep = (prompt: number[]): void => {
      const grant = cache.take(prompt, 0, 'k');
      if (grant !== undefined) cache.release(grant, prompt, 'k');
    };
    keep(tokens(64));
    expect(cache.take(tokens(64, 1000), 1, 'k')?.cachedTokens).toBe(0);
    keep(tokens(64));
    expect(cache.take(tokens(64), 1, 'k')?.cachedTokens).toBe(48);
  });

  it('drops the least recently used prefix when running sequences need its blocks', () => {
    const cache = new KvCache(96, 16);
    for (const key of ['old', 'new']) {
      const grant = cache.take(tokens(32), 0, key);
      if (grant !== undefined) cache.release(grant, tokens(32), key);
    }
    expect(cache.take(tokens(48), 0, undefined)?.blocks).toBe(3);
    expect(cache.cachedBlocks).toBe(2);
    expect(cache.take(tokens(33), 0, 'new')?.cachedTokens).toBe(32);
  });
});
