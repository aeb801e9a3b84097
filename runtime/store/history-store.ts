/** States as stored; `inactive` is a matter of time and computed on reading. */
export type StoredState = 'active' | 'handed-off' | 'closed';

/** One conversation with one customer. */
export interface InteractionRecord {
  readonly interactionId: string;
  /** Keyed hash of the caller's customer id; the id itself is never stored. */
  readonly customerHash?: string;
  readonly channel: string;
  readonly state: StoredState;
  /** Why it was handed off or closed. */
  readonly reason?: string;
  readonly createdAtUnixMs: number;
  /** Last change: a turn, an escalation or the close. */
  readonly updatedAtUnixMs: number;
}

/** One answered turn. Turns that were cut short are not history: the client may send them again. */
export interface TurnRecord {
  readonly interactionId: string;
  /** From 0, without gaps. */
  readonly turnIndex: number;
  /** The client's own id, unique in the interaction. */
  readonly messageId: string;
  readonly customerText: string;
  readonly answerText: string;
  readonly outcome: 'complete' | 'failed_over';
  readonly finishReason: 'stop' | 'length';
  readonly provider: string;
  readonly engine: string;
  readonly level: string;
  readonly promptTokens: number;
  readonly cachedPromptTokens: number;
  readonly outputTokens: number;
  readonly startedAtUnixMs: number;
  readonly finishedAtUnixMs: number;
}

export interface StateChange {
  readonly interactionId: string;
  readonly state: StoredState;
  readonly reason?: string;
  readonly atUnixMs: number;
}

/** A turn with this message id or index exists already, or its interaction does not. */
export class HistoryConflict extends Error {
  override readonly name = 'HistoryConflict';
}

/**
 * Durable record of interactions and turns. A resolved write survives the death of the process. One contract suite
 * holds all (test/contracts/store-history.ts).
 */
export interface HistoryStore {
  createInteraction(record: InteractionRecord): Promise<void>;
  findInteraction(interactionId: string): Promise<InteractionRecord | undefined>;
  changeState(change: StateChange): Promise<void>;
  /** Also touches the interaction. Rejects with HistoryConflict and writes nothing when the turn cannot be the next. */
  appendTurn(turn: TurnRecord): Promise<void>;
  findTurn(interactionId: string, messageId: string): Promise<TurnRecord | undefined>;
  /** In turn order; the last `limit` of them. */
  listTurns(interactionId: string, limit: number): Promise<readonly TurnRecord[]>;
  /** Idempotent. */
  close(): Promise<void>;
}
