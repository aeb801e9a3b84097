import { ACCOUNT_WORDS, NEEDS_NUMBER, NUMBER_WORDS } from './account-words.ts';
import { hintOfWord } from './number-hints.ts';
import type { PiiSpan } from './spans.ts';
import type { Word } from './words.ts';

/** What may stand between such a word and its number. */
const LINKING = new Set(
  `number numbers no nr num id ids is are was my the of with this that's that code under nummer ist lautet meine mein die der
  das la le les l' mon ma est numéro n nº º de du d' mi el es número reads it's says following question in full one letter
  ref reference reference-number référence referencia social sociale sécurité seguridad unique national new old current
  numero numer numara è jest är é här lid van nummern holder's security insurance card номер это`.split(
    /\s+/,
  ),
);
const MAX_LINKING = 5;

const MAX_GAP_CHARS = 6;
const GAP = /^[ :#=.,/\-"'()°º№\n]{0,6}$/;
/** Letters and digits in groups, beginning with at most two short groups of letters; one letter alone may stand inside. */
const VALUE =
  /(?:[A-Z]{1,6}[-/. _]?|[a-z]{1,4}[-/_]?){0,2}[0-9](?:[A-Za-z0-9]|[-/._](?=[A-Za-z0-9])|[ ](?=[0-9])|[ ](?=[B-HJ-NP-Z](?: ?[0-9]|[.,!?\n]|$))){0,40}/y;
const OPENING = /[ :#=.,\-"'()°º№*\n]{0,6}/y;
const MIN_DIGITS = 4;
/** Times, prices, shares, dates and spans, which may follow such a word as well. */
const OTHER_VALUE =
  /^(?:\d{1,2}[:.]\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$|\d{4}-\d\d-\d\d|(?:19|20)\d\d$|\d{1,3}(?:[.,]\d{3})*[.,]\d\d$)/;
/** A British sort code looks like a date. */
const NO_SORT_CODE = /^\d{4}-|^(?:19|20)\d\d$/;
const MEASURED =
  /^ ?(?:%|€|\$|£|euros?\b|eur\b|usd\b|dollars?\b|pounds?\b|gb\b|mb\b|days?\b|tage?\b|times\b|points\b|minutes?\b|hours?\b)/i;

/** The number that stands right at a place, if it can be one that identifies. */
function valueAt(text: string, from: number, other: RegExp = OTHER_VALUE): PiiSpan | undefined {
  OPENING.lastIndex = from;
  const start = from + (OPENING.exec(text)?.[0].length ?? 0);
  VALUE.lastIndex = start;
  const value = VALUE.exec(text)?.[0];
  if (value === undefined) return undefined;
  const end = start + value.length;
  if (countDigits(value) < MIN_DIGITS || other.test(value)) return undefined;
  return MEASURED.test(text.slice(end, end + 12)) ? undefined : { start, end, kind: 'account' };
}

/** Nothing but punctuation between a word and the next. */
function isNextClose(text: string, words: readonly Word[], at: number): boolean {
  const from = words[at]?.end ?? text.length;
  const to = words[at + 1]?.start ?? text.length;
  return to - from <= MAX_GAP_CHARS && GAP.test(text.slice(from, to));
}

/** How many linking words follow the word at `at`, each close to the one before. */
function countLinking(text: string, words: readonly Word[], at: number): number {
  let count = 0;
  while (count < MAX_LINKING && isNextClose(text, words, at + count)) {
    if (!LINKING.has(words[at + count + 1]?.lower ?? '')) break;
    count++;
  }
  return count;
}

/** `numéro de client` says it before the word, `client number` behind it. */
const WORDS_BEFORE = 2;
/** So many digits behind a word that is ordinary otherwise are no count and no year. */
const MIN_DIGITS_UNNAMED = 6;

const countDigits = (text: string): number => text.replace(/\D/g, '').length;

const otherThan = (word: Word | undefined): RegExp => (word?.lower === 'sort' ? NO_SORT_CODE : OTHER_VALUE);

/** `KD-4477` is a code of its own. */
const isPrefix = (text: string, word: Word | undefined): boolean =>
  word !== undefined && word.end - word.start < 4 && /^-[0-9]/.test(text.slice(word.end, word.end + 2));

/** The number behind the word at `at` and the linking words after it. */
function valueAfter(text: string, words: readonly Word[], at: number): PiiSpan | undefined {
  const upTo = at + countLinking(text, words, at);
  const last = words[upTo];
  if (upTo === at && isPrefix(text, words[at])) return undefined;
  const value = last === undefined ? undefined : valueAt(text, last.end, otherThan(words[at]));
  if (value === undefined || !NEEDS_NUMBER.has(words[at]?.lower ?? '')) return value;
  const isNamed = words
    .slice(Math.max(0, at - WORDS_BEFORE), upTo + 1)
    .some((word) => NUMBER_WORDS.has(word.lower));
  return isNamed || countDigits(text.slice(value.start, value.end)) >= MIN_DIGITS_UNNAMED ? value : undefined;
}

/** `l'assuré` is a word of its own. */
const ELISION = /^(?:d|l|n)'/;

/** `Teilnehmernummer`, `lånenummer`: what no list knows as an order's, a parcel's or a telephone's. */
const MIN_COMPOUND_CHARS = 9;
const COMPOUND = /.{4}(?:nummer|nummern|nummeret|numret)$/;

/** Whether a number behind a word identifies; `A/C` is two words. */
function isAccountWord(text: string, word: Word | undefined): boolean {
  if (word === undefined) return false;
  if (word.lower === 'c') return /^a\/$/i.test(text.slice(Math.max(0, word.start - 2), word.start));
  if (ACCOUNT_WORDS.has(word.lower)) return true;
  if (word.lower.length > MIN_COMPOUND_CHARS && COMPOUND.test(word.lower))
    return hintOfWord(word.lower) === undefined;
  return word.lower.charAt(1) === "'" && ACCOUNT_WORDS.has(word.lower.replace(ELISION, ''));
}

const AND =
  /(?:, ?| ?& ?|(?:,? (?:and|und|et|y|e|with|or|oder|ou|mit|from|to) ))(?=[A-Za-z]{0,4}[-/]?[0-9])/y;
const MAX_LISTED = 8;

/** `accounts 42458694 and 82663981`: what follows a number in the same list. */
function addListed(text: string, first: PiiSpan, spans: PiiSpan[]): void {
  let last = first;
  for (let count = 0; count < MAX_LISTED; count++) {
    AND.lastIndex = last.end;
    const and = AND.exec(text)?.[0];
    const next = and === undefined ? undefined : valueAt(text, last.end + and.length);
    if (next === undefined || countDigits(text.slice(next.start, next.end)) < MIN_DIGITS_UNNAMED) return;
    spans.push(next);
    last = next;
  }
}

/** Account, customer, contract, policy and identity numbers behind a word that announces them. */
export function findAnnouncedAccounts(text: string, words: readonly Word[]): readonly PiiSpan[] {
  const spans: PiiSpan[] = [];
  for (let at = 0; at < words.length; at++) {
    if (!isAccountWord(text, words[at])) continue;
    const span = valueAfter(text, words, at);
    if (span === undefined) continue;
    spans.push(span);
    addListed(text, span, spans);
  }
  return spans;
}

/** Between a number and the word that says what it was: `is my`, `(my`, `- that is the`. */
const LINKING_BEHIND = new Set(
  `is are was that that's it's this would be my our the a ist das war meine unsere die est mon ma le la c'est es mi el número
  numéro de n nº º`.split(/\s+/),
);
const BEHIND_GAP = /^[ ,(:-]{0,4}$/;

/** `48213377 is my account number`: whether the words behind a number, of which `next` is the first, announce it. */
export function isAnnouncedBehind(text: string, words: readonly Word[], next: number, end: number): boolean {
  let from = end;
  for (let at = next; at < next + MAX_LINKING; at++) {
    const word = words[at];
    if (word === undefined || word.start - from > 4 || !BEHIND_GAP.test(text.slice(from, word.start)))
      return false;
    if (isAccountWord(text, word)) return at > next || text.slice(from, word.start).includes('(');
    if (!LINKING_BEHIND.has(word.lower)) return false;
    from = word.end;
  }
  return false;
}
