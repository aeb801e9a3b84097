import { type PriceInForce, priceInForce } from './price-status.ts';
import type { CatalogueEntry } from './schema.ts';
import { SHELF_LIFE_DAYS } from './schema.ts';
import { ageDays } from './staleness.ts';

/** How far an entry can be relied on today. */
export interface EntryStanding {
  readonly ageDays: number;
  readonly shelfLifeDays: number;
  readonly stale: boolean;
  /** `effective`, or what the entry says of itself; for token prices what the day makes of it. */
  readonly status: PriceInForce['standing'] | 'scheduled';
  /** What a reader must know; absent when the price is plainly in force. */
  readonly sentence?: string;
}

/** Age, shelf life and status of an entry on a day. What is retired is stale whatever its age. */
export function standingOf(found: CatalogueEntry, nowUnixMs: number): EntryStanding {
  const days = ageDays(found.entry.date, nowUnixMs);
  const shelfLifeDays = SHELF_LIFE_DAYS[found.group];
  const { status, sentence } = statusOf(found, nowUnixMs);
  return {
    ageDays: days,
    shelfLifeDays,
    stale: days > shelfLifeDays || status === 'retired',
    status,
    ...(sentence === undefined ? {} : { sentence }),
  };
}

function statusOf(found: CatalogueEntry, nowUnixMs: number): Pick<EntryStanding, 'status' | 'sentence'> {
  if (found.group === 'llm-prices') {
    const { standing, sentence } = priceInForce(found.entry, nowUnixMs);
    return { status: standing, ...(sentence === undefined ? {} : { sentence }) };
  }
  const { id, status = 'effective', statusUntil } = found.entry;
  if (status === 'effective') return { status };
  const until = statusUntil === undefined ? '' : ` (${statusUntil})`;
  return { status, sentence: `${id} is ${status}${until}` };
}
