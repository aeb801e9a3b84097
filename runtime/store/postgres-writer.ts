import type { PoolClient } from 'pg';
import { type ChainFields, type ChainHead, ChainWriter } from './audit-chain.ts';
import { interactionFields, sealOf } from './audit-digest.ts';
import { AuditLinker } from './audit-linker.ts';
import type { StateChange } from './history-store.ts';
import type { HistoryWrite, WriteOutcome } from './history-writes.ts';
import { deleteCustomerRows, removeOldRows } from './postgres-removal.ts';
import { recordSet, rowFromStored, storedValues } from './postgres-text.ts';
import {
  AUDIT_COLUMNS,
  auditValues,
  handOverValues,
  INTERACTION_COLUMNS,
  interactionFromRow,
  interactionValues,
  TURN_COLUMNS,
  turnValues,
} from './rows.ts';

type Create = Extract<HistoryWrite, { kind: 'create' }>;
type Append = Extract<HistoryWrite, { kind: 'append' }>;

const interactionColumns = INTERACTION_COLUMNS.join(', ');
const turnColumns = TURN_COLUMNS.join(', ');

const INSERT_INTERACTIONS = `INSERT INTO interactions (${interactionColumns})
  SELECT ${interactionColumns} FROM json_populate_recordset(NULL::interactions, $1::json)
  ON CONFLICT DO NOTHING RETURNING interaction_id`;

/**
 * Ordered, so that two gateways that write the same interactions wait for each other and do not deadlock; locked, so
 * that none is closed meanwhile.
 */
const INSERT_TURNS = `WITH appended AS (
    INSERT INTO turns (${turnColumns})
    SELECT ${TURN_COLUMNS.map((column) => `t.${column}`).join(', ')}
    FROM json_populate_recordset(NULL::turns, $1::json) t JOIN interactions i USING (interaction_id)
    WHERE i.state <> 'closed' AND t.turn_index = (
        SELECT coalesce(max(o.turn_index) + 1, 0) FROM turns o WHERE o.interaction_id = t.interaction_id)
    ORDER BY t.interaction_id FOR NO KEY UPDATE OF i
    ON CONFLICT DO NOTHING
    RETURNING interaction_id, finished_at_unix_ms),
  touched AS (
    UPDATE interactions i SET updated_at_unix_ms = a.finished_at_unix_ms
    FROM appended a WHERE i.interaction_id = a.interaction_id)
  SELECT interaction_id FROM appended`;

const CHANGE = `UPDATE interactions SET state = $1, reason = $2, updated_at_unix_ms = $3,
    hand_over_trigger = coalesce($4, hand_over_trigger), hand_over_reason = coalesce($5, hand_over_reason),
    hand_over_summary = coalesce($6, hand_over_summary), hand_over_at_unix_ms = coalesce($7, hand_over_at_unix_ms)
  WHERE interaction_id = $8 AND state <> 'closed' RETURNING *`;

const INSERT_AUDIT = `WITH linked AS (
    INSERT INTO audit (${AUDIT_COLUMNS.join(', ')})
    SELECT ${AUDIT_COLUMNS.join(', ')} FROM json_populate_recordset(NULL::audit, $1::json))
  INSERT INTO audit_heads (chain, sequence, hash, seal) VALUES ($2, $3, $4, $5)
  ON CONFLICT (chain) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash,
    seal = excluded.seal`;

/** Ordered, so that two chains that begin at once do not deadlock. */
const NAME_HEADS = `WITH ends AS (
    SELECT chain FROM audit_heads WHERE sequence > named_sequence ORDER BY chain FOR UPDATE)
  UPDATE audit_heads h SET named_sequence = h.sequence FROM ends e
  WHERE h.chain = e.chain RETURNING h.chain, h.sequence, h.hash`;

const KEEP_KEY = 'INSERT INTO shared_key (id, key) VALUES (1, $1) ON CONFLICT DO NOTHING';

const conflict = (message: string): WriteOutcome => ({ kind: 'conflict', message });
const WRITTEN: WriteOutcome = { kind: 'written' };

/** The writing side of one process: its own chain, one transaction at a time. */
export class PostgresWriter {
  readonly #secret: string;
  #chain = new ChainWriter();

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** All writes in one transaction, one outcome each. Rejects, with nothing written as far as can be known, when it fails. */
  async write(client: PoolClient, writes: readonly HistoryWrite[]): Promise<WriteOutcome[]> {
    const before = this.#chain.head;
    try {
      await client.query('BEGIN');
      const outcomes = await this.#apply(client, writes);
      await client.query('COMMIT');
      return outcomes;
    } catch (error) {
      await this.#giveUp(client, before);
      throw error;
    }
  }

