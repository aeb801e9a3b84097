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

/** Between two groups of one number: up to three of these. */
const SEPARATORS = /^[ \-./()]{1,3}$/;
const MAX_SEPARATOR_CHARS = 3;
const DIGITS = /[0-9]+/g;
const LETTER = /[\p{L}_]/u;

const isLetter = (text: string, at: number): boolean => at >= 0 && LETTER.test(text.charAt(at));

function continues(text: string, last: DigitGroup | undefined, start: number): string | undefined {
  if (last === undefined || start - last.end > MAX_SEPARATOR_CHARS) return undefined;
  const separator = text.slice(last.end, start);
  return SEPARATORS.test(separator) ? separator : undefined;
}

/** Every run of digits of a text. */
export function readDigitRuns(text: string): readonly DigitRun[] {
  const runs: DigitGroup[][] = [];
  let run: DigitGroup[] = [];
  DIGITS.lastIndex = 0;
  for (let match = DIGITS.exec(text); match !== null; match = DIGITS.exec(text)) {
    const start = match.index;
    const end = start + match[0].length;
    const separator = continues(text, run.at(-1), start);
    if (separator === undefined) {
      run = [];
      runs.push(run);
    }
    const isInCode = isLetter(text, start - 1) || isLetter(text, end);
    run.push({ start, end, digits: match[0], separator: separator ?? '', isInCode });
  }
  return runs;
}
