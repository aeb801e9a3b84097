import { PII_KINDS } from './redactor.ts';

/** One word of a text: letters with inner apostrophes and hyphens. A placeholder, `[name]`, is a word with its brackets. */
export interface Word {
  readonly start: number;
  readonly end: number;
  readonly lower: string;
  readonly isCapitalised: boolean;
}

const WORD = /[\p{L}\p{M}]+(?:['-][\p{L}\p{M}]+)*/gu;
const LETTER_FORM = /^[\p{L}\p{M}]$/u;
const UPPER = /^\p{Lu}/u;

const PLACEHOLDERS: ReadonlySet<string> = new Set(PII_KINDS.map((kind) => `[${kind}]`));

/** What was replaced before says nothing about what is around it. */
function isPlaceholder(text: string, start: number, end: number): boolean {
  return (
    text.charAt(start - 1) === '[' &&
    text.charAt(end) === ']' &&
    PLACEHOLDERS.has(text.slice(start - 1, end + 1))
  );
}

/** What a code unit is, by its number; 0 where it was not asked for yet. */
const KINDS = new Uint8Array(0x10000);
const OTHER = 1;
const LETTER = 2;
const CAPITAL = 4;

function kindOf(code: number): number {
  const known = KINDS[code] ?? OTHER;
  if (known !== 0) return known;
  const character = String.fromCharCode(code);
  const letter = LETTER_FORM.test(character) ? LETTER : OTHER;
  const kind = UPPER.test(character) ? letter | CAPITAL : letter;
  KINDS[code] = kind;
  return kind;
}

const APOSTROPHE = 0x27;
const HYPHEN = 0x2d;
const isJoint = (code: number): boolean => code === APOSTROPHE || code === HYPHEN;

interface WordEnd {
  readonly end: number;
  readonly hasCapital: boolean;
}

/** The end of the word that begins at `start`. */
function readWordAt(text: string, start: number): WordEnd {
  let end = start;
  let kinds = 0;
  for (;;) {
    const code = text.charCodeAt(end);
    const kind = kindOf(code);
    if ((kind & LETTER) !== 0) kinds |= kind;
    else if (end === start || !isJoint(code) || (kindOf(text.charCodeAt(end + 1)) & LETTER) === 0)
      return { end, hasCapital: (kinds & CAPITAL) !== 0 };
    end++;
  }
}

function wordAt(text: string, start: number, { end, hasCapital }: WordEnd): Word {
  if (isPlaceholder(text, start, end))
    return { start: start - 1, end: end + 1, lower: '', isCapitalised: false };
  const word = text.slice(start, end);
  const isCapitalised = hasCapital && (kindOf(text.charCodeAt(start)) & CAPITAL) !== 0;
  return { start, end, lower: hasCapital ? word.toLowerCase() : word, isCapitalised };
}

/** Several times faster than the expression, and finds the same where no letter takes two code units. */
function readPlainWords(text: string): readonly Word[] {
  const words: Word[] = [];
  for (let start = 0; start < text.length; start++) {
    if ((kindOf(text.charCodeAt(start)) & LETTER) === 0) continue;
    const found = readWordAt(text, start);
    words.push(wordAt(text, start, found));
    start = found.end - 1;
  }
  return words;
}

function readOtherWords(text: string): readonly Word[] {
  const words: Word[] = [];
  WORD.lastIndex = 0;
  for (let match = WORD.exec(text); match !== null; match = WORD.exec(text)) {
    const [word] = match;
    const isCapitalised = UPPER.test(word);
    words.push({
      ...wordAt(text, match.index, { end: match.index + word.length, hasCapital: true }),
      isCapitalised,
    });
  }
  return words;
}

const SURROGATES = /[\ud800-\udfff]/;

/** The words of a text, in order. */
export const readWords = (text: string): readonly Word[] =>
  SURROGATES.test(text) ? readOtherWords(text) : readPlainWords(text);

/** How many words begin before a place; the words are sorted, so this halves. */
export function countWordsBefore(words: readonly Word[], place: number): number {
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((words[middle]?.start ?? 0) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
