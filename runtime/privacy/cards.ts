import type { DigitRun } from './digit-runs.ts';

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;
/** First digits and lengths that card networks issue; a device number of 15 digits is none of them. */
const ISSUED =
  /^(?:4\d{12}(?:\d{3}(?:\d{3})?)?|5\d{15}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|3\d{15}|6\d{12,18}|5[06-9]\d{10,17}|8[12]\d{14})$/;

/** The check digit of ISO/IEC 7812. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  let doubles = false;
  for (let at = digits.length - 1; at >= 0; at--) {
    const digit = digits.charCodeAt(at) - 48;
    const value = doubles ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
    doubles = !doubles;
  }
  return sum % 10 === 0;
}

const isCard = (digits: string, isAnnounced: boolean): boolean =>
  digits.length >= MIN_DIGITS &&
  (isAnnounced ? digits.length >= 15 : ISSUED.test(digits) && passesLuhn(digits));

/**
 * How many groups from `first` on are a payment card; 0 when none. The longest that fits is taken. Where the text
 * announces a card a wrong check digit is a slip of the keys and does not save it.
 */
export function countCardGroups(run: DigitRun, first: number, isAnnounced: boolean): number {
  let digits = '';
  let groups = 0;
  for (let at = first; at < run.length; at++) {
    const group = run[at];
    if (group === undefined || group.isInCode) break;
    if (at > first && group.separator.length > 1 && group.separator.trim() !== '-') break;
    digits += group.digits;
    if (digits.length > MAX_DIGITS) break;
    if (isCard(digits, isAnnounced)) groups = at - first + 1;
  }
  return groups;
}
