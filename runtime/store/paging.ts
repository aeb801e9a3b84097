import type { InteractionRecord, Page } from './history-store.ts';

/** The last row of a page, by what the list is ordered by. */
interface Cursor {
  readonly atUnixMs: number;
  readonly id: string;
}

const textOf = (cursor: Cursor): string =>
  Buffer.from(`${cursor.atUnixMs}:${cursor.id}`).toString('base64url');

/** Undefined for the first page and for a text that no page gave. */
export function cursorFrom(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  const plain = Buffer.from(text, 'base64url').toString();
  const colon = plain.indexOf(':');
  const atUnixMs = Number(plain.slice(0, colon));
  return colon < 1 || !Number.isFinite(atUnixMs) ? undefined : { atUnixMs, id: plain.slice(colon + 1) };
}

/** A page from one row more than asked for, which tells whether there is another. */
export function pageFrom(
  found: readonly InteractionRecord[],
  limit: number,
  atOf: (last: InteractionRecord) => number,
): Page<InteractionRecord> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || last === undefined) return { items };
  return { items, next: textOf({ atUnixMs: atOf(last), id: last.interactionId }) };
}
