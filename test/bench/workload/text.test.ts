import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeText, countWords } from '../../../bench/workload/text.ts';
import { createRandom } from '../../../vocabulary/random.ts';

describe('composed text', () => {
  it('has exactly the words asked for, single spaced, whatever the length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_000 }), fc.nat(), (words, seed) => {
        const text = composeText('customer', words, createRandom(seed));
        expect(text === '' ? 0 : text.split(' ').length).toBe(words);
        expect(countWords(text)).toBe(words);
      }),
      { numRuns: 50 },
    );
  });

  it('is the same for the same stream and differs between voices', () => {
    const say = (voice: 'customer' | 'agent', seed: number): string =>
      composeText(voice, 30, createRandom(seed));
    expect(say('customer', 1)).toBe(say('customer', 1));
    expect(say('customer', 1)).not.toBe(say('customer', 2));
    expect(say('customer', 1)).not.toBe(say('agent', 1));
  });
});
