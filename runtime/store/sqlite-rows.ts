import type { SQLOutputValue } from 'node:sqlite';
import { z } from 'zod';
import type { InteractionRecord, TurnRecord } from './history-store.ts';

type Row = Record<string, SQLOutputValue>;

/** Rows are checked on reading: a file edited by hand must not reach a client unnoticed. */
const interactionRow = z.object({
  interaction_id: z.string(),
  customer_hash: z.string().nullable(),
  channel: z.string(),
  state: z.enum(['active', 'handed-off', 'closed']),
  reason: z.string().nullable(),
  created_at_unix_ms: z.number(),
  updated_at_unix_ms: z.number(),
});

const turnRow = z.object({
  interaction_id: z.string(),
  turn_index: z.number(),
  message_id: z.string(),
  customer_text: z.string(),
  answer_text: z.string(),
  outcome: z.enum(['complete', 'failed_over']),
  finish_reason: z.enum(['stop', 'length']),
  provider: z.string(),
  engine: z.string(),
  level: z.string(),
  prompt_tokens: z.number(),
  cached_prompt_tokens: z.number(),
  output_tokens: z.number(),
  started_at_unix_ms: z.number(),
  finished_at_unix_ms: z.number(),
});

export function interactionFromRow(row: Row): InteractionRecord {
  const value = interactionRow.parse(row);
  return {
    interactionId: value.interaction_id,
    channel: value.channel,
    state: value.state,
    createdAtUnixMs: value.created_at_unix_ms,
    updatedAtUnixMs: value.updated_at_unix_ms,
    ...(value.customer_hash === null ? {} : { customerHash: value.customer_hash }),
    ...(value.reason === null ? {} : { reason: value.reason }),
  };
}

export function turnFromRow(row: Row): TurnRecord {
  const value = turnRow.parse(row);
  return {
    interactionId: value.interaction_id,
    turnIndex: value.turn_index,
    messageId: value.message_id,
    customerText: value.customer_text,
    answerText: value.answer_text,
    outcome: value.outcome,
    finishReason: value.finish_reason,
    provider: value.provider,
    engine: value.engine,
    level: value.level,
    promptTokens: value.prompt_tokens,
    cachedPromptTokens: value.cached_prompt_tokens,
    outputTokens: value.output_tokens,
    startedAtUnixMs: value.started_at_unix_ms,
    finishedAtUnixMs: value.finished_at_unix_ms,
  };
}

/** Named parameters of the insert; the names are those of the record. */
export const turnParameters = (turn: TurnRecord): Record<string, string | number> =>
  Object.fromEntries(Object.entries(turn).map(([name, value]) => [`$${name}`, value]));
