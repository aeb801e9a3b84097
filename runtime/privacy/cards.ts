import type { DigitRun } from './digit-runs.ts';

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;
/** First digits that card networks use; 8 belongs to RuPay with 81 and 82. */
const ISSUED = /^(?:[2-6]|8[12])/;

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
  digits.length >= MIN_DIGITS && ISSUED.test(digits) && (isAnnounced || passesLuhn(digits));

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
