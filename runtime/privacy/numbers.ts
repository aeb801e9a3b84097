import { findAnnouncedAccounts, isAnnouncedBehind } from './accounts.ts';
import { countCardGroups, findLooseCards, isRightCard } from './cards.ts';
import { type DigitGroup, type DigitRun, readDigitRuns } from './digit-runs.ts';
import { hintFor } from './number-hints.ts';
import { countInternationalGroups, countNationalGroups, type NumberHint } from './phones.ts';
import type { PiiKind } from './redactor.ts';
import type { PiiSpan } from './spans.ts';
import { readSpokenRuns } from './spoken-digits.ts';
import { countWordsBefore, type Word } from './words.ts';

const NO_SPANS: readonly PiiSpan[] = [];
const HAS_DIGITS = /[0-9]/;
/** Shorter runs are amounts, times and dates. */
const MIN_DIGITS = 5;
/** American social security numbers, with the areas that are never given left out. */
const SOCIAL_SECURITY = /^(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}$/;
const MONEY_BEFORE = /[$€£¥₹] ?$/;
const MIN_ACCOUNT_DIGITS = 5;
const MIN_CARD_DIGITS = 13;

interface Found {
  readonly kind: PiiKind;
  readonly groups: number;
}

const countDigits = (run: DigitRun): number => run.reduce((sum, group) => sum + group.digits.length, 0);

