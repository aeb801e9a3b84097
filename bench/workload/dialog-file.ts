import { z } from 'zod';
import { failedRows, lineIssue, readJsonLines } from '../../scenarios/tables.ts';
import { type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import { readPackedText } from '../../vocabulary/packed-text.ts';
import { msFromS } from '../../vocabulary/units.ts';
import { countWords } from './text.ts';

/** What a customer said in one turn, and how long the answer was then. */
export interface DialogTurn {
  readonly text: string;
  /** From the answer before to this message, where the file says it. */
  readonly delayMs?: number;
  /** 0 where the file has no answer. */
  readonly answerWords: number;
}

export interface Dialog {
  readonly system?: string;
  readonly turns: readonly DialogTurn[];
}

interface Utterance {
  readonly speaker: 'system' | 'customer' | 'agent';
  readonly text: string;
  readonly delayMs?: number | undefined;
}

const SPEAKERS = {
  system: 'system',
  user: 'customer',
  human: 'customer',
  assistant: 'agent',
  gpt: 'agent',
  agent: 'agent',
} as const;
const speakers = Object.keys(SPEAKERS) as (keyof typeof SPEAKERS)[];
const speakerSchema = z.enum(speakers as [keyof typeof SPEAKERS, ...(keyof typeof SPEAKERS)[]]);

/** The forms of a line, by the field that holds the messages. */
const FORMS = {
  /** OpenAI's messages, with a delay of ours where known. */
  messages: z
    .array(
      z.object({ role: speakerSchema, content: z.string(), delayMs: z.number().nonnegative().optional() }),
    )
    .transform((messages) =>
      messages.map(
        ({ role, content, delayMs }): Utterance => ({ speaker: SPEAKERS[role], text: content, delayMs }),
      ),
    ),
  /** ShareGPT. */
  conversations: z
    .array(z.object({ from: speakerSchema, value: z.string() }))
    .transform((messages) =>
      messages.map(({ from, value }): Utterance => ({ speaker: SPEAKERS[from], text: value })),
    ),
  /** STAR: speaker, text, seconds from the first message. */
  turns: z.array(z.tuple([speakerSchema, z.string(), z.number().nonnegative()])).transform((messages) =>
    messages.map(
      ([speaker, text, atS], i): Utterance => ({
        speaker: SPEAKERS[speaker],
        text,
        delayMs: Math.max(0, msFromS(atS - (messages[i - 1]?.[2] ?? 0))),
      }),
    ),
  ),
} as const;

const fieldsOf = Object.keys(FORMS) as (keyof typeof FORMS)[];

/** Consecutive messages of one speaker are one utterance. */
function merged(utterances: readonly Utterance[]): Utterance[] {
  const result: Utterance[] = [];
  for (const utterance of utterances) {
    if (countWords(utterance.text) === 0) continue;
    const last = result.at(-1);
    if (last?.speaker === utterance.speaker) {
      result[result.length - 1] = { ...last, text: `${last.text}\n${utterance.text}` };
    } else result.push(utterance);
  }
  return result;
}

function dialogFrom(utterances: readonly Utterance[]): Dialog | undefined {
  const said = merged(utterances);
  const system = said.find(({ speaker }) => speaker === 'system')?.text;
  const turns = said.flatMap(({ speaker, text, delayMs }, i): DialogTurn[] => {
    if (speaker !== 'customer') return [];
    const answer = said[i + 1];
    const answerWords = answer?.speaker === 'agent' ? countWords(answer.text) : 0;
    return [{ text, answerWords, ...(delayMs === undefined ? {} : { delayMs }) }];
  });
  return turns.length === 0 ? undefined : { turns, ...(system === undefined ? {} : { system }) };
}

/** A dialog; undefined where its customer never says a word, as in some that were broken off: there is nothing to send. */
function readLine(line: number, value: Readonly<Record<string, unknown>>): Dialog | Issue | undefined {
  const field = fieldsOf.find((name) => Object.hasOwn(value, name));
  if (field === undefined) {
    const expected = `a field ${fieldsOf.join(', ')}`;
    return lineIssue(line, expected, Object.keys(value).join(', '), 'write the messages into one of them');
  }
  const parsed = FORMS[field].safeParse(value[field]);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    const path = [field, ...(first?.path ?? [])].join('.');
    return lineIssue(line, `${path}: ${first?.message ?? 'messages'}`, 'something else', 'correct the line');
  }
  return dialogFrom(parsed.data);
}

/** Reads dialogs from JSON Lines, gzipped or not; those without a word of the customer are left out. Every bad line is found; the first 50 are listed. */
export function readDialogs(path: string): Result<readonly Dialog[]> {
  const packed = readPackedText(path, 'INVALID_TRACE');
  if (packed.kind === 'failed') return packed;
  const { rows, issues } = readJsonLines(packed.value.text);
  const dialogs: Dialog[] = [];
  for (const { line, value } of rows) {
    const read = readLine(line, value);
    if (read === undefined) continue;
    if ('turns' in read) dialogs.push(read);
    else issues.push(read);
  }
  if (issues.length === 0 && dialogs.length === 0) {
    const got = rows.length === 0 ? 'an empty file' : 'dialogs in which no customer says a word';
    issues.push(lineIssue(1, 'at least one dialog', got, 'give another file'));
  }
  return issues.length === 0 ? ok(dialogs) : failedRows('INVALID_TRACE', path, issues);
}
