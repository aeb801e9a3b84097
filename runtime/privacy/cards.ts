import { type DigitRun, LOOSE, readDigitRuns } from './digit-runs.ts';
import type { PiiSpan } from './spans.ts';

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

/** Whether a network issues such a number and its check digit is right. */
export const isRightCard = (digits: string): boolean => ISSUED.test(digits) && passesLuhn(digits);

const isCard = (digits: string, isAnnounced: boolean): boolean =>
  digits.length >= MIN_DIGITS && (isAnnounced ? digits.length >= 15 : isRightCard(digits));

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
    if (at > first && group.separator.length > 1 && !/^(?:-| *)$/.test(group.separator.trim())) break;
    digits += group.digits;
    if (digits.length > MAX_DIGITS) break;
    if (isCard(digits, isAnnounced)) groups = at - first + 1;
  }
  return groups;
}

/** As a card is embossed or read out: fours, the groups of American Express, or digit by digit. */
const CARD_SHAPE = /^(?:4(?:-4){2,3}(?:-[1-4])?|4-6-5|(?:1-){12,18}1|(?:2-){6,8}[12])$/;

/** How many groups from `first` on are a card however they are separated; 0 when none. */
function countLooseGroups(run: DigitRun, first: number): number {
  let digits = '';
  let shape = '';
  for (let at = first; at < run.length; at++) {
    const group = run[at];
    if (group === undefined || group.isInCode) return 0;
    digits += group.digits;
    shape += at === first ? group.digits.length : `-${group.digits.length}`;
    if (digits.length > MAX_DIGITS) return 0;
    if (digits.length >= MIN_DIGITS && CARD_SHAPE.test(shape) && isRightCard(digits)) return at - first + 1;
  }
  return 0;
}

/** Cards with line breaks, commas, underscores or `then` between their groups. */
export function findLooseCards(text: string): readonly PiiSpan[] {
  const spans: PiiSpan[] = [];
  for (const run of readDigitRuns(text, LOOSE)) {
    for (let at = 0; at < run.length; at++) {
      const groups = countLooseGroups(run, at);
      const last = run[at + groups - 1];
      const first = run[at];
      if (groups === 0 || first === undefined || last === undefined) continue;
      spans.push({ start: first.start, end: last.end, kind: 'card' });
      at += groups - 1;
    }
  }
  return spans;
}