  /** Where the server confirms the rollback the chain goes on from where it was; else what it holds is unknown. */
  async #giveUp(client: PoolClient, before: ChainHead): Promise<void> {
    try {
      await client.query('ROLLBACK');
      // A commit whose answer was lost cannot be rolled back; then the head in the database says so.
      const found = await client.query('SELECT sequence FROM audit_heads WHERE chain = $1', [before.chain]);
      const stored = found.rows[0] === undefined ? -1 : Number(found.rows[0].sequence);
      if (stored === before.sequence) this.#chain.restore(before);
      else this.#chain = new ChainWriter();
    } catch {
      this.#chain = new ChainWriter();
    }
  }

  async #apply(client: PoolClient, writes: readonly HistoryWrite[]): Promise<WriteOutcome[]> {
    const links: Link[] = [];
    const appended = await insertTurns(client, writes);
    const created = await insertInteractions(client, writes);
    const outcomes: WriteOutcome[] = [];
    for (const write of writes)
      outcomes.push(await this.#settle({ client, links, appended, created }, write));
    if (links.length > 0) await this.#link(client, links);
    return outcomes;
  }

  /**
   * The audit rows of a transaction, after everything else in it. The ends of other chains are locked to be named: their
   * writers, who come to them last too, would else wait for this one while it waits for their interactions.
   */
  async #link(client: PoolClient, links: readonly Link[]): Promise<void> {
    const linker = new AuditLinker(this.#chain, this.#secret);
    if (this.#chain.head.sequence < 0) linker.begin(await nameHeads(client));
    for (const link of links) link(linker);
    const { head } = this.#chain;
    const rows = recordSet(AUDIT_COLUMNS, linker.rows.map(auditValues));
    await client.query({
      name: 'audit',
      text: INSERT_AUDIT,
      values: [rows, head.chain, head.sequence, head.hash, sealOf(this.#secret, head)],
    });
  }

  async #settle(batch: Batch, write: HistoryWrite): Promise<WriteOutcome> {
    const { client, links } = batch;
    switch (write.kind) {
      case 'create': {
        const { record, audit } = write;
        if (!batch.created.delete(record.interactionId))
          return conflict(`interaction ${record.interactionId} exists already`);
        const fields = interactionFields(this.#secret, record);
        links.push((linker) => linker.add(audit, fields));
        return WRITTEN;
      }
      case 'append':
        return this.#settleAppend(batch, write);
      case 'change': {
        const fields = await this.#change(client, write.change);
        if (fields === undefined)
          return conflict(`interaction ${write.change.interactionId} is closed or does not exist`);
        links.push((linker) => linker.add(write.audit, fields));
        return WRITTEN;
      }
      case 'audit':
        links.push((linker) => linker.add(write.audit));
        return WRITTEN;
      case 'keep-key':
        await client.query(KEEP_KEY, [write.key]);
        return WRITTEN;
      case 'delete-customer': {
        const { customerHash, audit } = write;
        const { removed, closed } = await deleteCustomerRows(client, customerHash, audit.atUnixMs);
        links.push((linker) => linker.addDeletion(audit, removed, closed));
        return { kind: 'written', removed };
      }
      case 'retention': {
        const { removed, fields } = await removeOldRows(client, write.limits);
        if (fields !== undefined) links.push((linker) => linker.add([write.audit], fields));
        return { kind: 'written', removed };
      }
    }
  }

  async #settleAppend({ client, links, appended }: Batch, write: Append): Promise<WriteOutcome> {
    const { turn, change, audit } = write;
    if (!appended.delete(turn.interactionId))
      return conflict(`turn ${turn.turnIndex} of ${turn.interactionId} cannot be the next`);
    const fields = change === undefined ? {} : await this.#change(client, change);
    links.push((linker) => linker.addTurn(turn, audit, fields));
    return WRITTEN;
  }

  /** Digests of the interaction as it is now; undefined where there is none. */
  async #change(client: PoolClient, change: StateChange): Promise<ChainFields | undefined> {
    const { state, reason, atUnixMs, handOver, interactionId } = change;
    const values = storedValues([
      state,
      reason ?? null,
      atUnixMs,
      ...handOverValues(handOver),
      interactionId,
    ]);
    const { rows } = await client.query({ name: 'change', text: CHANGE, values });
    return rows[0] === undefined
      ? undefined
      : interactionFields(this.#secret, interactionFromRow(rowFromStored(rows[0])));
  }
}

/** Adds the audit rows of one write, when its turn comes. */
type Link = (linker: AuditLinker) => void;

interface Batch {
  readonly client: PoolClient;
  readonly links: Link[];
  readonly appended: Set<string>;
  readonly created: Set<string>;
}

async function nameHeads(client: PoolClient): Promise<ChainHead[]> {
  const { rows } = await client.query(NAME_HEADS);
  return rows
    .map(({ chain, sequence, hash }) => ({ chain, sequence: Number(sequence), hash }))
    .sort((left, right) => (left.chain < right.chain ? -1 : 1));
}

async function insertTurns(client: PoolClient, writes: readonly HistoryWrite[]): Promise<Set<string>> {
  const turns = writes.filter((write): write is Append => write.kind === 'append');
  if (turns.length === 0) return new Set();
  const values = [
    recordSet(
      TURN_COLUMNS,
      turns.map(({ turn }) => turnValues(turn)),
    ),
  ];
  const { rows } = await client.query({ name: 'insert-turns', text: INSERT_TURNS, values });
  return new Set(rows.map((row) => rowFromStored(row).interaction_id as string));
}

async function insertInteractions(client: PoolClient, writes: readonly HistoryWrite[]): Promise<Set<string>> {
  const creates = writes.filter((write): write is Create => write.kind === 'create');
  if (creates.length === 0) return new Set();
  const values = [
    recordSet(
      INTERACTION_COLUMNS,
      creates.map(({ record }) => interactionValues(record)),
    ),
  ];
  const { rows } = await client.query({ name: 'insert-interactions', text: INSERT_INTERACTIONS, values });
  return new Set(rows.map((row) => rowFromStored(row).interaction_id as string));
}
