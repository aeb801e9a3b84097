import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isTooDeep } from '../../../runtime/gateway/json-body.ts';

/** Depth of a parsed value, by recursion: the oracle of the byte scanner. */
function depthOf(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

it('finds the depth of any JSON text, brackets and quotes within strings notwithstanding', () => {
  const text = fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', 'a', 'é') });
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      text,
      fc.integer(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(text, tie('value'), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(value, fc.integer({ min: 0, max: 8 }), (data, maxDepth) => {
      const bytes = Buffer.from(JSON.stringify(data));
      expect(isTooDeep(bytes, maxDepth)).toBe(depthOf(data) > maxDepth);
    }),
    { seed: 8, numRuns: 500 },
  );
});

it('survives bytes that are not JSON', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(typeof isTooDeep(bytes, 3)).toBe('boolean');
    }),
    { seed: 9, numRuns: 500 },
  );
  expect(isTooDeep(Buffer.from('"never closed [[[[[['), 2)).toBe(false);
  expect(isTooDeep(Buffer.from(']]]]]][[['), 2)).toBe(false);
});