/** `+` right before a group, or a parenthesis between; or the `00` that stands for it. */
function prefixOf(text: string, group: DigitGroup): '+' | '00' | undefined {
  if (/\+ ?\(?$/.test(text.slice(Math.max(0, group.start - 3), group.start))) return '+';
  return /^00[1-9]/.test(group.digits) ? '00' : undefined;
}

function isSocialSecurity(text: string, run: DigitRun, first: number): boolean {
  const end = run[first + 2]?.end;
  const isBound = run[first + 3]?.separator === '-' || run[first]?.separator === '-';
  return end !== undefined && !isBound && SOCIAL_SECURITY.test(text.slice(run[first]?.start, end));
}

function phoneAt(text: string, run: DigitRun, first: number, hint: NumberHint): number {
  const group = run[first];
  const prefix = group === undefined ? undefined : prefixOf(text, group);
  const international = prefix === undefined ? 0 : countInternationalGroups(run, first, prefix);
  return international > 0 ? international : countNationalGroups(run, first, hint);
}

/** What is known of a number before its digits are looked at. */
interface Known {
  readonly hint: NumberHint;
  /** A word right before it says that it is an account's. */
  readonly isAnnounced: boolean;
}

function classify(
  text: string,
  run: DigitRun,
  first: number,
  { hint, isAnnounced }: Known,
): Found | undefined {
  const cards = countCardGroups(run, first, hint === 'card');
  if (cards > 0) return { kind: 'card', groups: cards };
  if (isSocialSecurity(text, run, first)) return { kind: 'account', groups: 3 };
  const accounts = hint === 'account' ? countHintedGroups(text, run, first) : 0;
  if (accounts > 0) return { kind: 'account', groups: accounts };
  const phones = isAnnounced ? 0 : phoneAt(text, run, first, hint);
  if (phones > 0) return { kind: 'phone', groups: phones };
  const parts = hint === 'card' ? countHintedGroups(text, run, first) : 0;
  return parts > 0 && countDigits(run.slice(first)) >= MIN_CARD_PART_DIGITS
    ? { kind: 'card', groups: parts }
    : undefined;
}

/** Fewer are the last digits of a card or a year. */
const MIN_CARD_PART_DIGITS = 7;
const MIN_HINTED_DIGITS = 6;
const MAX_HINTED_DIGITS = 24;
const DATE_SHAPE =
  /^(?:\d{1,2}-\d{1,2}-(?:\d{4}|\d\d)|\d{4}-\d\d-\d\d|(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d)(?:-|$)/;
const MEASURED_BEHIND =
  /^(?:[,.]\d| ?(?:[%€$£]|euros?\b|eur\b|usd\b|dollars?\b|pounds?\b|[kmgt]i?b\b|bytes\b|points\b|kwh\b|ms\b|requests?\b|transactions\b|users?\b|customers\b))/i;

/** The groups from `first` to the end of the run, where the words before call it an account's or a card's; 0 for dates and amounts. */
function countHintedGroups(text: string, run: DigitRun, first: number): number {
  const rest = run.slice(first);
  const digits = countDigits(rest);
  const head = rest[0];
  if (head === undefined || digits < MIN_HINTED_DIGITS || digits > MAX_HINTED_DIGITS) return 0;
  if (prefixOf(text, head) !== undefined || isDialled(text, head)) return 0;
  const isDate = DATE_SHAPE.test(rest.map((group) => group.digits).join('-'));
  const end = rest.at(-1)?.end ?? 0;
  if (isDate || MEASURED_BEHIND.test(text.slice(end, end + 14))) return 0;
  return rest.some((group) => group.isInCode) ? 0 : rest.length;
}

/** With the 0 of a trunk or an area in parentheses: a telephone's, whatever the words say. */
const isDialled = (text: string, { start, digits }: DigitGroup): boolean =>
  /^0[1-9]/.test(digits) || text.charAt(start - 1) === '(';

/** Parentheses and a plus belong to a number that they open. */
function startOf(text: string, group: DigitGroup): number {
  const opening = /\+? ?\(?$/.exec(text.slice(Math.max(0, group.start - 3), group.start))?.[0] ?? '';
  return group.start - opening.trimStart().length;
}

function spanOf(text: string, run: DigitRun, first: number, found: Found): PiiSpan | undefined {
  const group = run[first];
  const last = run[first + found.groups - 1];
  if (group === undefined || last === undefined) return undefined;
  return { start: startOf(text, group), end: last.end, kind: found.kind };
}

/** `48213377 is my account number`: the whole run, announced by what follows it. */
function accountOf(text: string, words: readonly Word[], run: DigitRun): PiiSpan | undefined {
  const first = run[0];
  const last = run.at(-1);
  if (first === undefined || last === undefined || countDigits(run) < MIN_ACCOUNT_DIGITS) return undefined;
  const start = codeStart(text, first.start);
  const end = codeEnd(text, last.end);
  const next = countWordsBefore(words, end);
  return isAnnouncedBehind(text, words, next, end) ? { start, end, kind: 'account' } : undefined;
}

const MAX_PREFIX_CHARS = 6;
const PREFIX = /(?<![A-Za-z0-9])[A-Za-z]{1,4}[-/]?$/;
const SUFFIX = /^-?[A-Za-z]{1,2}(?![A-Za-z0-9])/;

/** The letters right before and behind a number belong to it. */
const codeStart = (text: string, start: number): number =>
  start - (PREFIX.exec(text.slice(Math.max(0, start - MAX_PREFIX_CHARS), start))?.[0].length ?? 0);
const codeEnd = (text: string, end: number): number =>
  end + (SUFFIX.exec(text.slice(end, end + 4))?.[0].length ?? 0);

interface NumberReading {
  readonly text: string;
  readonly words: readonly Word[];
  /** What a number is that nothing in the text says anything about. */
  readonly expected: NumberHint;
  /** Accounts of this run that a word right before them announces. */
  readonly announced: readonly PiiSpan[];
}

function findInRun(
  { text, words, expected, announced }: NumberReading,
  run: DigitRun,
  spans: PiiSpan[],
): void {
  const end = run.at(-1)?.end ?? 0;
  for (let at = 0; at < run.length; ) {
    const group = run[at];
    if (group === undefined) return;
    const isMoney = MONEY_BEFORE.test(text.slice(Math.max(0, group.start - 2), group.start));
    const hint = hintFor(text, words, group.start, end) ?? expected;
    const isAnnounced = announced.some(({ start, end: to }) => start <= group.start && group.start < to);
    const found = isMoney ? undefined : classify(text, run, at, { hint, isAnnounced });
    const span = found === undefined ? undefined : spanOf(text, run, at, found);
    if (span !== undefined) spans.push(span);
    at += found?.groups ?? 1;
  }
}

const KIND_OF_SPOKEN: Readonly<Record<'phone' | 'account' | 'card', PiiKind>> = {
  phone: 'phone',
  account: 'account',
  card: 'card',
};
const MIN_SPOKEN_PHONE_DIGITS = 7;

/** Digits in words: what the words around them call them, else a card or a telephone's by their count. */
function findSpoken(text: string, words: readonly Word[], expected: NumberHint): readonly PiiSpan[] {
  return readSpokenRuns(text, words).flatMap(({ start, end, digits }) => {
    const hint = hintFor(text, words, start, end) ?? expected;
    if (isRightCard(digits)) return [{ start, end, kind: 'card' as const }];
    if (hint === 'other') return [];
    if (hint !== undefined) return [{ start, end, kind: KIND_OF_SPOKEN[hint] }];
    return digits.length >= MIN_SPOKEN_PHONE_DIGITS ? [{ start, end, kind: 'phone' as const }] : [];
  });
}

/** Gives the spans that touch each run. Runs come in order and so do spans, so the work is proportional to both. */
function createWithin(spans: readonly PiiSpan[]): (run: DigitRun) => readonly PiiSpan[] {
  let next = 0;
  return (run) => {
    const from = run[0]?.start ?? 0;
    const to = run.at(-1)?.end ?? 0;
    while ((spans[next]?.end ?? Number.POSITIVE_INFINITY) <= from) next++;
    let behind = next;
    while ((spans[behind]?.start ?? Number.POSITIVE_INFINITY) < to) behind++;
    return behind === next ? NO_SPANS : spans.slice(next, behind);
  };
}

/** Payment cards and phone numbers, and account numbers that the words around them announce. */
export function findNumbers(text: string, words: readonly Word[], expected?: NumberHint): readonly PiiSpan[] {
  const spans: PiiSpan[] = [...findSpoken(text, words, expected)];
  if (!HAS_DIGITS.test(text)) return spans;
  const announced = findAnnouncedAccounts(text, words);
  spans.push(...announced);
  const within = createWithin(announced);
  let digits = 0;
  for (const run of readDigitRuns(text)) {
    const runDigits = countDigits(run);
    digits += runDigits;
    if (runDigits < MIN_DIGITS) continue;
    const account = accountOf(text, words, run);
    if (account !== undefined) spans.push(account);
    findInRun({ text, words, expected, announced: within(run) }, run, spans);
  }
  if (digits >= MIN_CARD_DIGITS) spans.push(...findLooseCards(text));
  return spans;
}
