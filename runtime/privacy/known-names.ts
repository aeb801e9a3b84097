import { COMMON_WORDS } from './common-words.ts';
import { NAME_PARTICLES } from './name-cues.ts';
import type { PiiSpan } from './spans.ts';
import { readWords, type Word } from './words.ts';

/** Names that are words as well; they are taken for the name only with their capital. */
const ALSO_WORDS = new Set(
  'art bill bob dawn drew faith frank grace grant guy hope iris ivy jack joy june lance mark may mike nick norm pat penny pearl ray rich rob rose ruby rusty sandy skip sue sunny swift violet ward west white will young king long brown green black best good day page park price stone wood wolf bauer becker fischer klein koch kraus lang müller neu schneider schwarz weber'.split(
    ' ',
  ),
);

/** Shorter parts are initials. */
const MIN_PART_CHARS = 2;

function partsOf(names: readonly string[]): ReadonlySet<string> {
  const parts = names.flatMap((name) => readWords(name.normalize('NFC')).map((word) => word.lower));
  return new Set(parts.filter((part) => part.length >= MIN_PART_CHARS && !NAME_PARTICLES.has(part)));
}

const baseOf = (lower: string): string => (lower.endsWith("'s") ? lower.slice(0, -2) : lower);

function isKnown(parts: ReadonlySet<string>, word: Word): boolean {
  const base = baseOf(word.lower);
  if (!parts.has(base)) return false;
  return word.isCapitalised || !(ALSO_WORDS.has(base) || COMMON_WORDS.has(base));
}

/** Each part of the names that the caller gave, wherever it stands. */
export function findKnownNames(words: readonly Word[], names: readonly string[]): readonly PiiSpan[] {
  const parts = partsOf(names);
  if (parts.size === 0) return [];
  return words
    .filter((word) => isKnown(parts, word))
    .map((word) => ({
      start: word.start,
      end: word.start + baseOf(word.lower).length,
      kind: 'name' as const,
    }));
}
