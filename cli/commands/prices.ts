import { SHELF_LIFE_DAYS } from '../../scenarios/catalogue/schema.ts';
import { type EntryStanding, standingOf } from '../../scenarios/catalogue/standing.ts';
import { type Catalogue, type CatalogueEntry, findEntry, readCatalogue } from '../../scenarios/catalogue.ts';
import { BusyhourError, createFailure, EXIT_CODES, unwrap } from '../../vocabulary/errors.ts';
import type { Command, CommandResult } from '../boundary.ts';
import type { ListingOptions } from './listings.ts';
import { explainEntry, listRow } from './price-text.ts';

export interface PricesOptions extends ListingOptions {
  /** Only entries of this group. */
  readonly group?: string;
  readonly stale?: boolean;
  /** The user's own files. */
  readonly prices?: readonly string[];
}

type Standing = CatalogueEntry & EntryStanding;

const withStanding = (found: CatalogueEntry): Standing => ({ ...found, ...standingOf(found, Date.now()) });

const usage = (message: string, hint: string): BusyhourError =>
  new BusyhourError(createFailure('USAGE', message, { hint }));

function list(catalogue: Catalogue, options: PricesOptions, staleOnly: boolean): CommandResult {
  const { group, json } = options;
  const groups = Object.keys(SHELF_LIFE_DAYS);
  if (group !== undefined && !groups.includes(group)) {
    throw usage(`there is no group ${group}`, `Use one of ${groups.join(', ')}.`);
  }
  const entries = [...catalogue.entries.values()]
    .map(withStanding)
    .filter((found) => (group === undefined || found.group === group) && (!staleOnly || found.stale));
  if (!json) process.stdout.write(entries.map((found) => `${listRow(found, found)}\n`).join(''));
  return { exitCode: EXIT_CODES.ok, json: entries };
}

function explain(catalogue: Catalogue, id: string | undefined, options: PricesOptions): CommandResult {
  const { group, stale, json } = options;
  if (id === undefined)
    throw usage('prices explain needs the id of an entry', 'busyhour prices list shows them.');
  if (group !== undefined || stale === true)
    throw usage('--group and --stale choose among the entries of a list', `Leave them out to explain ${id}.`);
  const found = withStanding(unwrap(findEntry(catalogue, id)));
  if (!json) process.stdout.write(`${explainEntry(found, found)}\n`);
  return { exitCode: EXIT_CODES.ok, json: found };
}

/**
 * `busyhour prices list`, `explain ID` and `stale`: what the catalogue knows, how old it is and how it stands. A single
 * id is explained, and no argument lists.
 */
export const prices: Command<PricesOptions> = async (options) => {
  const { args, stale, prices: own } = options;
  const [what = 'list', id, ...more] = args;
  if (more.length > 0) throw usage(`${more.join(' ')} is too much for prices`, 'Give one id.');
  const catalogue = unwrap(readCatalogue(own));
  if (what === 'explain') return explain(catalogue, id, options);
  if (what !== 'list' && what !== 'stale') return explain(catalogue, what, options);
  if (id !== undefined) throw usage(`prices ${what} takes no id`, `busyhour prices explain ${id} shows it.`);
  return list(catalogue, options, what === 'stale' || stale === true);
};
