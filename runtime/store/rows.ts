import { z } from 'zod';
import type { AuditRow } from './audit-chain.ts';
import type { Deletion, HandOver, InteractionRecord, TurnRecord } from './history-store.ts';

/** A row as either database gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** Rows are checked on reading: a file edited by hand must not reach a client unnoticed. */
const interactionRow = z.object({
  interaction_id: z.string(),
  tenant: z.string(),
  customer_hash: z.string().nullable(),
  channel: z.string(),
  state: z.enum(['active', 'handed-off', 'closed']),
  reason: z.string().nullable(),
  hand_over_trigger: z.string().nullable(),
  hand_over_reason: z.string().nullable(),
  hand_over_summary: z.string().nullable(),
  hand_over_at_unix_ms: z.number().nullable(),
  script_version: z.string().nullable(),
  created_at_unix_ms: z.number(),
  updated_at_unix_ms: z.number(),
});

const turnRow = z.object({
  interaction_id: z.string(),
  tenant: z.string(),
  turn_index: z.number(),
  message_id: z.string(),
  customer_text: z.string(),
  answer_text: z.string(),
  outcome: z.enum(['complete', 'failed_over']),
  finish_reason: z.enum(['stop', 'length']),
  provider: z.string(),
  engine: z.string(),
  level: z.string(),
  decided_by: z.enum(['script', 'agent']),
  intent: z.string().nullable(),
  confidence: z.number().nullable(),
  prompt_tokens: z.number(),
  cached_prompt_tokens: z.number(),
  output_tokens: z.number(),
  cost_usd: z.number(),
  started_at_unix_ms: z.number(),
  finished_at_unix_ms: z.number(),
});

/** All of it or nothing: half a hand-over is a row edited by hand. */
function handOverFromRow(value: z.infer<typeof interactionRow>): HandOver | undefined {
  const {
    hand_over_trigger: trigger,
    hand_over_reason: reasonCode,
    hand_over_summary: summary,
    hand_over_at_unix_ms: atUnixMs,
  } = value;
  if (trigger !== null && reasonCode !== null && summary !== null && atUnixMs !== null)
    return { trigger, reasonCode, summary, atUnixMs };
  if (trigger === null && reasonCode === null && summary === null && atUnixMs === null) return undefined;
  throw new Error(`interaction ${value.interaction_id} has half a hand-over`);
}

export function interactionFromRow(row: Row): InteractionRecord {
  const value = interactionRow.parse(row);
  const handOver = handOverFromRow(value);
  return {
    interactionId: value.interaction_id,
    tenant: value.tenant,
    channel: value.channel,
    state: value.state,
    createdAtUnixMs: value.created_at_unix_ms,
    updatedAtUnixMs: value.updated_at_unix_ms,
    ...(value.customer_hash === null ? {} : { customerHash: value.customer_hash }),
    ...(value.reason === null ? {} : { reason: value.reason }),
    ...(handOver === undefined ? {} : { handOver }),
    ...(value.script_version === null ? {} : { scriptVersion: value.script_version }),
  };
}

export function turnFromRow(row: Row): TurnRecord {
  const value = turnRow.parse(row);
  return {
    interactionId: value.interaction_id,
    tenant: value.tenant,
    turnIndex: value.turn_index,
    messageId: value.message_id,
    customerText: value.customer_text,
    answerText: value.answer_text,
    outcome: value.outcome,
    finishReason: value.finish_reason,
    provider: value.provider,
    engine: value.engine,
    level: value.level,
    decidedBy: value.decided_by,
    promptTokens: value.prompt_tokens,
    cachedPromptTokens: value.cached_prompt_tokens,
    outputTokens: value.output_tokens,
    costUsd: value.cost_usd,
    startedAtUnixMs: value.started_at_unix_ms,
    finishedAtUnixMs: value.finished_at_unix_ms,
    ...(value.intent === null ? {} : { intent: value.intent }),
    ...(value.confidence === null ? {} : { confidence: value.confidence }),
  };
}

