import { countCardGroups } from './cards.ts';
import { type DigitGroup, type DigitRun, readDigitRuns } from './digit-runs.ts';
import { hintFor } from './number-hints.ts';
import { countInternationalGroups, countNationalGroups, type NumberHint } from './phones.ts';
import type { PiiKind } from './redactor.ts';
import type { PiiSpan } from './spans.ts';
import type { Word } from './words.ts';

/** Shorter runs are amounts, times and dates. */
const MIN_DIGITS = 5;
/** American social security numbers, with the areas that are never given left out. */
const SOCIAL_SECURITY = /^(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}$/;
const MONEY_BEFORE = /[$€£¥₹] ?$/;
const MIN_ACCOUNT_DIGITS = 5;

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

function classify(text: string, run: DigitRun, first: number, hint: NumberHint): Found | undefined {
  const cards = countCardGroups(run, first, hint === 'card');
  if (cards > 0) return { kind: 'card', groups: cards };
  if (isSocialSecurity(text, run, first)) return { kind: 'account', groups: 3 };
  const phones = phoneAt(text, run, first, hint);
  return phones > 0 ? { kind: 'phone', groups: phones } : undefined;
}

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

/** ` is my account number`, in four languages. */
const ANNOUNCED_BEHIND =
  /^(?: ?[,-]? ?(?:is|are|ist|est|es|\()(?: ?(?:my|our|the|meine|unsere|mon|ma|mi))? ?(?:account|customer|contract|client|policy|membership|kundennummer|kontonummer|vertragsnummer|numéro de (?:client|compte|contrat)|número de (?:cliente|cuenta|contrato)))/iu;
const MAX_ANNOUNCEMENT_CHARS = 48;

/** `48213377 is my account number`: the whole run, announced by what follows it. */
function accountOf(text: string, run: DigitRun): PiiSpan | undefined {
  const first = run[0];
  const last = run.at(-1);
  if (first === undefined || last === undefined || countDigits(run) < MIN_ACCOUNT_DIGITS) return undefined;
  if (!ANNOUNCED_BEHIND.test(text.slice(last.end, last.end + MAX_ANNOUNCEMENT_CHARS))) return undefined;
  return { start: first.start, end: last.end, kind: 'account' };
}

interface NumberReading {
  readonly text: string;
  readonly words: readonly Word[];
  /** What a number is that nothing in the text says anything about. */
  readonly expected: NumberHint;
}

function findInRun({ text, words, expected }: NumberReading, run: DigitRun, spans: PiiSpan[]): void {
  const end = run.at(-1)?.end ?? 0;
  for (let at = 0; at < run.length; ) {
    const group = run[at];
    if (group === undefined) return;
    const isMoney = MONEY_BEFORE.test(text.slice(Math.max(0, group.start - 2), group.start));
    const hint = hintFor(text, words, group.start, end) ?? expected;
    const found = isMoney ? undefined : classify(text, run, at, hint);
    const span = found === undefined ? undefined : spanOf(text, run, at, found);
    if (span !== undefined) spans.push(span);
    at += found?.groups ?? 1;
  }
}

/** Payment cards and phone numbers, and account numbers that the words after them announce. */
export function findNumbers(text: string, words: readonly Word[], expected?: NumberHint): readonly PiiSpan[] {
  const spans: PiiSpan[] = [];
  const reading: NumberReading = { text, words, expected };
  for (const run of readDigitRuns(text)) {
    if (countDigits(run) < MIN_DIGITS) continue;
    const account = accountOf(text, run);
    if (account !== undefined) spans.push(account);
    findInRun(reading, run, spans);
  }
  return spans;
}
