import { randomBytes } from 'node:crypto';
import type { AuditEntry } from './audit.ts';
import type {
  InteractionRecord,
  Removed,
  RetentionLimits,
  StateChange,
  TurnRecord,
} from './history-store.ts';
import { type HistoryWrite, StoreFailure, unwrapWrite, type WriteOutcome } from './history-writes.ts';
import { KEY_BYTES } from './text-seal.ts';

/** A later limit for audit rows would take the row that each portion writes of itself, and so never end. */
const limitsUpTo = (atUnixMs: number, limits: RetentionLimits): RetentionLimits =>
  limits.auditBeforeUnixMs === undefined
    ? limits
    : { ...limits, auditBeforeUnixMs: Math.min(limits.auditBeforeUnixMs, atUnixMs) };

/** Repeats a bounded removal until it finds nothing more. */
async function removeInPortions(removePortion: () => Promise<Removed>): Promise<Removed> {
  const interactionIds: string[] = [];
  let turns = 0;
  let auditRows = 0;
  for (;;) {
    const portion = await removePortion();
    interactionIds.push(...portion.interactionIds);
    turns += portion.turns;
    auditRows += portion.auditRows;
    if (portion.interactionIds.length === 0 && portion.auditRows === 0)
      return { interactionIds, turns, auditRows };
  }
}

/** The writing half of a history whose writes wait in a queue for their commit, whatever the database. */
export abstract class QueuedHistory {
  /** Resolves when the write is committed or has failed. */
  protected abstract enqueue(write: HistoryWrite): Promise<WriteOutcome>;
  /** The key that is kept; undefined where none is yet. */
  protected abstract findKey(): Promise<string | undefined>;

  async #write(write: HistoryWrite): Promise<Removed> {
    return unwrapWrite(await this.enqueue(write));
  }

  async createInteraction(record: InteractionRecord, audit: readonly AuditEntry[]): Promise<void> {
    await this.#write({ kind: 'create', record, audit });
  }

  async changeState(change: StateChange, audit: readonly AuditEntry[]): Promise<void> {
    await this.#write({ kind: 'change', change, audit });
  }

  async appendTurn(turn: TurnRecord, audit: readonly AuditEntry[], change?: StateChange): Promise<void> {
    await this.#write({ kind: 'append', turn, audit, change });
  }

  async appendAudit(audit: readonly AuditEntry[]): Promise<void> {
    if (audit.length > 0) await this.#write({ kind: 'audit', audit });
  }

  async deleteCustomer(customerHash: string, audit: AuditEntry): Promise<Removed> {
    return this.#write({ kind: 'delete-customer', customerHash, audit });
  }

  /** Of several that make one at once the first to write it decides. */
  async sharedKey(): Promise<string> {
    const known = await this.findKey();
    if (known !== undefined) return known;
    await this.#write({ kind: 'keep-key', key: randomBytes(KEY_BYTES).toString('base64') });
    const kept = await this.findKey();
    if (kept === undefined) throw new StoreFailure('the shared key was not kept');
    return kept;
  }

  /** In portions, so that turns are written in between. */
  async applyRetention(limits: RetentionLimits, audit: AuditEntry): Promise<Removed> {
    const passed = limitsUpTo(audit.atUnixMs, limits);
    return removeInPortions(() => this.#write({ kind: 'retention', limits: passed, audit }));
  }
}
