import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../runtime/privacy/create-redactor.ts';
import { PII_KINDS, type PiiKind } from '../../../runtime/privacy/redactor.ts';
import {
  HALVES,
  type Half,
  parseMarked,
  precisionOf,
  readLabelled,
  recallOf,
  scoreLabelled,
  tableOf,
} from './labelled-set.ts';

/** A little under what was measured: a rule that loses a sentence or two is looked at, not forbidden. */
const FLOORS: Readonly<
  Record<Half, Readonly<Record<PiiKind, readonly [recall: number, precision: number]>>>
> = {
  development: {
    name: [0.95, 0.95],
    email: [1, 1],
    phone: [0.97, 0.97],
    card: [1, 1],
    iban: [1, 1],
    account: [0.95, 0.95],
  },
  'held-out': {
    name: [0.75, 0.95],
    email: [1, 1],
    phone: [0.96, 0.9],
    card: [0.85, 1],
    iban: [1, 1],
    account: [0.65, 0.95],
  },
};
const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/privacy.md'), 'utf8');

describe('the labelled sentences', () => {
  it('are enough, and many hold nothing but look-alikes', () => {
    const all = HALVES.flatMap(readLabelled);
    expect(all.length).toBeGreaterThanOrEqual(400);
    expect(all.filter(({ spans }) => spans.length === 0).length).toBeGreaterThanOrEqual(150);
    expect(new Set(all.map(({ text }) => text)).size).toBe(all.length);
  });

  it('are read with their marks where they were', () => {
    const { text, spans } = parseMarked('en', 'I am <name>Anna</name>, <email>a@b.example</email>');
    expect(spans.map(({ start, end, kind }) => [kind, text.slice(start, end)])).toEqual([
      ['name', 'Anna'],
      ['email', 'a@b.example'],
    ]);
  });

  describe.each(HALVES)('of the %s half', (half) => {
    const scores = scoreLabelled(readLabelled(half));

    it.each(PII_KINDS)('%s: recall and precision are above their floors', (kind) => {
      const [recall, precision] = FLOORS[half][kind];
      expect(recallOf(scores[kind])).toBeGreaterThanOrEqual(recall);
      expect(precisionOf(scores[kind])).toBeGreaterThanOrEqual(precision);
    });

    it('the page prints what is measured now', () => {
      expect(PAGE).toContain(tableOf(scores));
    });
  });

  it('come out the same when they are redacted again', () => {
    const redactor = createRedactor();
    for (const { text } of HALVES.flatMap(readLabelled)) {
      const once = redactor.redact(text).text;
      expect(redactor.redact(once).text).toBe(once);
    }
  });
});
