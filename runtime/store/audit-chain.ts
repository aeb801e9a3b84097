import { hash, randomBytes } from 'node:crypto';
import type { AuditEntry, AuditKind } from './audit.ts';

/** Before the first row of a chain there is nothing. */
export const GENESIS_HASH = '0'.repeat(64);

/** A place in a chain, with the hash that the row there has. */
export interface ChainHead {
  readonly chain: string;
  readonly sequence: number;
  readonly hash: string;
}

/** What the store itself adds to an entry. */
export interface ChainFields {
  /** Genesis rows: the ends of the other chains at that moment, as far as no genesis row named them before. */
  readonly heads?: readonly ChainHead[];
  /** Retention: up to where chains were removed; all that hold at this moment. */
  readonly checkpoints?: readonly ChainHead[];
  /** Retention: turns of interactions last changed before are gone. */
  readonly turnsBeforeUnixMs?: number;
  /** Retention: audit rows before may be gone. */
  readonly auditBeforeUnixMs?: number;
  /** Deletion by customer, retention: whose texts are gone. */
  readonly interactionIds?: readonly string[];
  /** Keyed digest of the columns of the turn written with it, texts aside. */
  readonly recordDigest?: string;
  /** Keyed digest of the interaction as it was left, where this created or changed it. */
  readonly interactionDigest?: string;
  /** Keyed digest of the customer's hash and the hand-over's summary as they were left; rows of the first format have none. */
  readonly personDigest?: string;
}

/** What is hashed: an entry, its place, and what the store adds. */
export interface ChainBody extends Omit<AuditEntry, 'kind'>, ChainFields {
  readonly kind: AuditKind | 'chain_started';
  readonly chain: string;
  readonly sequence: number;
}

/** A row of the audit table. The columns beside the body repeat it, to be searched by. */
export interface AuditRow {
  readonly chain: string;
  readonly sequence: number;
  readonly previousHash: string;
  readonly hash: string;
  readonly kind: string;
  readonly atUnixMs: number;
  readonly interactionId: string | null;
  readonly turnIndex: number | null;
  readonly body: string;
}

/** JSON with the keys of every object in the order of their code units and no white space; absent fields left out. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const field = (value as Record<string, unknown>)[key];
    if (field === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(field)}`;
  }
  return `{${text}}`;
}

/** sha256(previous hash || canonical JSON of the body), hex. */
export const linkHash = (previousHash: string, body: string): string => hash('sha256', previousHash + body);

/** One writer's own chain: nobody else appends to it, so appending takes no lock that others wait for. */
export class ChainWriter {
  #head: ChainHead;

  constructor(chain: string = randomBytes(12).toString('hex')) {
    this.#head = { chain, sequence: -1, hash: GENESIS_HASH };
  }

  /** To return to when a transaction was rolled back; sequence -1 before the genesis row. */
  get head(): ChainHead {
    return this.#head;
  }

  restore(head: ChainHead): void {
    this.#head = head;
  }

  /** The row that comes next. The writer counts it as written. */
  link(entry: Omit<ChainBody, 'chain' | 'sequence'>): AuditRow {
    const { chain, hash: previousHash } = this.#head;
    const sequence = this.#head.sequence + 1;
    const body = canonicalJson({ ...entry, chain, sequence });
    this.#head = { chain, sequence, hash: linkHash(previousHash, body) };
    return {
      chain,
      sequence,
      previousHash,
      hash: this.#head.hash,
      kind: entry.kind,
      atUnixMs: entry.atUnixMs,
      interactionId: entry.interactionId ?? null,
      turnIndex: entry.turnIndex ?? null,
      body,
    };
  }
}

/** The first row of a chain. */
export const genesisOf = (heads: readonly ChainHead[], atUnixMs: number) =>
  ({ kind: 'chain_started', atUnixMs, tenant: '', decisions: [], heads }) as const;
