import type { PiiSpan } from './spans.ts';
import type { Word } from './words.ts';

/** Words after which a number identifies the customer. */
const ACCOUNT_WORDS = new Set(
  `account acct account-number customer client contract policy member membership subscriber loyalty customer-id account-id
  kundennummer kundennr kunden-nr kd-nr kdnr kontonummer konto-nr konto vertragsnummer vertragsnr vertrags-nr vertrag
  mitgliedsnummer versicherungsnummer compte contrat client abonné adhérent cliente cuenta contrato póliza abonado ssn nino
  passport reisepassnummer ausweisnummer personalausweisnummer steuernummer steuer-id dni nie pasaporte passeport
  sozialversicherungsnummer security insurance`.split(/\s+/),
);
/** What may stand between such a word and its number. */
const LINKING = new Set(
  `number numbers no nr num id is are was my the of with this code under nummer ist lautet meine mein die le la les mon est
  numéro n de du mi el es número reads it's`.split(/\s+/),
);
const MAX_LINKING = 5;
/** `policy` and these also stand in other sentences; they need one of these beside them. */
const NEEDS_NUMBER = new Set(['policy', 'security', 'insurance', 'client', 'customer', 'member', 'licence']);
const NUMBER_WORDS = new Set(['number', 'no', 'nr', 'num', 'id', 'code', 'nummer', 'numéro', 'n', 'número']);

const MAX_GAP_CHARS = 6;
const GAP = /^[ :#=.\-"'()°º]{0,6}$/;
/** Letters and digits in groups, beginning with at most two short groups of letters. */
const VALUE =
  /(?:[A-Z]{1,4}[-/. ]?|[a-z]{1,4}[-/]?){0,2}[0-9](?:[A-Za-z0-9]|[-/.](?=[A-Za-z0-9])|[ ](?=[0-9]{2})){0,40}/y;
const OPENING = /[ :#=.\-"'()°º]{0,6}/y;
const MIN_DIGITS = 4;
/** Times, prices, shares, dates and spans, which may follow such a word as well. */
const OTHER_VALUE =
  /^(?:\d{1,2}[:.]\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$|\d{4}-\d\d-\d\d|(?:19|20)\d\d$|\d{1,3}(?:[.,]\d{3})*[.,]\d\d$)/;
const MEASURED =
  /^ ?(?:%|€|\$|£|euros?\b|eur\b|usd\b|dollars?\b|pounds?\b|gb\b|mb\b|days?\b|tage?\b|times\b|points\b|minutes?\b|hours?\b)/i;

/** The number that stands right at a place, if it can be one that identifies. */
function valueAt(text: string, from: number): PiiSpan | undefined {
  OPENING.lastIndex = from;
  const start = from + (OPENING.exec(text)?.[0].length ?? 0);
  VALUE.lastIndex = start;
  const value = VALUE.exec(text)?.[0];
  if (value === undefined) return undefined;
  const end = start + value.length;
  if (countDigits(value) < MIN_DIGITS || OTHER_VALUE.test(value)) return undefined;
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

/** The number behind the word at `at` and the linking words after it. */
function valueAfter(text: string, words: readonly Word[], at: number): PiiSpan | undefined {
  const upTo = at + countLinking(text, words, at);
  const last = words[upTo];
  const value = last === undefined ? undefined : valueAt(text, last.end);
  if (value === undefined || !NEEDS_NUMBER.has(words[at]?.lower ?? '')) return value;
  const isNamed = words
    .slice(Math.max(0, at - WORDS_BEFORE), upTo + 1)
    .some((word) => NUMBER_WORDS.has(word.lower));
  return isNamed || countDigits(text.slice(value.start, value.end)) >= MIN_DIGITS_UNNAMED ? value : undefined;
}

/** Account, customer, contract, policy and identity numbers behind a word that announces them. */
export function findAnnouncedAccounts(text: string, words: readonly Word[]): readonly PiiSpan[] {
  const spans: PiiSpan[] = [];
  for (let at = 0; at < words.length; at++) {
    if (!ACCOUNT_WORDS.has(words[at]?.lower ?? '')) continue;
    const span = valueAfter(text, words, at);
    if (span !== undefined) spans.push(span);
  }
  return spans;
}
