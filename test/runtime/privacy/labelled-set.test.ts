import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../runtime/privacy/create-redactor.ts';
import { PII_KINDS, type PiiKind } from '../../../runtime/privacy/redactor.ts';
import {
  HALVES,
  type Half,
  type LabelledSentence,
  parseMarked,
  precisionOf,
  readLabelled,
  recallOf,
  SETS,
  scoreLabelled,
  tableOf,
  wilsonInterval,
} from './labelled-set.ts';

/** A little under what was measured on both sets: a rule that loses a sentence or two is looked at, not forbidden. */
const FLOORS: Readonly<
  Record<Half, Readonly<Record<PiiKind, readonly [recall: number, precision: number]>>>
> = {
  development: {
    name: [0.97, 0.97],
    email: [1, 1],
    phone: [0.97, 0.97],
    card: [1, 1],
    iban: [1, 1],
    account: [0.97, 0.97],
  },
  'held-out': {
    name: [0.9, 0.95],
    email: [1, 1],
    phone: [0.96, 0.9],
    card: [0.95, 0.95],
    iban: [1, 1],
    account: [0.95, 0.95],
  },
};
const both = (half: Half) => SETS.flatMap((set) => readLabelled(set, half));
const everything = HALVES.flatMap(both);
const TABLES: readonly (readonly [what: string, sentences: readonly LabelledSentence[]])[] = [
  ['held-out, both sets', both('held-out')],
  ['held-out, first set', readLabelled('first', 'held-out')],
  ['held-out, second set', readLabelled('second', 'held-out')],
  ['development, both sets', both('development')],
];
const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/privacy.md'), 'utf8');

describe('the labelled sentences', () => {
  it('are enough, and many hold nothing but look-alikes', () => {
    expect(everything.length).toBeGreaterThanOrEqual(900);
    expect(everything.filter(({ spans }) => spans.length === 0).length).toBeGreaterThanOrEqual(300);
    expect(new Set(everything.map(({ text }) => text)).size).toBe(everything.length);
  });

  it('of the second set stand in the half that a hash of their text names', () => {
    for (const half of HALVES) {
      for (const { text } of readLabelled('second', half)) {
        const isEven = (createHash('sha256').update(text).digest()[0] ?? 0) % 2 === 0;
        expect(isEven ? 'development' : 'held-out').toBe(half);
      }
    }
  });

  it('come with intervals that agree with published ones', () => {
    // Newcombe 1998, Statistics in Medicine 17:857, table I: 81 of 263, 15 of 148, 0 of 20 and 1 of 29.
    const published = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const;
    for (const [hits, of, low, high] of published) {
      expect(wilsonInterval(hits, of)[0]).toBeCloseTo(low, 4);
      expect(wilsonInterval(hits, of)[1]).toBeCloseTo(high, 4);
    }
  });

  it('are read with their marks where they were', () => {
    const { text, spans } = parseMarked('en', 'I am <name>Anna</name>, <email>a@b.example</email>');
    expect(spans.map(({ start, end, kind }) => [kind, text.slice(start, end)])).toEqual([
      ['name', 'Anna'],
      ['email', 'a@b.example'],
    ]);
  });

  describe.each(HALVES)('of the %s half', (half) => {
    const scores = scoreLabelled(both(half));

    it.each(PII_KINDS)('%s: recall and precision are above their floors', (kind) => {
      const [recall, precision] = FLOORS[half][kind];
      expect(recallOf(scores[kind])).toBeGreaterThanOrEqual(recall);
      expect(precisionOf(scores[kind])).toBeGreaterThanOrEqual(precision);
    });
  });

  it.each(TABLES)('the page prints what is measured now: %s', (_what, sentences) => {
    expect(PAGE).toContain(tableOf(scoreLabelled(sentences)));
  });

  it('come out the same when they are redacted again', () => {
    const redactor = createRedactor();
    for (const { text } of everything) {
      const once = redactor.redact(text).text;
      expect(redactor.redact(once).text).toBe(once);
    }
  });
});
