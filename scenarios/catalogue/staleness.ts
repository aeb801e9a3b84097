import { createDiagnostic, type Diagnostic } from '../../vocabulary/diagnostics.ts';
import { MS_PER_S, S_PER_DAY } from '../../vocabulary/units.ts';
import { priceInForce } from './price-status.ts';
import { type Catalogue, type CatalogueEntry, SHELF_LIFE_DAYS } from './schema.ts';

/** Days from an entry's date to now; a month or a year counts from its first day. Negative for a future date. */
export function ageDays(date: string, nowUnixMs: number): number {
  const [year = '1970', month = '01', day = '01'] = date.split('-');
  const atUnixMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return Math.floor((nowUnixMs - atUnixMs) / (S_PER_DAY * MS_PER_S));
}

function diagnosticsOf(found: CatalogueEntry, nowUnixMs: number): Diagnostic[] {
  const { id, date, sourcesAgree } = found.entry;
  const shelfLifeDays = SHELF_LIFE_DAYS[found.group];
  const days = ageDays(date, nowUnixMs);
  const diagnostics: Diagnostic[] = [];
  if (days > shelfLifeDays) {
    const message = `${id} is dated ${date}, ${days} days ago; figures of ${found.group} keep for ${shelfLifeDays} days`;
    diagnostics.push(createDiagnostic('STALE_PRICE', message, id));
  }
  if (sourcesAgree === false) {
    diagnostics.push(
      createDiagnostic('DISPUTED_PRICE', `the sources of ${id} disagree; the range is used`, id),
    );
  }
  const sentence = found.group === 'llm-prices' ? priceInForce(found.entry, nowUnixMs).sentence : undefined;
  if (sentence !== undefined) diagnostics.push(createDiagnostic('PRICE_CHANGES', sentence, id));
  return diagnostics;
}

/** STALE_PRICE, DISPUTED_PRICE and PRICE_CHANGES of the entries named, each id once; unknown ids are skipped. */
export function cataloguePriceDiagnostics(
  catalogue: Catalogue,
  ids: Iterable<string>,
  nowUnixMs: number,
): Diagnostic[] {
  return [...new Set(ids)].flatMap((id) => {
    const found = catalogue.entries.get(id);
    return found === undefined ? [] : diagnosticsOf(found, nowUnixMs);
  });
}
