import type { Word } from './words.ts';

/** Digits said one by one, in order: `double four seven` is 447. */
export interface SpokenRun {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
}

const DIGIT_WORDS: Readonly<Record<string, string>> = {
  0: 'zero oh nought null zéro cero nul noll',
  1: 'one eins un uno een ett',
  2: 'two zwei zwo deux dos twee två',
  3: 'three drei trois tres drie tre',
  4: 'four vier quatre cuatro fyra',
  5: 'five fünf cinq cinco vijf fem',
  6: 'six sechs seis zes sex',
  7: 'seven sieben sept siete zeven sju',
  8: 'eight acht huit ocho åtta',
  9: 'nine niner neun neuf nueve negen nio',
  10: 'ten zehn dix diez',
  11: 'eleven elf onze once',
  12: 'twelve zwölf douze doce',
  13: 'thirteen treize trece',
  14: 'fourteen quatorze catorce',
  15: 'fifteen quinze quince',
  16: 'sixteen seize dieciséis',
  17: 'seventeen',
  18: 'eighteen',
  19: 'nineteen',
};
const TENS: Readonly<Record<string, string>> = {
  2: 'twenty zwanzig vingt veinte',
  3: 'thirty dreißig trente treinta',
  4: 'forty vierzig quarante cuarenta',
  5: 'fifty fünfzig cinquante cincuenta',
  6: 'sixty sechzig soixante sesenta',
  7: 'seventy siebzig septante setenta',
  8: 'eighty achtzig huitante ochenta',
  9: 'ninety neunzig nonante noventa',
};
const REPEATS: ReadonlyMap<string, number> = new Map([
  ['double', 2],
  ['doppel', 2],
  ['doble', 2],
  ['triple', 3],
  ['treble', 3],
]);

const byWord = (table: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(table).flatMap(([digits, row]) => row.split(' ').map((word) => [word, digits])));

const VALUES = byWord(DIGIT_WORDS);
const TEN_VALUES = byWord(TENS);

const BEGINNINGS: ReadonlySet<string> = new Set([...VALUES.keys(), ...TEN_VALUES.keys(), ...REPEATS.keys()]);

const MAX_GAP_CHARS = 3;
const GAP = /^[ ,.\n-]{1,3}$/;

interface Said {
  readonly digits: string;
  readonly words: number;
}

const NOT_SAID: Said = { digits: '', words: 0 };

/** Of `forty-two` the first part begins a number. */
const firstPart = (lower: string): string => {
  const dash = lower.indexOf('-');
  return dash < 0 ? lower : lower.slice(0, dash);
};

/** `forty two` and `forty-two` are 42, `forty` alone 40. */
function tensAt(words: readonly Word[], at: number): Said {
  const lower = words[at]?.lower ?? '';
  const first = firstPart(lower);
  const ten = TEN_VALUES.get(first);
  if (ten === undefined) return NOT_SAID;
  const isJoined = first.length < lower.length;
  const unit = VALUES.get(isJoined ? lower.slice(first.length + 1) : (words[at + 1]?.lower ?? ''));
  const isUnit = unit !== undefined && unit.length === 1 && unit !== '0';
  if (isUnit) return { digits: ten + unit, words: isJoined ? 1 : 2 };
  return isJoined ? NOT_SAID : { digits: `${ten}0`, words: 1 };
}

/** Most words begin no number; of joined ones the first has five to seven letters. */
const beginsNumber = (lower: string): boolean =>
  BEGINNINGS.has(lower) || lower.charAt(5) === '-' || lower.charAt(6) === '-' || lower.charAt(7) === '-';

function saidAt(words: readonly Word[], at: number): Said {
  const lower = words[at]?.lower ?? '';
  if (!beginsNumber(lower)) return NOT_SAID;
  const digits = VALUES.get(lower);
  if (digits !== undefined) return { digits, words: 1 };
  const times = REPEATS.get(lower);
  if (times === undefined) return tensAt(words, at);
  const repeated = VALUES.get(words[at + 1]?.lower ?? '');
  return repeated?.length === 1 ? { digits: repeated.repeat(times), words: 2 } : NOT_SAID;
}

function isNextTo(text: string, left: Word | undefined, right: Word | undefined): boolean {
  if (left === undefined || right === undefined || right.start - left.end > MAX_GAP_CHARS) return false;
  return GAP.test(text.slice(left.end, right.start));
}

/** Index of the word behind the run that begins at `at`, and what it says. */
function readRun(text: string, words: readonly Word[], at: number): Said {
  let next = at;
  let digits = '';
  while (next < words.length && (next === at || isNextTo(text, words[next - 1], words[next]))) {
    const said = saidAt(words, next);
    if (said.words === 0) break;
    digits += said.digits;
    next += said.words;
  }
  return { digits, words: next - at };
}

/** Fewer are counts, times and prices, whatever is said before them. */
const MIN_DIGITS = 5;

/** Every run of at least five digits that are written as words. */
export function readSpokenRuns(text: string, words: readonly Word[]): readonly SpokenRun[] {
  const runs: SpokenRun[] = [];
  for (let at = 0; at < words.length; at++) {
    if (!beginsNumber(words[at]?.lower ?? '')) continue;
    const run = readRun(text, words, at);
    if (run.words === 0) continue;
    const start = words[at]?.start;
    const end = words[at + run.words - 1]?.end;
    if (run.digits.length >= MIN_DIGITS && start !== undefined && end !== undefined)
      runs.push({ start, end, digits: run.digits });
    at += run.words - 1;
  }
  return runs;
}
