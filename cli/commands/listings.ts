import { cataloguePriceDiagnostics, findEntry, readCatalogue } from '../../scenarios/catalogue.ts';
import { type DeploymentMode, readAllModes, readMode } from '../../scenarios/mode.ts';
import { EXIT_CODES, unwrap } from '../../vocabulary/errors.ts';
import type { Command } from '../boundary.ts';

export interface ListingOptions {
  /** The positional arguments: none lists, one explains. */
  readonly args: readonly string[];
  readonly json?: boolean;
}

const out = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

function explainMode(mode: DeploymentMode): string {
  const { residency } = mode;
  return [
    `${mode.id}: ${mode.title}`,
    mode.summary,
    '',
    'tier             runs on (operated by)',
    ...mode.tiers.map((tier) => `${tier.id.padEnd(16)} ${tier.service}: ${tier.runsOn} (${tier.operatedBy})`),
    '',
    `data rests:      ${residency.dataRests}`,
    `leaves premises: ${residency.leavesPremises.length === 0 ? 'nothing' : residency.leavesPremises.join('; ')}`,
    `fails together:  ${mode.failureDomains.join('; ')}`,
  ].join('\n');
}

/** `busyhour modes [name]`: who runs what, where data rests, what leaves the premises, what fails together. */
export const modes: Command<ListingOptions> = async ({ args: [name], json }) => {
  const catalogue = unwrap(readCatalogue());
  const found = name === undefined ? unwrap(readAllModes(catalogue)) : [unwrap(readMode(name, catalogue))];
  if (!json)
    out(
      name === undefined
        ? found.map(({ id, title }) => `${id.padEnd(12)} ${title}`).join('\n')
        : found.map(explainMode).join('\n'),
    );
  return { exitCode: EXIT_CODES.ok, json: name === undefined ? found : found[0] };
};

export interface PricesOptions extends ListingOptions {
  readonly stale?: boolean;
  /** The user's own files. */
  readonly prices?: readonly string[];
}

/** `busyhour prices [id]`: entries with their date, or one entry whole; --stale keeps those past their shelf life. */
export const prices: Command<PricesOptions> = async ({ args: [id], stale, prices: own, json }) => {
  const catalogue = unwrap(readCatalogue(own));
  const entries = id === undefined ? [...catalogue.entries.values()] : [unwrap(findEntry(catalogue, id))];
  const old = new Set(
    cataloguePriceDiagnostics(catalogue, catalogue.entries.keys(), Date.now())
      .filter(({ code }) => code === 'STALE_PRICE')
      .map(({ subject }) => subject),
  );
  const kept = stale ? entries.filter(({ entry }) => old.has(entry.id)) : entries;
  if (!json && id === undefined) {
    out(
      kept
        .map(
          ({ group, entry }) =>
            `${group.padEnd(16)} ${entry.id}  (${entry.date}${old.has(entry.id) ? ', stale' : ''})`,
        )
        .join('\n'),
    );
  }
  if (!json && id !== undefined) out(JSON.stringify(kept[0]?.entry, null, 2));
  return { exitCode: EXIT_CODES.ok, json: id === undefined ? kept : kept[0] };
};
