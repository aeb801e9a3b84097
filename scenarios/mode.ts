import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createFailure, failed, type Issue, ok, type Result } from '../vocabulary/errors.ts';
import { parseWith, parseYaml, readText } from '../vocabulary/parse.ts';
import { nearNames } from './catalogue/near-names.ts';
import { type Catalogue, findEntry, findFigure } from './catalogue.ts';
import { modeIssues } from './modes/checks.ts';
import { type DeploymentMode, type ModeTier, modeSchema } from './modes/schema.ts';

export type {
  DeploymentMode,
  ModePrice,
  ModeProvider,
  ModeSizing,
  ModeTier,
  ModeUnit,
  RatedLimit,
} from './modes/schema.ts';
export { MODE_SCHEMA_VERSION, modeSchema } from './modes/schema.ts';

const FOLDER = fileURLToPath(new URL('./modes/', import.meta.url));

/** Names of the modes that come with the tool. */
export function builtInModeNames(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();
}

interface Reference {
  readonly path: string;
  readonly id: string;
  /** Absent when only the entry must exist. */
  readonly field?: string;
}

const reference = (path: string, id: string, field?: string): Reference => ({
  path,
  id,
  ...(field === undefined ? {} : { field }),
});

const NODE_FIGURES = ['capex', 'life', 'power', 'pue', 'electricity', 'colocation'] as const;

function unitReferences({ unit }: ModeTier, at: string): Reference[] {
  if (unit.kind === 'instance') return [reference(`${at}.unit.priceId`, unit.priceId, 'usdPerHour')];
  if (unit.kind !== 'owned-gpu-node') return [];
  const { capexSpread: spread } = unit;
  const spreadFields = spread === undefined ? [] : [spread.lowField, spread.highField];
  return [
    ...NODE_FIGURES.map((key) => reference(`${at}.unit.${key}.id`, unit[key].id, unit[key].field)),
    ...spreadFields.map((field) => reference(`${at}.unit.capexSpread.id`, spread?.id ?? '', field)),
  ];
}

/** Every place of a mode that names a catalogue entry. */
export function catalogueReferences(mode: DeploymentMode): Reference[] {
  return mode.tiers.flatMap((tier, index) => {
    const at = `tiers[${index}]`;
    const { sizing } = tier;
    return [
      ...tier.costs.map((cost, place) =>
        reference(`${at}.costs[${place}].priceId`, cost.priceId, cost.field),
      ),
      ...unitReferences(tier, at),
      ...(sizing.kind === 'vendor'
        ? [
            reference(`${at}.sizing.priceId`, sizing.priceId, 'inputUsdPerMTokens'),
            reference(`${at}.sizing.quotaId`, sizing.quotaId),
            ...(sizing.alsoFrom ?? []).flatMap(({ priceId, quotaId }, place) => [
              reference(`${at}.sizing.alsoFrom[${place}].priceId`, priceId, 'inputUsdPerMTokens'),
              reference(`${at}.sizing.alsoFrom[${place}].quotaId`, quotaId),
            ]),
          ]
        : []),
    ];
  });
}

function referenceIssues(mode: DeploymentMode, catalogue: Catalogue): Issue[] {
  return catalogueReferences(mode).flatMap(({ path, id, field }) => {
    const found = field === undefined ? findEntry(catalogue, id) : findFigure(catalogue, id, field);
    if (found.kind === 'ok') return [];
    const near = nearNames(id, [...catalogue.entries.keys()]);
    const known = catalogue.entries.has(id);
    return [
      {
        path,
        expected: known ? `a figure ${field} in ${id}` : 'the id of a catalogue entry',
        got: known ? found.failure.hint : id,
        fix: known ? 'name a field that the entry has' : `use one of ${near.join(', ')}`,
      },
    ];
  });
}

/** Parses mode text; all problems are listed, references to unknown catalogue entries and tiers included. */
export function parseMode(text: string, what: string, catalogue: Catalogue): Result<DeploymentMode> {
  const value = parseYaml(text, 'INVALID_MODE', what);
  if (value.kind === 'failed') return value;
  const mode = parseWith(modeSchema, value.value, 'INVALID_MODE', what);
  if (mode.kind === 'failed') return mode;
  const issues = [...modeIssues(mode.value), ...referenceIssues(mode.value, catalogue)];
  if (issues.length === 0) return mode;
  const message = `${what} has ${issues.length} problem${issues.length === 1 ? '' : 's'}`;
  return { kind: 'failed', failure: createFailure('INVALID_MODE', message, { issues }) };
}

/** Reads a mode by built-in name, or from a file when the argument names one. */
export function readMode(nameOrPath: string, catalogue: Catalogue): Result<DeploymentMode> {
  const names = builtInModeNames();
  if (names.includes(nameOrPath)) return readModeFile(`${FOLDER}${nameOrPath}.yaml`, catalogue);
  if (/[/\\.]/.test(nameOrPath)) return readModeFile(nameOrPath, catalogue);
  return failed('INVALID_MODE', `there is no mode ${nameOrPath}`, {
    hint: `Use one of ${names.join(', ')}, or the path of a mode file.`,
  });
}

function readModeFile(path: string, catalogue: Catalogue): Result<DeploymentMode> {
  const text = readText(path);
  return text.kind === 'failed' ? text : parseMode(text.value, path, catalogue);
}

/** Every built-in mode, in name order; all problems of all files are listed. */
export function readAllModes(catalogue: Catalogue): Result<DeploymentMode[]> {
  const modes: DeploymentMode[] = [];
  const issues: Issue[] = [];
  for (const name of builtInModeNames()) {
    const mode = readMode(name, catalogue);
    if (mode.kind === 'ok') modes.push(mode.value);
    else issues.push(...mode.failure.issues.map((issue) => ({ ...issue, path: `${name}: ${issue.path}` })));
  }
  return issues.length === 0
    ? ok(modes)
    : failed('INVALID_MODE', `the deployment modes have ${issues.length} problems`, { issues });
}
