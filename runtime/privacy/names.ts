import { AMBIGUOUS_NAMES } from './first-names.ts';
import {
  CALENDAR_NAMES,
  CERTAIN_TAILS,
  CUE_GAP,
  NAME_CUES,
  NAME_LINKS,
  NAME_PARTICLES,
  NAME_TAILS,
  type NameCue,
  type NameCueKind,
  NEEDS_CAPITAL,
  PLAIN_SIGN_OFFS,
} from './name-cues.ts';
import { findNamePairs, findSpeltNames } from './name-pairs.ts';
import { isCommon, isFirstName, isInitial, isNamePart } from './name-words.ts';
import { NOT_PERSONS } from './not-persons.ts';
import type { PiiSpan } from './spans.ts';
import type { Word } from './words.ts';

/** A text as the name rules read it. */
interface Reading {
  readonly text: string;
  readonly words: readonly Word[];
}

interface Found {
  readonly first: number;
  readonly count: number;
}

const MAX_NAME_WORDS = 4;
/** Between two words of one name: a space, or the dot of an initial or a title. */
const INNER_GAP = /^(?:\.? |\.)$/;
const MAX_GAP_CHARS = 8;
/** After a name that a greeting or an uncertain cue brought. */
const AFTER_NAME = /^ ?(?:[,.!?;:)\n-]|$)/;
/** After the name under a message. */
const AFTER_SIGNATURE = /^[ .!)]*(?:\n|$)/;

const gapBetween = ({ text, words }: Reading, left: number, right: number): string | undefined => {
  const from = words[left]?.end;
  const to = words[right]?.start;
  if (from === undefined || to === undefined || to - from > MAX_GAP_CHARS) return undefined;
  return text.slice(from, to);
};

/** Index after the particles from `at` on, when a capitalised word follows them; else `at` itself. */
function skipParticles(reading: Reading, at: number): number {
  let next = at;
  while (next < at + 3 && NAME_PARTICLES.has(reading.words[next]?.lower ?? '')) {
    if (!INNER_GAP.test(gapBetween(reading, next, next + 1) ?? '')) return at;
    next++;
  }
  return reading.words[next]?.isCapitalised === true ? next : at;
}

/** How many words from `first` on belong to one name, by capitals. The first is taken as given. */
function countNameWords(reading: Reading, first: number): number {
  let last = skipParticles(reading, first);
  while (last - first + 1 < MAX_NAME_WORDS) {
    if (!INNER_GAP.test(gapBetween(reading, last, last + 1) ?? '')) break;
    const next = skipParticles(reading, last + 1);
    const word = reading.words[next];
    if (word === undefined || !(isNamePart(word) || isInitial(word))) break;
    if (endsSentence(reading, last)) break;
    last = next;
  }
  return last - first + 1;
}

/** A dot after a word that is no initial and no title ends the sentence. */
function endsSentence(reading: Reading, at: number): boolean {
  const word = reading.words[at];
  const isDotted = word !== undefined && reading.text.charAt(word.end) === '.';
  return isDotted && !isInitial(word) && !isTitle(word);
}

const isTitle = (word: Word): boolean =>
  (NAME_CUES.get(word.lower) ?? []).some((cue) => cue.kind === 'title');

/** After `my name is` in lower case: a second word, unless it is common. */
function countLowerCaseWords(reading: Reading, first: number): number {
  const second = reading.words[first + 1];
  const isSurname =
    second !== undefined && !isCommon(second) && gapBetween(reading, first, first + 1) === ' ';
  return isSurname && !NAME_TAILS.has(second.lower) ? 2 : 1;
}

const restAfter = ({ text, words }: Reading, last: number): string => {
  const end = words[last]?.end ?? text.length;
  return text.slice(end, end + MAX_GAP_CHARS);
};

function isTail(reading: Reading, at: number): boolean {
  const word = reading.words[at];
  return word !== undefined && NAME_TAILS.has(word.lower);
}

/** Whether so many words from `first` on are a name after a cue that proves little. */
function isPossibleName(reading: Reading, first: number, count: number): boolean {
  const word = reading.words[first];
  if (word === undefined) return false;
  if (isFirstName(word) || isTail(reading, first + count)) return true;
  if (count > 1) return true;
  return AFTER_NAME.test(restAfter(reading, first)) && word.lower.length > 2;
}

