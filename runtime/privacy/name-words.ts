import { COMMON_WORDS } from './common-words.ts';
import { FIRST_NAMES, WORDS_IN_LOWER_CASE } from './first-names.ts';
import { MORE_FIRST_NAMES } from './more-first-names.ts';
import type { Word } from './words.ts';

/** A word that is no name whatever stands before it. */
export const isCommon = (word: Word): boolean => COMMON_WORDS.has(word.lower);

/** `Anna's` names Anna too, and `Anna-Lena` begins with her. */
export function isFirstName(word: Word): boolean {
  if (FIRST_NAMES.has(word.lower)) return word.isCapitalised || !WORDS_IN_LOWER_CASE.has(word.lower);
  if (!word.isCapitalised && word.lower.indexOf('-') < 0 && word.lower.indexOf("'") < 0) return false;
  const base = word.lower.endsWith("'s") ? word.lower.slice(0, -2) : word.lower;
  if (word.isCapitalised && MORE_FIRST_NAMES.has(base)) return true;
  const dash = base.indexOf('-');
  const name = dash < 0 || FIRST_NAMES.has(base) ? base : base.slice(0, dash);
  return FIRST_NAMES.has(name) && (word.isCapitalised || !WORDS_IN_LOWER_CASE.has(name));
}

/** Capitalised and not common. */
export const isNamePart = (word: Word): boolean => word.isCapitalised && !isCommon(word);
/** `J` of `J. Smith`. */
export const isInitial = (word: Word): boolean =>
  word.isCapitalised && word.end - word.start === 1 && word.lower !== 'i';
