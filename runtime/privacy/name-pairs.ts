import { COMMON_WORDS } from './common-words.ts';
import { BEFORE_THINGS, GERMAN_WORDS, NOT_PERSONS } from './not-persons.ts';
import type { PiiSpan } from './spans.ts';
import type { Word } from './words.ts';

const MAX_RUN_WORDS = 5;
const MAX_NAME_WORDS = 4;

/** `Anna`, not `ANNA` and not `iPhone`. */
function isTitleCase(text: string, word: Word): boolean {
  if (!word.isCapitalised || word.end - word.start < 2) return false;
  const second = text.charAt(word.start + 1);
  return second === second.toLowerCase() && second !== second.toUpperCase();
}

const isIn = (text: string, word: Word | undefined): word is Word =>
  word !== undefined && isTitleCase(text, word) && !COMMON_WORDS.has(word.lower);

/** How many capitalised words that are no common ones stand from `at` on, one space between two. */
function countRun(text: string, words: readonly Word[], at: number): number {
  let count = 0;
  while (count <= MAX_RUN_WORDS) {
    const word = words[at + count];
    const before = words[at + count - 1];
    if (!isIn(text, word)) break;
    if (
      count > 0 &&
      (before === undefined || word.start - before.end !== 1 || text.charAt(before.end) !== ' ')
    )
      break;
    count++;
  }
  return count;
}

function isPersonRun(words: readonly Word[], at: number, count: number): boolean {
  if (count < 2 || count > MAX_NAME_WORDS || BEFORE_THINGS.has(words[at - 1]?.lower ?? '')) return false;
  const things = words.slice(at, at + count).filter((word) => NOT_PERSONS.has(word.lower)).length;
  return things === 0;
}

const DIGIT_NEXT = /^[ -]?[0-9]/;

/** Two to four capitalised words side by side that no list knows as common, a place, a firm or a product. Not in German. */
export function findNamePairs(text: string, words: readonly Word[]): readonly PiiSpan[] {
  const spans: PiiSpan[] = [];
  let isGerman: boolean | undefined;
  for (let at = 0; at < words.length; at++) {
    const first = words[at];
    if (first === undefined || !first.isCapitalised) continue;
    if (words[at + 1]?.isCapitalised !== true) continue;
    const count = countRun(text, words, at);
    if (isPersonRun(words, at, count)) {
      isGerman ??= words.some((word) => GERMAN_WORDS.has(word.lower));
      if (isGerman) return [];
      const end = words[at + count - 1]?.end ?? first.end;
      if (!DIGIT_NEXT.test(text.slice(end, end + 2))) spans.push({ start: first.start, end, kind: 'name' });
    }
    at += Math.max(0, count - 1);
  }
  return spans;
}

const SPELT = /(?<![\p{L}\p{N}-])\p{Lu}(?:-\p{Lu}){2,24}(?![\p{L}\p{N}-])/u;
const MIN_LETTERS = 4;
const SPELLING = /spel|name|buchstab|épel|deletre|nom\b/i;

/** `S-M-I-T-H`; the word reader takes it for one word. */
export function findSpeltNames(text: string, words: readonly Word[]): readonly PiiSpan[] {
  return words
    .filter((word) => word.lower.charAt(1) === '-' && SPELT.test(text.slice(word.start, word.end)))
    .filter((word) => (word.end - word.start + 1) / 2 >= MIN_LETTERS || SPELLING.test(text))
    .map(({ start, end }) => ({ start, end, kind: 'name' as const }));
}
