import { readDigitRuns } from './digit-runs.ts';
import { hintFor } from './number-hints.ts';
import type { NumberHint } from './phones.ts';
import type { PiiSpan } from './spans.ts';
import { readWords, type Word } from './words.ts';

/** A number that the message before began and this one may go on with. */
export type ContinuedKind = 'card' | 'account' | 'phone' | 'iban';

/** A number stands at the end of what was said. */
const READ_CHARS = 200;
const REPLACED_AT_END = /\[(card|account|phone|iban)\][\s.,;…-]*$/;
const DIGITS_AT_END = /[0-9][0-9 ./-]{0,40}[\s.,;…-]*$/;
/** Whole by itself, so nothing of it is still to come. */
const ENDING_IN = /\b(?:ending|ends|last|endet|endend|letzten|finit|terminant|derniers|termina|últimos)\b/i;

const isContinuing = (hint: NumberHint): hint is 'card' | 'account' | 'phone' =>
  hint === 'card' || hint === 'account' || hint === 'phone';

/** What the customer's message before, as it is kept, ended in the middle of; undefined when in nothing. */
export function readContinued(previousText: string | undefined): ContinuedKind | undefined {
  if (previousText === undefined) return undefined;
  const tail = previousText.slice(-READ_CHARS);
  const replaced = REPLACED_AT_END.exec(tail)?.[1];
  if (replaced !== undefined) return replaced as ContinuedKind;
  const digits = DIGITS_AT_END.exec(tail);
  if (digits === null || ENDING_IN.test(tail)) return undefined;
  const hint = hintFor(tail, readWords(tail), digits.index, tail.length);
  return isContinuing(hint) ? hint : undefined;
}

/** Words that join the second half to the first: `and then 1111 1111`. */
const JOINING = new Set(
  'and then the rest is it und dann der rest ist et puis le reste est y luego el resto es ok okay sorry continues'.split(
    ' ',
  ),
);
/** Fewer, beside other words, are a count. */
const MIN_DIGITS_BESIDE = 3;

/** Digits at the beginning of a message that goes on with the number of the one before. */
export function findContinuation(
  text: string,
  words: readonly Word[],
  kind: ContinuedKind,
): readonly PiiSpan[] {
  const run = readDigitRuns(text)[0];
  const first = run?.[0];
  const last = run?.at(-1);
  if (run === undefined || first === undefined || last === undefined) return [];
  const before = words.filter((word) => word.start < first.start);
  if (before.some((word) => !JOINING.has(word.lower))) return [];
  const digits = run.reduce((sum, group) => sum + group.digits.length, 0);
  const isAlone = words.length === before.length;
  return digits >= MIN_DIGITS_BESIDE || isAlone ? [{ start: first.start, end: last.end, kind }] : [];
}
