import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createRedactor, findPii } from '../../../runtime/privacy/create-redactor.ts';

interface StarDialog {
  readonly id: number;
  readonly turns: readonly (readonly [speaker: string, text: string, atS: number])[];
}

/** STAR: dialogs between people (Mosig et al. 2020, arXiv:2010.11853). Kept outside this repository. */
const FILE = join(
  process.env.BUSYHOUR_DIALOGS ?? join(import.meta.dirname, '../../../../shared/data/dialogs-star'),
  'star.jsonl.gz',
);
const isHere = existsSync(FILE);

const readDialogs = (): readonly StarDialog[] =>
  gunzipSync(readFileSync(FILE))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as StarDialog);

/** The guide's questions; what people answer to it in one or two words is a name, or a refusal to give one. */
const QUESTION = /\b(?:your|the)(?: full)? name\b[^.]*\?$/i;
const NO_NAME = /^(?:yes|no|sure|ok|okay|what|why|hello|hi|thanks|please|of course|never mind|just|i)\b/i;
const INTRODUCTION = /\bmy name(?: is|'s) ([a-z]+)/gi;

interface Marked {
  readonly text: string;
  readonly start: number;
}

function introductionsOf(dialogs: readonly StarDialog[]): readonly Marked[] {
  return dialogs
    .flatMap(({ turns }) => turns)
    .filter(([speaker]) => speaker === 'user')
    .flatMap(([, text]) =>
      [...text.matchAll(INTRODUCTION)].map((match) => ({
        text,
        start: match.index + match[0].length - (match[1]?.length ?? 0),
      })),
    );
}

interface Reply {
  readonly question: string;
  readonly text: string;
}

const isBare = ({ text }: Reply): boolean =>
  /^[a-z]+(?: [a-z]+)?[.!]?$/i.test(text.trim()) && !NO_NAME.test(text.trim());

function bareRepliesOf(dialogs: readonly StarDialog[]): readonly Reply[] {
  return dialogs.flatMap(({ turns }) =>
    turns
      .map(([speaker, text], at) => ({ speaker, text, question: turns[at - 1]?.[1] ?? '' }))
      .filter((reply) => reply.speaker === 'user' && QUESTION.test(reply.question) && isBare(reply)),
  );
}

const share = <T>(items: readonly T[], test: (item: T) => boolean): number =>
  items.filter(test).length / items.length;

describe.skipIf(!isHere)('dialogs of other people (skipped where the STAR dialogs are not at hand)', () => {
  const dialogs = isHere ? readDialogs().filter(({ id }) => id % 2 === 1) : [];
  const hasName = (text: string, at?: number) =>
    findPii(text).some(
      ({ kind, start, end }) => kind === 'name' && (at === undefined || (start <= at && at < end)),
    );

  it('names behind an introduction are found', () => {
    const introductions = introductionsOf(dialogs);
    expect(introductions.length).toBeGreaterThan(500);
    const recall = share(introductions, ({ text, start }) => hasName(text, start));
    expect(recall).toBeGreaterThan(0.95);
  });

  it('names as a bare reply are found with the question before them, and fewer without', () => {
    const replies = bareRepliesOf(dialogs);
    expect(replies.length).toBeGreaterThan(200);
    const redactor = createRedactor();
    const recall = share(
      replies,
      ({ text, question }) => (redactor.redact(text, { previousAnswer: question }).found.name ?? 0) > 0,
    );
    const alone = share(replies, ({ text }) => hasName(text));
    expect(recall).toBeGreaterThan(0.95);
    expect(alone).toBeLessThan(recall);
  });
});
