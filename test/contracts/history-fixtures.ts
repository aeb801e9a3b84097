import type { AuditEntry } from '../../runtime/store/audit.ts';
import type { InteractionRecord, TurnRecord } from '../../runtime/store/history-store.ts';

export const interactionOf = (interactionId: string): InteractionRecord => ({
  interactionId,
  tenant: 'default',
  customerHash: 'c'.repeat(64),
  channel: 'chat',
  state: 'active',
  scriptVersion: '1.10.0',
  createdAtUnixMs: 1_700_000_000_000.25,
  updatedAtUnixMs: 1_700_000_000_000.25,
});

export const turnOf = (
  interactionId: string,
  turnIndex: number,
  messageId = `m${turnIndex}`,
): TurnRecord => ({
  interactionId,
  tenant: 'default',
  turnIndex,
  messageId,
  customerText: `naïve 🙂 "quoted" '; DROP TABLE turns; -- ${turnIndex}`,
  answerText: `answer ${turnIndex}`,
  outcome: 'complete',
  finishReason: 'stop',
  provider: 'local',
  engine: 'simulated',
  level: 'primary',
  decidedBy: 'agent',
  costUsd: 0.001,
  promptTokens: 10 + turnIndex,
  cachedPromptTokens: turnIndex,
  outputTokens: 5,
  startedAtUnixMs: 1_700_000_000_100 + turnIndex,
  finishedAtUnixMs: 1_700_000_000_200 + turnIndex,
});

/** What goes with a turn. */
export const answered = (turn: TurnRecord): AuditEntry[] => [
  {
    kind: 'turn_answered',
    atUnixMs: turn.finishedAtUnixMs,
    tenant: turn.tenant,
    interactionId: turn.interactionId,
    turnIndex: turn.turnIndex,
    messageId: turn.messageId,
    decisions: [{ step: 'agent', outcome: 'answered' }],
  },
];

export const created = (record: InteractionRecord): AuditEntry[] => [
  {
    kind: 'interaction_created',
    atUnixMs: record.createdAtUnixMs,
    tenant: record.tenant,
    interactionId: record.interactionId,
    decisions: [],
  },
];