/** Whether capitalised words are a name behind a cue of a kind, by what they are and by what follows them. */
function isNameBehind(reading: Reading, kind: NameCueKind, { first, count }: Found): boolean {
  const word = reading.words[first];
  const rest = restAfter(reading, first + count - 1);
  switch (kind) {
    case 'possible':
      return isPossibleName(reading, first, count);
    case 'weak':
      return word !== undefined && isFirstName(word);
    case 'greeting':
      return AFTER_NAME.test(rest);
    case 'sign-off':
      return AFTER_SIGNATURE.test(rest);
    default:
      return true;
  }
}

const beginsName = (reading: Reading, first: number, word: Word): boolean =>
  skipParticles(reading, first) > first ||
  isNamePart(word) ||
  isInitial(word) ||
  isCalendarName(reading, first, word);

/** `April Carter`: a month before a word that only a name explains. */
function isCalendarName(reading: Reading, at: number, word: Word): boolean {
  const next = reading.words[at + 1];
  if (!word.isCapitalised || !CALENDAR_NAMES.has(word.lower) || next === undefined) return false;
  return isNamePart(next) && gapBetween(reading, at, at + 1) === ' ';
}

/** A firm, a place or a product in every word. */
const isThing = (reading: Reading, { first, count }: Found): boolean =>
  reading.words.slice(first, first + count).every((word) => NOT_PERSONS.has(word.lower));

/** How many words from `first` on are a name behind a cue of a kind; 0 when none. */
function countAfterCue(reading: Reading, kind: NameCueKind, first: number): number {
  const word = reading.words[first];
  if (word === undefined) return 0;
  if (kind === 'certain' && !word.isCapitalised) {
    return isCommon(word) || word.lower === '' ? 0 : countLowerCaseWords(reading, first);
  }
  if (!beginsName(reading, first, word)) return kind === 'title' ? countAfterTitle(reading, first) : 0;
  const found = { first, count: countNameWords(reading, first) };
  if (kind !== 'certain' && kind !== 'title' && isThing(reading, found)) return 0;
  return isNameBehind(reading, kind, found) ? found.count : 0;
}

const LOWER_CASE_TITLES = new Set(['mr', 'mrs', 'ms', 'dr']);

/** `mr smith`: only after the titles that are no words. */
function countAfterTitle(reading: Reading, first: number): number {
  const title = reading.words[first - 1];
  const word = reading.words[first];
  if (title === undefined || word === undefined || isCommon(word)) return 0;
  return LOWER_CASE_TITLES.has(title.lower) && !title.isCapitalised ? 1 : 0;
}

/** `c/o` and `z. Hd.` are cues of two words. */
const CUE_INNER_GAP = /^(?:\s+|\. ?|\/| & )$/;

/** Words that a cue spans from `at` on; 0 when it does not stand there. */
function countCueWords(reading: Reading, cue: NameCue, at: number): number {
  for (let next = 1; next < cue.words.length; next++) {
    if (reading.words[at + next]?.lower !== cue.words[next]) return 0;
    if (!CUE_INNER_GAP.test(gapBetween(reading, at + next - 1, at + next) ?? '-')) return 0;
  }
  return cue.words.length;
}

function applies(reading: Reading, cue: NameCue, at: number, next: number): boolean {
  const gap = gapBetween(reading, next - 1, next);
  if (gap === undefined || !CUE_GAP[cue.kind].test(gap)) return false;
  if (cue.kind === 'sign-off') return /[,.!\n-]/.test(gap) || PLAIN_SIGN_OFFS.has(cue.words.at(-1) ?? '');
  const word = reading.words[at];
  if (word?.lower === 'm' && !gap.startsWith('.')) return false;
  return cue.kind !== 'title' || !NEEDS_CAPITAL.has(word?.lower ?? '') || word?.isCapitalised === true;
}

/** `my boss is Anna`: the word between. */
function skipLink(reading: Reading, kind: NameCueKind, at: number): number {
  const isLink = kind === 'likely' && NAME_LINKS.has(reading.words[at]?.lower ?? '');
  return isLink && gapBetween(reading, at - 1, at) === ' ' ? at + 1 : at;
}

/** Most cues stand before a word in lower case, which begins no name; this says so before anything is matched. */
function mayBegin({ words }: Reading, kind: NameCueKind, first: number): boolean {
  const word = words[first];
  if (word === undefined) return false;
  return word.isCapitalised || kind === 'certain' || kind === 'title' || NAME_PARTICLES.has(word.lower);
}

