import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  dropOlderHalf,
  estimatePromptTokens,
  fitHistory,
  tokensPerCharFrom,
} from '../../../runtime/dialog/context-window.ts';
import type { CompletionMessage } from '../../../runtime/llm/provider.ts';

const turnsOf = (lengths: readonly number[]): CompletionMessage[] =>
  lengths.flatMap((chars, index) => [
    { role: 'user' as const, content: `${index}`.padEnd(chars, 'x') },
    { role: 'assistant' as const, content: 'y'.repeat(chars) },
  ]);

it('keeps the longest run of newest turns that fits: one more would not', () => {
  const budget = fc.record({
    contextTokens: fc.integer({ min: 50, max: 2000 }),
    maxOutputTokens: fc.integer({ min: 1, max: 40 }),
    tokensPerChar: fc.option(fc.double({ min: 0.05, max: 2, noNaN: true }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 12 }), budget, (lengths, limits) => {
      const history = turnsOf(lengths);
      const fixed: CompletionMessage[] = [{ role: 'user', content: 'now' }];
      const kept = fitHistory(history, fixed, limits);
      const room = limits.contextTokens - limits.maxOutputTokens;
      const tokensOf = (messages: readonly CompletionMessage[]) =>
        estimatePromptTokens([...fixed, ...messages], limits.tokensPerChar);
      expect(kept).toEqual(history.slice(history.length - kept.length));
      expect(kept.length % 2).toBe(0);
      if (kept.length > 0) expect(tokensOf(kept)).toBeLessThanOrEqual(room);
      if (kept.length < history.length) {
        expect(tokensOf(history.slice(history.length - kept.length - 2))).toBeGreaterThan(room);
      }
    }),
    { seed: 4 },
  );
});

it('learns the ratio from what an engine counted', () => {
  expect(tokensPerCharFrom([{ role: 'user', content: 'x'.repeat(100) }], 25)).toBe(0.25);
  expect(tokensPerCharFrom([], 25)).toBeUndefined();
  expect(tokensPerCharFrom([{ role: 'user', content: 'x' }], 0)).toBeUndefined();
});

it.each([
  [1, 0],
  [2, 1],
  [3, 1],
  [8, 4],
])('of %i turns the older half goes and %i stay', (turns, stay) => {
  const history = turnsOf(Array.from({ length: turns }, () => 5));
  expect(dropOlderHalf(history)).toEqual(history.slice(history.length - stay * 2));
});
