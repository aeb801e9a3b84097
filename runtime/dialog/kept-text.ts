import { createHmac } from 'node:crypto';
import type { RedactionContext, Redactor } from '../privacy/redactor.ts';
import type { DialogContext } from '../store/context-store.ts';
import type { HistoryStore, TurnRecord } from '../store/history-store.ts';
import type { TurnInput } from './turn-types.ts';

/** The turn before, as it is kept. */
interface Before {
  readonly answer: string | undefined;
  readonly text: string | undefined;
}

const NOTHING_BEFORE: Before = { answer: undefined, text: undefined };

function redactionContext(input: TurnInput, { answer, text }: Before): RedactionContext {
  return {
    ...(input.customerName === undefined ? {} : { names: [input.customerName] }),
    ...(answer === undefined ? {} : { previousAnswer: answer }),
    ...(text === undefined ? {} : { previousText: text }),
  };
}

/** What a message is redacted with: the customer's name, and the turn before it as it is kept. */
export function redactionContextOf(context: DialogContext, input: TurnInput): RedactionContext {
  const last = context.messages.at(-1);
  const asked = context.messages.at(-2);
  if (last?.role !== 'assistant') return redactionContext(input, NOTHING_BEFORE);
  return redactionContext(input, {
    answer: last.content,
    text: asked?.role === 'user' ? asked.content : undefined,
  });
}

/** What most clients send; nothing that a person has stands in it, whatever its digits look like. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The form in which a client's message id is kept: as it is, or as a keyed hash where personal data stands in it. The same
 * id gives the same form, so that a repeated message is known by it.
 */
export function keptMessageId(
  { redactor, customerHashSecret }: { readonly redactor: Redactor; readonly customerHashSecret: string },
  interactionId: string,
  messageId: string,
): string {
  if (UUID.test(messageId) || redactor.redact(messageId).text === messageId) return messageId;
  const hash = createHmac('sha256', customerHashSecret).update(`message ${interactionId} ${messageId}`);
  return `hashed-${hash.digest('hex')}`;
}

/** Longer interactions than this are compared without the answer before. */
const MAX_LISTED_TURNS = 500;

/** What a stored turn's message was redacted with, if it was this one. */
export async function redactionContextAt(
  history: HistoryStore,
  turn: TurnRecord,
  input: TurnInput,
): Promise<RedactionContext> {
  if (turn.turnIndex === 0) return redactionContext(input, NOTHING_BEFORE);
  const turns = await history.listTurns(turn.interactionId, MAX_LISTED_TURNS);
  const before = turns.find((other) => other.turnIndex === turn.turnIndex - 1);
  return redactionContext(input, { answer: before?.answerText, text: before?.customerText });
}
