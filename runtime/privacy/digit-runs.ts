/** Digits that stand together. */
export interface DigitGroup {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
  /** What stands between the group before and this one; empty at the beginning of a run. */
  readonly separator: string;
  /** A letter touches it, as in `v2` or `1Z999`: part of a code, not of a number that people dial. */
  readonly isInCode: boolean;
}

/** Groups with nothing but separators between them, in order. */
export type DigitRun = readonly DigitGroup[];

/** What may stand between two groups of one number, and what makes a group part of a code. */
interface Grouping {
  readonly separators: RegExp;
  readonly maxSeparatorChars: number;
  readonly letter: RegExp;
}

/** As people write numbers: up to three spaces, dashes, dots, slashes and parentheses. */
const USUAL: Grouping = {
  separators: /^[ \-./()]{1,3}$/,
  maxSeparatorChars: 3,
  letter: /[\p{L}_]/u,
};
/** As cards are also read out and broken over lines; only a right check digit makes such groups one number. */
export const LOOSE: Grouping = {
  separators: /^(?:[ \t\n\r\-_./,;:*|]{1,4}|,? (?:then|and|und|dann|puis|et|luego|y) )$/,
  maxSeparatorChars: 8,
  letter: /\p{L}/u,
};
const DIGITS = /[0-9]+/g;

const isLetter = (text: string, at: number, letter: RegExp): boolean =>
  at >= 0 && at < text.length && letter.test(text.charAt(at));

function continues(
  text: string,
  last: DigitGroup | undefined,
  start: number,
  grouping: Grouping,
): string | undefined {
  if (last === undefined || start - last.end > grouping.maxSeparatorChars) return undefined;
  const separator = text.slice(last.end, start);
  return grouping.separators.test(separator) ? separator : undefined;
}

/** Every run of digits of a text. */
export function readDigitRuns(text: string, grouping: Grouping = USUAL): readonly DigitRun[] {
  const runs: DigitGroup[][] = [];
  let run: DigitGroup[] = [];
  DIGITS.lastIndex = 0;
  for (let match = DIGITS.exec(text); match !== null; match = DIGITS.exec(text)) {
    const start = match.index;
    const end = start + match[0].length;
    const separator = continues(text, run.at(-1), start, grouping);
    if (separator === undefined) {
      run = [];
      runs.push(run);
    }
    const isInCode = isLetter(text, start - 1, grouping.letter) || isLetter(text, end, grouping.letter);
    run.push({ start, end, digits: match[0], separator: separator ?? '', isInCode });
  }
  return runs;
}