function findBehindCue(reading: Reading, at: number): Found | undefined {
  const cues = NAME_CUES.get(reading.words[at]?.lower ?? '');
  if (cues === undefined) return undefined;
  let best: Found | undefined;
  for (const cue of cues) {
    const cueWords = countCueWords(reading, cue, at);
    if (cueWords === 0) continue;
    const first = skipLink(reading, cue.kind, at + cueWords);
    if (!mayBegin(reading, cue.kind, first) || !applies(reading, cue, at, first)) continue;
    const count = countAfterCue(reading, cue.kind, first);
    if (count > 0 && (best === undefined || first + count > best.first + best.count)) best = { first, count };
  }
  return best;
}

const beginsSentence = ({ text, words }: Reading, at: number): boolean => {
  const start = words[at]?.start ?? 0;
  return start === 0 || /[.!?\n,;:]\s*$/.test(text.slice(Math.max(0, start - 4), start));
};

/** `Maria Lopez speaking`, `Müller hier.`: capitals at the beginning of a sentence, then a word that only people have. */
function findBeforeTail(reading: Reading, at: number): Found | undefined {
  const word = reading.words[at];
  if (word === undefined || !isNamePart(word) || !beginsSentence(reading, at)) return undefined;
  const count = countNameWords(reading, at);
  const tail = reading.words[at + count]?.lower ?? '';
  const isAlone = CERTAIN_TAILS.has(tail) || AFTER_NAME.test(restAfter(reading, at + count));
  return isTail(reading, at + count) && isAlone ? { first: at, count } : undefined;
}

function isAmbiguousName(reading: Reading, at: number): boolean {
  const word = reading.words[at];
  if (word?.isCapitalised !== true || !AMBIGUOUS_NAMES.has(word.lower)) return false;
  return !beginsSentence(reading, at) || /^ ?(?:[,.!?]|$)/.test(restAfter(reading, at));
}

/** A known given name with what follows it, and the unknown one before it: `Siobhan Kelly`. */
function aroundFirstName(reading: Reading, at: number): Found {
  if (reading.words[at]?.isCapitalised !== true) return { first: at, count: 1 };
  const before = reading.words[at - 1];
  const isJoined = before !== undefined && isNamePart(before) && gapBetween(reading, at - 1, at) === ' ';
  const count = countNameWords(reading, at);
  return isJoined && !beginsSentence(reading, at - 1)
    ? { first: at - 1, count: count + 1 }
    : { first: at, count };
}

const AND = new Set(['and', 'und', 'et', 'y', 'e', 'en']);

/** `Julie and Dawn`: a capitalised word that a list joins to a name. */
function findJoined(reading: Reading, last: number): Found | undefined {
  const next = reading.words[last + 2];
  if (next === undefined || !AND.has(reading.words[last + 1]?.lower ?? '')) return undefined;
  if (gapBetween(reading, last, last + 1) !== ' ' || gapBetween(reading, last + 1, last + 2) !== ' ')
    return undefined;
  const isName = isNamePart(next) && !NOT_PERSONS.has(next.lower);
  return isName ? { first: last + 2, count: countNameWords(reading, last + 2) } : undefined;
}

/** The name that begins at a word, or behind the cue that begins there. */
function findAt(reading: Reading, at: number): Found | undefined {
  const word = reading.words[at];
  if (word === undefined) return undefined;
  if (isFirstName(word)) return aroundFirstName(reading, at);
  if (isAmbiguousName(reading, at)) return { first: at, count: countNameWords(reading, at) };
  return findBehindCue(reading, at) ?? (word.isCapitalised ? findBeforeTail(reading, at) : undefined);
}

function spanOf(reading: Reading, found: Found): PiiSpan | undefined {
  const start = reading.words[found.first]?.start;
  const last = reading.words[found.first + found.count - 1];
  return start === undefined || last === undefined ? undefined : { start, end: endOf(last), kind: 'name' };
}

/** Personal names: known given names, and what follows the words that introduce a person. */
export function findNames(text: string, words: readonly Word[]): readonly PiiSpan[] {
  const reading: Reading = { text, words };
  const spans: PiiSpan[] = [...findNamePairs(text, words)];
  if (text.includes('-')) spans.push(...findSpeltNames(text, words));
  const add = (found: Found | undefined): void => {
    const span = found === undefined ? undefined : spanOf(reading, found);
    if (span !== undefined) spans.push(span);
  };
  for (let at = 0; at < words.length; at++) {
    const found = findAt(reading, at);
    if (found === undefined) continue;
    add(found);
    add(findJoined(reading, found.first + found.count - 1));
    // What the name itself introduces (`my wife Dr. Weber`) is looked at too; overlaps merge.
    at = Math.max(at, found.first - 1);
  }
  return spans;
}

/** The genitive is not part of the name. */
const endOf = (word: Word): number => (word.lower.endsWith("'s") ? word.end - 2 : word.end);
