import { createHmac } from 'node:crypto';
import { type ChainFields, type ChainHead, canonicalJson } from './audit-chain.ts';
import type { InteractionRecord, TurnRecord } from './history-store.ts';
import { INTERACTION_COLUMNS, interactionValues, TURN_COLUMNS, turnValues } from './rows.ts';

const keyedDigest = (secret: string, value: unknown): string =>
  createHmac('sha256', secret).update(canonicalJson(value)).digest('hex');

/** Of a turn's texts. */
export const contentDigestOf = (
  secret: string,
  turn: Pick<TurnRecord, 'customerText' | 'answerText'>,
): string => keyedDigest(secret, [turn.customerText, turn.answerText]);

/** Texts have a digest of their own, since they may be deleted while the rest stays. */
const TURN_TEXTS: readonly string[] = ['customer_text', 'answer_text'];
/** Changed by every turn, or removed with a customer. */
const VOLATILE: readonly string[] = ['customer_hash', 'updated_at_unix_ms', 'hand_over_summary'];
/** Came later: without a value the digest stays the one of records from before. */
const LATER: readonly string[] = ['script_version'];

const withoutColumns = (columns: readonly string[], left: readonly string[]) => {
  const kept = columns.map((column) => !left.includes(column));
  return (values: readonly unknown[]): unknown[] => values.filter((_value, index) => kept[index]);
};
const turnRest = withoutColumns(TURN_COLUMNS, TURN_TEXTS);
const interactionRest = withoutColumns(INTERACTION_COLUMNS, [...VOLATILE, ...LATER]);

/** Of every column of a turn but its texts. */
export const turnDigestOf = (secret: string, turn: TurnRecord): string =>
  keyedDigest(secret, turnRest(turnValues(turn)));

/** Of the columns of an interaction that only a change of state may alter. */
export const interactionDigestOf = (secret: string, record: InteractionRecord): string =>
  keyedDigest(secret, [
    ...interactionRest(interactionValues(record)),
    ...(record.scriptVersion === undefined ? [] : [record.scriptVersion]),
  ]);

/** Of what goes with a customer who is deleted; the interaction's id keeps equal customers from being told. */
export const personDigestOf = (
  secret: string,
  { interactionId, customerHash, handOver }: InteractionRecord,
): string => keyedDigest(secret, ['person', interactionId, customerHash ?? null, handOver?.summary ?? null]);

/** What a row says that creates or changes an interaction. */
export const interactionFields = (secret: string, record: InteractionRecord): ChainFields => ({
  interactionDigest: interactionDigestOf(secret, record),
  personDigest: personDigestOf(secret, record),
});

/** Over the end of a chain: who has no secret cannot make the seal of an earlier end. */
export const sealOf = (secret: string, { chain, sequence, hash }: ChainHead): string =>
  keyedDigest(secret, [chain, sequence, hash]);