/** Columns of a turn, in the order of turnValues. */
export const TURN_COLUMNS = [
  'interaction_id',
  'tenant',
  'turn_index',
  'message_id',
  'customer_text',
  'answer_text',
  'outcome',
  'finish_reason',
  'provider',
  'engine',
  'level',
  'decided_by',
  'intent',
  'confidence',
  'prompt_tokens',
  'cached_prompt_tokens',
  'output_tokens',
  'cost_usd',
  'started_at_unix_ms',
  'finished_at_unix_ms',
] as const;

type Cell = string | number | null;

export const turnValues = (turn: TurnRecord): Cell[] => [
  turn.interactionId,
  turn.tenant,
  turn.turnIndex,
  turn.messageId,
  turn.customerText,
  turn.answerText,
  turn.outcome,
  turn.finishReason,
  turn.provider,
  turn.engine,
  turn.level,
  turn.decidedBy,
  turn.intent ?? null,
  turn.confidence ?? null,
  turn.promptTokens,
  turn.cachedPromptTokens,
  turn.outputTokens,
  turn.costUsd,
  turn.startedAtUnixMs,
  turn.finishedAtUnixMs,
];

/** Columns of an interaction, in the order of interactionValues. */
export const INTERACTION_COLUMNS = [
  'interaction_id',
  'tenant',
  'customer_hash',
  'channel',
  'state',
  'reason',
  'hand_over_trigger',
  'hand_over_reason',
  'hand_over_summary',
  'hand_over_at_unix_ms',
  'created_at_unix_ms',
  'updated_at_unix_ms',
  'script_version',
] as const;

/** In the order of their columns; nulls where there was no hand-over. */
export const handOverValues = (handOver: HandOver | undefined): [Cell, Cell, Cell, Cell] =>
  handOver === undefined
    ? [null, null, null, null]
    : [handOver.trigger, handOver.reasonCode, handOver.summary, handOver.atUnixMs];

export const interactionValues = (record: InteractionRecord): Cell[] => [
  record.interactionId,
  record.tenant,
  record.customerHash ?? null,
  record.channel,
  record.state,
  record.reason ?? null,
  ...handOverValues(record.handOver),
  record.createdAtUnixMs,
  record.updatedAtUnixMs,
  record.scriptVersion ?? null,
];

/** Columns of an audit row, in the order of auditValues. */
export const AUDIT_COLUMNS = [
  'chain',
  'sequence',
  'previous_hash',
  'hash',
  'kind',
  'at_unix_ms',
  'interaction_id',
  'turn_index',
  'body',
] as const;

export const auditValues = (row: AuditRow): Cell[] => [
  row.chain,
  row.sequence,
  row.previousHash,
  row.hash,
  row.kind,
  row.atUnixMs,
  row.interactionId,
  row.turnIndex,
  row.body,
];

/** Deletions by customer since an instant. */
export const DELETIONS = `SELECT chain, sequence, at_unix_ms, body FROM audit
  WHERE kind = 'customer_deleted' AND at_unix_ms >= ?1`;

const deletionBody = z.object({ interactionIds: z.array(z.string()).default([]) });

export const deletionFromRow = (row: Row): Deletion => ({
  id: `${row.chain}:${row.sequence}`,
  atUnixMs: Number(row.at_unix_ms),
  interactionIds: deletionBody.parse(JSON.parse(textOf(row.body))).interactionIds,
});

const textOf = (value: unknown): string => (typeof value === 'string' ? value : String(value));

/** As it stands, not checked: checking is what verification does. PostgreSQL gives 64-bit numbers as text. */
export const auditFromRow = (row: Row): AuditRow => ({
  chain: textOf(row.chain),
  sequence: Number(row.sequence),
  previousHash: textOf(row.previous_hash),
  hash: textOf(row.hash),
  kind: textOf(row.kind),
  atUnixMs: Number(row.at_unix_ms),
  interactionId: row.interaction_id === null ? null : textOf(row.interaction_id),
  turnIndex: row.turn_index === null ? null : Number(row.turn_index),
  body: textOf(row.body),
});
