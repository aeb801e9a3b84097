import type { AuditEntry } from './audit.ts';
import type { StoreLoad, WriteObserver } from './write-observer.ts';

/** States as stored; `inactive` is a matter of time and computed on reading. */
export type StoredState = 'active' | 'handed-off' | 'closed';

/** What the person who takes over needs to know. */
export interface HandOver {
  /** Which of the escalation triggers fired. */
  readonly trigger: string;
  /** One of a closed list, for routing and for counting. */
  readonly reasonCode: string;
  readonly summary: string;
  readonly atUnixMs: number;
}

/** One conversation with one customer. */
export interface InteractionRecord {
  readonly interactionId: string;
  /** Whose it is; `default` where no keys are configured. */
  readonly tenant: string;
  /** Keyed hash of the caller's customer id; the id itself is never stored. */
  readonly customerHash?: string;
  readonly channel: string;
  readonly state: StoredState;
  /** Why it was handed off or closed. */
  readonly reason?: string;
  readonly handOver?: HandOver;
  /** Of the dialog script with which it began; absent where there was none. */
  readonly scriptVersion?: string;
  readonly createdAtUnixMs: number;
  /** Last change: a turn, an escalation or the close. */
  readonly updatedAtUnixMs: number;
}

/** One answered turn. Turns that were cut short are not history: the client may send them again. */
export interface TurnRecord {
  readonly interactionId: string;
  readonly tenant: string;
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
  readonly decidedBy: 'script' | 'agent';
  /** What the script understood, with how sure it was, 0…1. */
  readonly intent?: string;
  readonly confidence?: number;
  readonly promptTokens: number;
  readonly cachedPromptTokens: number;
  readonly outputTokens: number;
  /** Everything that was paid for this turn, failed attempts too. */
  readonly costUsd: number;
  readonly startedAtUnixMs: number;
  readonly finishedAtUnixMs: number;
}

export interface StateChange {
  readonly interactionId: string;
  readonly state: StoredState;
  readonly reason?: string;
  readonly handOver?: HandOver;
  readonly atUnixMs: number;
}

/** A turn with this message id or index exists already, or its interaction does not. */
export class HistoryConflict extends Error {
  override readonly name = 'HistoryConflict';
}

/** One page of a list; `next` continues it and is absent on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** Newest first by creation. */
export interface InteractionFilter {
  readonly tenant?: string;
  readonly state?: StoredState;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** Those who wait for a person, longest wait first. */
export interface EscalationFilter {
  readonly tenant?: string;
  readonly limit: number;
  readonly after?: string;
}

/** From included to excluded. */
export interface AnalyticsWindow {
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
  readonly tenant?: string;
}

/** What happened in a window: turns by when they finished, interactions by when they began, escalations by when. */
export interface Analytics {
  readonly interactions: number;
  readonly turns: number;
  readonly escalations: number;
  /** By reason code; those without a hand-over record under `unspecified`. */
  readonly escalationsByReason: Readonly<Record<string, number>>;
  /** Turns by degradation level; divide by `turns` for shares. */
  readonly turnsByLevel: Readonly<Record<string, number>>;
  /** Turns by intent; those without are left out. */
  readonly turnsByIntent: Readonly<Record<string, number>>;
  readonly promptTokens: number;
  readonly cachedPromptTokens: number;
  readonly outputTokens: number;
  readonly costUsdByTenant: Readonly<Record<string, number>>;
  /** From a turn's start to its row, nearest rank; absent without turns. */
  readonly answerTimeP50Ms?: number;
  readonly answerTimeP95Ms?: number;
}

/** Everything strictly older goes; what is absent stays for ever. */
export interface RetentionLimits {
  /** Whole interactions by their last change, with their turns. */
  readonly turnsBeforeUnixMs?: number;
  /** Audit rows, from the oldest of each chain on. */
  readonly auditBeforeUnixMs?: number;
}

/** What a removal removed. */
export interface Removed {
  readonly interactionIds: readonly string[];
  readonly turns: number;
  readonly auditRows: number;
}

/** Customers whose texts are gone on purpose. */
export interface Deletion {
  /** Unique among deletions. */
  readonly id: string;
  readonly atUnixMs: number;
  readonly interactionIds: readonly string[];
}

/**
 * Durable record of interactions, turns and decisions. Every write stores its audit entries in the same transaction;
 * a resolved write survives the death of the process. One contract suite holds all (test/contracts/store-history.ts).
 */
export interface HistoryStore {
  createInteraction(record: InteractionRecord, audit: readonly AuditEntry[]): Promise<void>;
  findInteraction(interactionId: string): Promise<InteractionRecord | undefined>;
  changeState(change: StateChange, audit: readonly AuditEntry[]): Promise<void>;
  /**
   * Also touches the interaction, and changes its state where the turn did so. Rejects with HistoryConflict and writes
   * nothing when the turn cannot be the next.
   */
  appendTurn(turn: TurnRecord, audit: readonly AuditEntry[], change?: StateChange): Promise<void>;
  /** For what has no row of its own: completions, refusals, actions of an administrator. */
  appendAudit(audit: readonly AuditEntry[]): Promise<void>;
  findTurn(interactionId: string, messageId: string): Promise<TurnRecord | undefined>;
  /** In turn order; the last `limit` of them. */
  listTurns(interactionId: string, limit: number): Promise<readonly TurnRecord[]>;
  listInteractions(filter: InteractionFilter): Promise<Page<InteractionRecord>>;
  listEscalations(filter: EscalationFilter): Promise<Page<InteractionRecord>>;
  readAnalytics(window: AnalyticsWindow): Promise<Analytics>;
  /** Removes the texts and the hash of one customer; rows, counts and the audit chain stay. */
  deleteCustomer(customerHash: string, audit: AuditEntry): Promise<Removed>;
  /** Removes what is older than the limits; that of audit rows counts as no later than the audit entry. */
  applyRetention(limits: RetentionLimits, audit: AuditEntry): Promise<Removed>;
  /** Deletions by customer since an instant, whoever asked for them. */
  listDeletions(fromUnixMs: number): Promise<readonly Deletion[]>;
  /** 32 random bytes in base64, made by the first that asks and the same for all that share this history. */
  sharedKey(): Promise<string>;
  /** Tells of each transaction from here on. */
  observeWrites(observer: WriteObserver): void;
  readonly load: StoreLoad;
  /** Rejects when the store does not answer. */
  ping(): Promise<void>;
  /** Writes what waits, then releases all. Idempotent. */
  close(): Promise<void>;
}
