import type { Slot } from './schema.ts';
import { paddedWords, phraseKeys, scanned, wordsOf } from './tokens.ts';

/** A filled slot; dates are ISO days. */
export type SlotValue = string | number | boolean;
export type SlotValues = Readonly<Record<string, SlotValue>>;

/** Finds a slot's value in a message. `isAsked` when the message answers the question for it. */
export type SlotReader = (text: string, isAsked: boolean, nowUnixMs: number) => SlotValue | undefined;

const YES = phraseKeys([
  'yes',
  'yeah',
  'yep',
  'yup',
  'sure',
  'ok',
  'okay',
  'of course',
  'please do',
  'go ahead',
  'i accept',
  'sounds good',
  'correct',
  'right',
  'exactly',
  'agreed',
  'deal',
  'that works',
]);
const NO = phraseKeys([
  'no',
  'nope',
  'nah',
  'not',
  'dont',
  'no thanks',
  'no thank you',
  'rather not',
  'i decline',
  'never',
  'wrong',
]);

const NUMBER_WORDS = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
];

const MS_PER_DAY = 86_400_000;
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const ISO_DAY = /\b(\d{4})-(\d{2})-(\d{2})\b/;
const DOTTED_DAY = /\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b/;
const DAY_MONTH = /\b(\d{1,2})(?:st|nd|rd|th)? (?:of )?([a-z]{3,9})(?: (\d{4}))?\b/;
const MONTH_DAY = /\b([a-z]{3,9}) (\d{1,2})(?:st|nd|rd|th)?(?: (\d{4}))?\b/;
const NUMBER = /-?\d+(?:[.,]\d+)?/;
const PHONE = /\+?\d(?:[ ()/-]?\d){6,14}/;

const isoDay = (unixMs: number): string => new Date(unixMs).toISOString().slice(0, 10);

/** A calendar day that exists; 31 February does not. */
function dayFrom(year: number, month: number, day: number): string | undefined {
  const text = isoDay(Date.UTC(year, month - 1, day));
  return month >= 1 && month <= 12 && Number(text.slice(8)) === day ? text : undefined;
}

function namedDay(words: string, nowUnixMs: number): string | undefined {
  const [, day, month, year] = DAY_MONTH.exec(words) ?? [];
  const [, month2, day2, year2] = MONTH_DAY.exec(words) ?? [];
  const thisYear = new Date(nowUnixMs).getUTCFullYear();
  for (const [d, m, y] of [
    [day, month, year],
    [day2, month2, year2],
  ]) {
    const index = MONTHS.indexOf(m?.slice(0, 3) ?? '');
    if (index >= 0) return dayFrom(Number(y ?? thisYear), index + 1, Number(d));
  }
  return undefined;
}

function relativeDay(words: readonly string[], nowUnixMs: number): string | undefined {
  if (words.includes('today')) return isoDay(nowUnixMs);
  if (words.includes('tomorrow')) return isoDay(nowUnixMs + MS_PER_DAY);
  if (words.includes('yesterday')) return isoDay(nowUnixMs - MS_PER_DAY);
  const weekday = WEEKDAYS.findIndex((name) => words.includes(name));
  if (weekday < 0) return undefined;
  const ahead = (weekday - new Date(nowUnixMs).getUTCDay() + 7) % 7 || 7;
  return isoDay(nowUnixMs + ahead * MS_PER_DAY);
}

/** ISO, day.month.year, `3 May`, `May 3rd 2026`, today, tomorrow, yesterday, the next weekday of a name. In UTC. */
export function readDate(text: string, nowUnixMs: number): string | undefined {
  const iso = ISO_DAY.exec(text);
  if (iso !== null) return dayFrom(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const dotted = DOTTED_DAY.exec(text);
  if (dotted !== null) return dayFrom(Number(dotted[3]), Number(dotted[2]), Number(dotted[1]));
  const words = wordsOf(text);
  return namedDay(words.join(' '), nowUnixMs) ?? relativeDay(words, nowUnixMs);
}

function readNumber(text: string): number | undefined {
  const digits = NUMBER.exec(text)?.[0].replace(',', '.');
  if (digits !== undefined) return Number(digits);
  const words = wordsOf(text);
  const at = NUMBER_WORDS.findIndex((word) => words.includes(word));
  return at < 0 ? undefined : at;
}

function readYesNo(text: string): boolean | undefined {
  const words = paddedWords(text);
  // "No, that is not right": a no outweighs a yes in the same message.
  if (NO.some((key) => words.includes(key))) return false;
  return YES.some((key) => words.includes(key)) ? true : undefined;
}

function enumReader(values: Readonly<Record<string, readonly string[]>>): SlotReader {
  const keys = Object.entries(values)
    .flatMap(([value, others]) => phraseKeys([value, ...others]).map((key) => ({ key, value })))
    .sort((a, b) => b.key.length - a.key.length);
  return (text) => {
    const words = paddedWords(text);
    return keys.find(({ key }) => words.includes(key))?.value;
  };
}

function numberReader({ min, max }: Extract<Slot, { type: 'number' }>): SlotReader {
  return (text, isAsked) => {
    if (!isAsked) return undefined;
    const value = readNumber(scanned(text));
    const isOutside = value === undefined || value < (min ?? value) || value > (max ?? value);
    return isOutside ? undefined : value;
  };
}

function textReader(maxChars: number): SlotReader {
  return (text, isAsked) => {
    const trimmed = text.trim();
    return isAsked && trimmed !== '' ? trimmed.slice(0, maxChars) : undefined;
  };
}

/**
 * The reader of one slot, compiled once. Free text, numbers and yes or no are only taken as answers to their question:
 * elsewhere in a message they may mean anything.
 */
export function createSlotReader(slot: Slot): SlotReader {
  switch (slot.type) {
    case 'text':
      return textReader(slot.maxChars);
    case 'number':
      return numberReader(slot);
    case 'date':
      return (text, _isAsked, nowUnixMs) => readDate(scanned(text), nowUnixMs);
    case 'enum':
      return enumReader(slot.values);
    case 'phone':
      return (text) => PHONE.exec(scanned(text))?.[0].replaceAll(/[^\d+]/g, '');
    case 'account': {
      const pattern = new RegExp(slot.pattern, 'iu');
      return (text) => {
        const found = pattern.exec(scanned(text));
        return found?.[1] ?? found?.[0];
      };
    }
    case 'yes-no':
      return (text, isAsked) => (isAsked ? readYesNo(text) : undefined);
  }
}
