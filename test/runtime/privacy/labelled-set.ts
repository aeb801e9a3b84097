import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPii } from '../../../runtime/privacy/create-redactor.ts';
import { PII_KINDS, type PiiKind } from '../../../runtime/privacy/redactor.ts';
import type { PiiSpan } from '../../../runtime/privacy/spans.ts';

/** A sentence with the personal data that a person marked in it. */
export interface LabelledSentence {
  readonly language: string;
  readonly text: string;
  readonly spans: readonly PiiSpan[];
}

const MARK = /<(name|email|phone|card|iban|account)>(.*?)<\/\1>/gs;

/** Marks become spans of the text without them. */
export function parseMarked(language: string, marked: string): LabelledSentence {
  const spans: PiiSpan[] = [];
  let text = '';
  let from = 0;
  for (const match of marked.matchAll(MARK)) {
    text += marked.slice(from, match.index);
    const inner = match[2] ?? '';
    spans.push({ start: text.length, end: text.length + inner.length, kind: match[1] as PiiKind });
    text += inner;
    from = match.index + match[0].length;
  }
  return { language, text: text + marked.slice(from), spans };
}

export const HALVES = ['development', 'held-out'] as const;
export type Half = (typeof HALVES)[number];

/** Of the second set names and numbers are drawn by generators, and it was complete before rules were changed for it. */
export const SETS = ['first', 'second'] as const;
export type LabelledSet = (typeof SETS)[number];

export const readLabelled = (set: LabelledSet, half: Half): readonly LabelledSentence[] =>
  readFileSync(
    join(import.meta.dirname, 'labelled', set === 'first' ? `${half}.jsonl` : `second-${half}.jsonl`),
    'utf8',
  )
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { language: string; marked: string })
    .map(({ language, marked }) => parseMarked(language, marked));

/** Spans of one kind: marked, found again, reported, and reported rightly. A find counts when it overlaps a mark of its kind. */
export interface KindScore {
  readonly marked: number;
  readonly hit: number;
  readonly reported: number;
  readonly right: number;
}

export type Scores = Readonly<Record<PiiKind, KindScore>>;

const overlaps = (left: PiiSpan, right: PiiSpan): boolean =>
  left.kind === right.kind && left.start < right.end && right.start < left.end;

export function scoreLabelled(sentences: readonly LabelledSentence[]): Scores {
  const scores = Object.fromEntries(
    PII_KINDS.map((kind) => [kind, { marked: 0, hit: 0, reported: 0, right: 0 }]),
  ) as Record<PiiKind, { marked: number; hit: number; reported: number; right: number }>;
  for (const { text, spans } of sentences) {
    const found = findPii(text);
    for (const span of spans) {
      scores[span.kind].marked++;
      if (found.some((other) => overlaps(span, other))) scores[span.kind].hit++;
    }
    for (const span of found) {
      scores[span.kind].reported++;
      if (spans.some((other) => overlaps(span, other))) scores[span.kind].right++;
    }
  }
  return scores;
}

export const recallOf = ({ marked, hit }: KindScore): number => hit / marked;
export const precisionOf = ({ reported, right }: KindScore): number => right / reported;

/** Two-sided 95 %. */
const Z = 1.959963984540054;

/** Wilson's score interval of a share (Wilson 1927): it stays inside 0…1 and holds for small counts. */
export function wilsonInterval(hits: number, of: number): readonly [low: number, high: number] {
  const share = hits / of;
  const centre = share + Z ** 2 / (2 * of);
  const half = Z * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2));
  const scale = 1 + Z ** 2 / of;
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)];
}

const percent = (ratio: number): string => (ratio * 100).toFixed(1);

function shareOf(hits: number, of: number): string {
  if (of === 0) return 'none';
  const [low, high] = wilsonInterval(hits, of);
  return `${percent(hits / of)} % of ${of} (${percent(low)} to ${percent(high)})`;
}

/** The rows of the tables in docs/privacy.md. */
export const tableOf = (scores: Scores): string =>
  PII_KINDS.map((kind) => {
    const { marked, hit, reported, right } = scores[kind];
    return `| \`${kind}\` | ${shareOf(hit, marked)} | ${shareOf(right, reported)} |`;
  }).join('\n');
