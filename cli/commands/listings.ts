import { readCatalogue } from '../../scenarios/catalogue.ts';
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
