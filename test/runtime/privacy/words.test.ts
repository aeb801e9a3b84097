import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countWordsBefore, readWords } from '../../../runtime/privacy/words.ts';

const EXPRESSION = /[\p{L}\p{M}]+(?:['-][\p{L}\p{M}]+)*/gu;
const piece = fc.oneof(
  fc.constantFrom(
    "'",
    '-',
    ' ',
    "'s",
    'Ä',
    'ß',
    'é',
    'Евсеев',
    '山本',
    'राहुल',
    'iPhone',
    '7',
    '𝐀',
    '\n',
    '--',
  ),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);

describe('words', () => {
  it('are those that the expression finds, in every script', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = pieces.join('');
        const expected = [...text.matchAll(EXPRESSION)].map((match) => [
          match.index,
          match[0].toLowerCase(),
          /^\p{Lu}/u.test(match[0]),
        ]);
        expect(
          readWords(text).map(({ start, lower, isCapitalised }) => [start, lower, isCapitalised]),
        ).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('are placeholders with their brackets, and nothing of them is read', () => {
    expect(readWords('Hi [name], [other]')).toEqual([
      { start: 0, end: 2, lower: 'hi', isCapitalised: true },
      { start: 3, end: 9, lower: '', isCapitalised: false },
      { start: 12, end: 17, lower: 'other', isCapitalised: false },
    ]);
  });

  it('are counted before a place', () => {
    const words = readWords('one two three');
    expect([0, 1, 4, 5, 99].map((place) => countWordsBefore(words, place))).toEqual([0, 1, 1, 2, 3]);
  });
});
