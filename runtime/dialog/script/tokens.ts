/** Longer messages are classified by their beginning; keeps the cost of one turn bounded. */
const MAX_SCANNED_CHARS = 2000;
const WORDS = /[\p{L}\p{N}]+/gu;

/** What a script's patterns and phrases see of a message. */
export const scanned = (text: string): string => text.slice(0, MAX_SCANNED_CHARS);

/** Words in lower case; apostrophes join (`don't` is `dont`), everything else separates. */
export const wordsOf = (text: string): string[] =>
  scanned(text).toLowerCase().replaceAll(/['’]/g, '').match(WORDS) ?? [];

/** The words with one space between and around them, for finding whole phrases with `includes`. */
export const paddedWords = (text: string): string => ` ${wordsOf(text).join(' ')} `;

/** Phrases in the form in which {@link paddedWords} holds them. */
export const phraseKeys = (phrases: readonly string[]): readonly string[] =>
  phrases.map(paddedWords).filter((key) => key.trim() !== '');

const MIN_STEM_CHARS = 3;

/** A light English stem: endings that tell no intents apart are cut. */
export function stemOf(word: string): string {
  for (const ending of ['ings', 'ing', 'ies', 'ied', 'ed', 'es', 's', 'e', 'y']) {
    if (word.endsWith(ending) && word.length - ending.length >= MIN_STEM_CHARS) {
      return word.slice(0, -ending.length);
    }
  }
  return word;
}
