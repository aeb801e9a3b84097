import type { AuditEntry } from './audit.ts';
import type { AuditRow, ChainFields, ChainHead, ChainWriter } from './audit-chain.ts';
import { genesisOf } from './audit-chain.ts';
import { contentDigestOf, interactionDigestOf, interactionFields, turnDigestOf } from './audit-digest.ts';
import type { InteractionRecord, Removed, TurnRecord } from './history-store.ts';

/** Turns entries into the rows of one transaction, in the order in which they were added. */
export class AuditLinker {
  readonly rows: AuditRow[] = [];
  readonly #chain: ChainWriter;
  readonly #secret: string;

  constructor(chain: ChainWriter, secret: string) {
    this.#chain = chain;
    this.#secret = secret;
  }

  /** The first row of the chain. */
  begin(heads: readonly ChainHead[]): void {
    this.rows.push(this.#chain.link(genesisOf(heads, Date.now())));
  }

  add(entries: readonly AuditEntry[], fields: ChainFields = {}): void {
    for (const entry of entries) this.rows.push(this.#chain.link({ ...entry, ...fields }));
  }

  /** The entries of a turn: the one that says it was answered carries the digests of its row. */
  addTurn(turn: TurnRecord, entries: readonly AuditEntry[], changeFields: ChainFields = {}): void {
    for (const entry of entries) {
      if (entry.kind === 'turn_answered') this.#addAnswered(turn, entry, changeFields);
      else this.add([entry], changeFields);
    }
  }

  /** A deletion by customer, and the end of each interaction that it closed. */
  addDeletion(entry: AuditEntry, { interactionIds }: Removed, closed: readonly InteractionRecord[]): void {
    this.add([entry], { interactionIds });
    for (const record of closed) {
      const { interactionId, tenant, reason } = record;
      const decision = { step: 'close', outcome: 'closed', ...(reason === undefined ? {} : { reason }) };
      const closing = { kind: 'closed', atUnixMs: entry.atUnixMs, tenant, interactionId } as const;
      const interactionDigest = interactionDigestOf(this.#secret, record);
      this.add([{ ...closing, decisions: [decision] }], { interactionDigest });
    }
  }

  adoptInteraction(record: InteractionRecord, what: Pick<AuditEntry, 'atUnixMs' | 'decisions'>): void {
    const { interactionId, tenant } = record;
    const entry = { kind: 'interaction_adopted', tenant, interactionId, ...what } as const;
    this.add([entry], interactionFields(this.#secret, record));
  }

  adoptTurn(turn: TurnRecord, what: Pick<AuditEntry, 'atUnixMs' | 'decisions'>): void {
    this.#addAnswered(turn, { kind: 'turn_adopted', tenant: turn.tenant, ...what }, {});
  }

  #addAnswered(turn: TurnRecord, entry: AuditEntry, changeFields: ChainFields): void {
    const { interactionId, turnIndex, messageId } = turn;
    const contentDigest = contentDigestOf(this.#secret, turn);
    const whole = { ...entry, interactionId, turnIndex, messageId, contentDigest };
    this.add([whole], { ...changeFields, recordDigest: turnDigestOf(this.#secret, turn) });
  }
}
