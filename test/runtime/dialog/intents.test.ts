import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { asksForHuman } from '../../../runtime/dialog/escalation/human-request.ts';
import { computeSentiment } from '../../../runtime/dialog/escalation/sentiment.ts';
import { createIntentClassifier } from '../../../runtime/dialog/script/intents.ts';
import { problemOfPattern } from '../../../runtime/dialog/script/safe-pattern.ts';
import { createSlotReader, readDate } from '../../../runtime/dialog/script/slots.ts';

const STAR = join(import.meta.dirname, '../../../../shared/data/dialogs-star/star.jsonl.gz');

interface Dialog {
  readonly id: number;
  readonly domains: readonly string[];
  readonly multi: boolean;
  readonly turns: readonly (readonly [speaker: string, text: string, atS: number])[];
}

/** The first message of five words or more of each single-domain dialog, labelled with the domain. */
function labelled() {
  const lines = gunzipSync(readFileSync(STAR)).toString('utf8').trim().split('\n');
  return lines.flatMap((line) => {
    const { id, domains, multi, turns }: Dialog = JSON.parse(line);
    const first = turns.find(([speaker, text]) => speaker === 'user' && text.split(/\s+/).length >= 5);
    const label = domains[0];
    return multi || domains.length !== 1 || label === undefined || first === undefined
      ? []
      : [{ id, label, text: first[1] }];
  });
}

describe.skipIf(!existsSync(STAR))(
  'intents on the STAR dialogs (skipped where ../shared/data is absent)',
  () => {
    it('are found from twenty examples each as docs/dialog.md says, far above the majority', () => {
      const examples = new Map<string, string[]>();
      const held = [];
      for (const one of labelled()) {
        if (one.id % 5 === 0) held.push(one);
        else {
          const list = examples.get(one.label) ?? [];
          if (list.length < 20) list.push(one.text);
          examples.set(one.label, list);
        }
      }
      const classifier = createIntentClassifier(
        [...examples].map(([name, texts]) => ({ name, examples: texts, patterns: [] })),
      );
      const right = held.filter(({ text, label }) => classifier.classify(text)?.intent === label).length;
      expect(held).toHaveLength(866);
      expect(right / held.length).toBeCloseTo(0.805, 2);
    });
  },
);

describe('patterns', () => {
  it.each(['(a+)+', '(a|a)*', '.*.*x', '(\\d+)\\1', '(?=a)b', '(?:a?){20}', '(a', 'x'.repeat(301)])(
    'refuses %s',
    (source) => {
      expect(problemOfPattern(source)).toBeDefined();
    },
  );
  it.each(['\\b(?:bill|invoice)\\b', '\\b(NL-?\\d{6})\\b', 'no .{0,5}signal', 'colou?r', '[a-z)(*]+'])(
    'takes %s',
    (source) => {
      expect(problemOfPattern(source)).toBeUndefined();
    },
  );
});

describe('a request for a person', () => {
  it.each([
    'I want to speak to a human',
    'can I talk to a real person please',
    'human',
    'get me your manager',
    'connect me with an agent now',
    "I'd like to talk to someone",
    'not a bot please',
  ])('%s', (text) => expect(asksForHuman(text, [])).toBe(true));

  it.each([
    'it was human error on my side',
    'the agent told me it would be fixed',
    "I don't want to talk to a human",
    'my person of contact changed',
  ])('is not: %s', (text) => expect(asksForHuman(text, [])).toBe(false));
});

describe('slots', () => {
  const now = Date.UTC(2026, 10, 21); // A Saturday.
  it.each([
    ['on 2026-02-28', '2026-02-28'],
    ['31.12.2026', '2026-12-31'],
    ['May 3rd 2027', '2027-05-03'],
    ['3 May', '2026-05-03'],
    ['tomorrow', '2026-11-22'],
    ['next monday', '2026-11-23'],
    ['31 February 2026', undefined],
    ['some day', undefined],
  ])('reads the date in %s', (text, day) => expect(readDate(text, now)).toBe(day));

  it('take yes and no only as an answer, and a no before a yes', () => {
    const read = createSlotReader({ type: 'yes-no', prompt: '?' });
    expect([
      read('yes please', true, now),
      read('yes', false, now),
      read('no, that is not right', true, now),
    ]).toEqual([true, undefined, false]);
  });
});

describe('sentiment', () => {
  it('is negative for anger, not for its negation, and negative for negated praise', () => {
    expect(computeSentiment('this is the worst and most terrible service')).toBeLessThan(-0.6);
    expect(computeSentiment('that is not terrible')).toBe(0);
    expect(computeSentiment('not good')).toBeLessThan(0);
    expect(computeSentiment('this is great, thank you')).toBeGreaterThan(0.4);
    expect(computeSentiment('where is my order')).toBe(0);
  });
});
