import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createFailure, failed, type Issue, ok, type Result } from '../vocabulary/errors.ts';
import { readYamlFile } from '../vocabulary/parse.ts';
import { nearNames } from './catalogue/near-names.ts';
import {
  type Catalogue,
  type CatalogueEntry,
  type CatalogueFile,
  type CatalogueGroup,
  catalogueFileSchema,
  type FigureRange,
  type LlmPrice,
} from './catalogue/schema.ts';
import { unitOfField } from './catalogue/units-of-fields.ts';

export { catalogueOn, priceInForce } from './catalogue/price-status.ts';
export type {
  Catalogue,
  CatalogueEntry,
  CatalogueGroup,
  CpuInstance,
  FigureRange,
  GpuPrice,
  LlmPrice,
} from './catalogue/schema.ts';
export { CATALOGUE_SCHEMA_VERSION, catalogueFileSchema, SHELF_LIFE_DAYS } from './catalogue/schema.ts';
export { cataloguePriceDiagnostics } from './catalogue/staleness.ts';

const FOLDER = fileURLToPath(new URL('./catalogue/', import.meta.url));

/** The files that come with the tool. */
export function builtInCatalogueFiles(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => `${FOLDER}${name}`);
}

const entriesOf = (file: CatalogueFile, path: string): CatalogueEntry[] =>
  file.entries.map((entry) => ({ group: file.group, entry, file: path }) as CatalogueEntry);

interface Layer {
  readonly entries: Map<string, CatalogueEntry>;
  readonly issues: Issue[];
}

function readLayer(paths: readonly string[]): Layer {
  const layer: Layer = { entries: new Map(), issues: [] };
  for (const path of paths) {
    const file = readYamlFile(catalogueFileSchema, path, 'INVALID_CATALOGUE');
    if (file.kind === 'failed') {
      layer.issues.push(...issuesOf(file.failure.issues, path, file.failure.message));
      continue;
    }
    for (const entry of entriesOf(file.value, path)) addEntry(layer, entry);
  }
  return layer;
}

function issuesOf(issues: readonly Issue[], path: string, message: string): Issue[] {
  if (issues.length > 0) return issues.map((issue) => ({ ...issue, path: `${path}: ${issue.path}` }));
  return [{ path, expected: 'a readable catalogue file', got: message, fix: 'check the path' }];
}

function addEntry(layer: Layer, entry: CatalogueEntry): void {
  const { id } = entry.entry;
  const earlier = layer.entries.get(id);
  if (earlier === undefined) {
    layer.entries.set(id, entry);
    return;
  }
  layer.issues.push({
    path: `${entry.file}: ${id}`,
    expected: 'ids that are unique',
    got: `the same id in ${earlier.file}`,
    fix: 'rename or remove one of the two',
  });
}

/** An own entry replaces the built-in one of its id, which must be of the same group. */
function override(base: Layer, own: Layer): void {
  for (const [id, entry] of own.entries) {
    const earlier = base.entries.get(id);
    if (earlier !== undefined && earlier.group !== entry.group) {
      base.issues.push({
        path: `${entry.file}: ${id}`,
        expected: `group ${earlier.group}, as the entry it replaces`,
        got: entry.group,
        fix: 'move it to a file of that group, or give it another id',
      });
    }
    base.entries.set(id, entry);
  }
}

/**
 * Reads the built-in catalogue and then the user's own files, whose entries replace built-in ones of the same id.
 * Every problem of every file is listed.
 */
export function readCatalogue(ownPaths: readonly string[] = []): Result<Catalogue> {
  const layer = readLayer(builtInCatalogueFiles());
  const own = readLayer(ownPaths);
  override(layer, own);
  const issues = [...layer.issues, ...own.issues];
  if (issues.length === 0) return ok({ entries: layer.entries });
  const message = `the price catalogue has ${issues.length} problem${issues.length === 1 ? '' : 's'}`;
  return { kind: 'failed', failure: createFailure('INVALID_CATALOGUE', message, { issues }) };
}

/** The entry of an id; an unknown one fails with the nearest names. */
export function findEntry(catalogue: Catalogue, id: string): Result<CatalogueEntry> {
  const entry = catalogue.entries.get(id);
  if (entry !== undefined) return ok(entry);
  const near = nearNames(id, [...catalogue.entries.keys()]);
  return failed('INVALID_CATALOGUE', `the price catalogue has no entry ${id}`, {
    issues: [
      {
        path: id,
        expected: 'the id of a catalogue entry',
        got: id,
        fix: `use one of ${near.join(', ')}, or add the entry in a file of your own`,
      },
    ],
  });
}

/** Token prices by id; an entry of another group fails. */
export function findLlmPrice(catalogue: Catalogue, id: string): Result<LlmPrice> {
  const found = findEntry(catalogue, id);
  if (found.kind === 'failed') return found;
  return found.value.group === 'llm-prices'
    ? ok(found.value.entry)
    : failed('INVALID_CATALOGUE', `${id} is an entry of ${found.value.group}, not of llm-prices`);
}

/** One figure with its unit, range, source and date. `value` of a range without a mode is its midpoint. */
export interface CatalogueFigure {
  readonly id: string;
  readonly field: string;
  readonly group: CatalogueGroup;
  readonly value: number;
  readonly range: FigureRange | undefined;
  readonly unit: string;
  readonly source: string;
  readonly date: string;
}

function rawField(entry: CatalogueEntry, field: string): unknown {
  const record = 'figures' in entry.entry ? entry.entry.figures : entry.entry;
  return Object.hasOwn(record, field) ? (record as Record<string, unknown>)[field] : undefined;
}

const isRange = (raw: unknown): raw is FigureRange => typeof raw === 'object' && raw !== null && 'low' in raw;

function figureFields(entry: CatalogueEntry): string[] {
  const record = 'figures' in entry.entry ? entry.entry.figures : entry.entry;
  return Object.keys(record).filter((field) => {
    const raw = rawField(entry, field);
    return typeof raw === 'number' || isRange(raw);
  });
}

/** A number by entry id and field name; a field that the entry lacks fails with those that it has. */
export function findFigure(catalogue: Catalogue, id: string, field: string): Result<CatalogueFigure> {
  const found = findEntry(catalogue, id);
  if (found.kind === 'failed') return found;
  const raw = rawField(found.value, field);
  if (typeof raw !== 'number' && !isRange(raw)) {
    return failed('INVALID_CATALOGUE', `${id} has no figure ${field}`, {
      hint: `It has ${figureFields(found.value).join(', ') || 'no figures'}.`,
    });
  }
  const range = isRange(raw) ? raw : undefined;
  const value = typeof raw === 'number' ? raw : (raw.mode ?? (raw.low + raw.high) / 2);
  const { source, date } = found.value.entry;
  const unit = unitOfField(field) ?? field;
  return ok({ id, field, group: found.value.group, value, range, unit, source, date });
}
