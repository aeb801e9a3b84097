import { FIELD_BY_ID, FIELD_MAP, type FieldTarget } from './field-map.ts';

/** One collected fact, as it lies in the facts file. */
export type Fact = Readonly<Record<string, unknown>>;

/** Fields of a fact that are no figures, or are written by commonFields. */
const COMMON = new Set(['id', 'group', 'unit', 'source', 'date', 'confidence']);

const DATE_TEXT = /\d{4}(?:-(?:0[1-9]|1[0-2])(?!\d)(?:-\d{2})?)?/g;

/**
 * The earliest date in a free text (`1999 data; repo 2025-09-14` is 1999), because age is judged from it.
 * Throws when there is none: an entry without a date is no entry.
 */
export function earliestDate(text: string): string {
  const dates = text.match(DATE_TEXT)?.sort();
  if (dates?.[0] === undefined) throw new Error(`no date in ${JSON.stringify(text)}`);
  return dates[0];
}

/** Facts fitted by whoever collected them say so; the raw data is the source. */
const OWN_FIT = /(fitted|computed) by this helper/;

const LEVEL = /^(low|medium|high)/;

/** id, source, date and confidence: on every entry of every group. */
export function commonFields(fact: Fact): Record<string, unknown> {
  const date = earliestDate(String(fact.date));
  const confidence = fact.confidence === undefined ? undefined : String(fact.confidence);
  const level = confidence === undefined ? undefined : LEVEL.exec(confidence)?.[1];
  return {
    id: String(fact.id),
    source: String(fact.source).replace(OWN_FIT, '$1 from the raw data'),
    date,
    ...(date === fact.date ? {} : { dateText: String(fact.date) }),
    ...(level === undefined ? {} : { confidence: level }),
    ...(confidence === undefined || confidence === level ? {} : { confidenceText: confidence }),
  };
}

/** Removes fields without a value: an absent figure is absent, not null. */
export function withoutAbsent(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  );
}

interface Leaf {
  readonly path: string;
  readonly value: unknown;
}

function leavesOf(path: string, value: unknown): Leaf[] {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, inner]) => leavesOf(`${path}.${key}`, inner));
  }
  return [{ path, value }];
}

interface Figures {
  readonly figures: Record<string, unknown>;
  readonly notes: string[];
}

/** A pair of numbers is a range, lowest first. */
const rangeOf = (pair: readonly number[]): { low: number; high: number } => ({
  low: Math.min(...pair),
  high: Math.max(...pair),
});

const isPair = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every((item) => typeof item === 'number');

function place(into: Figures, target: FieldTarget, leaf: Leaf): void {
  if (typeof target === 'object' && 'note' in target) {
    into.notes.push(`${target.note}: ${String(leaf.value)}`);
  } else if (typeof target !== 'string') {
    if (!isPair(leaf.value)) throw new Error(`${leaf.path} is not a pair`);
    into.figures[target[0]] = leaf.value[0];
    into.figures[target[1]] = leaf.value[1];
  } else if (leaf.value === null) {
    into.notes.push(`${target}: not published`);
  } else {
    into.figures[target] = isPair(leaf.value) ? rangeOf(leaf.value) : leaf.value;
  }
}

const camel = (text: string): string =>
  text.replaceAll(/[^A-Za-z0-9]+(.)/g, (_, letter: string) => letter.toUpperCase());

/** Ratios per vendor and family: the key names the family. */
function cacheRatioTarget(path: string): FieldTarget | undefined {
  const family = /^value\.(.+)$/.exec(path)?.[1];
  return family === undefined ? undefined : `${camel(family.replaceAll('.', '-'))}PriceRatio`;
}

function targetOf(fact: Fact, leaf: Leaf): FieldTarget {
  const path = leaf.path === 'value' ? `value@${String(fact.unit)}` : leaf.path;
  const id = String(fact.id);
  const target =
    FIELD_BY_ID[id]?.[path] ??
    (id === 'cache-read-share-of-input' ? cacheRatioTarget(path) : undefined) ??
    FIELD_MAP[path];
  if (target === undefined) throw new Error(`${id}: no rule for ${path}`);
  return target;
}

/** A fact of a free-form group as an entry: unit-named figures, and text as notes. */
export function figureEntry(fact: Fact): Record<string, unknown> {
  const into: Figures = { figures: {}, notes: [] };
  for (const [key, value] of Object.entries(fact)) {
    if (COMMON.has(key)) continue;
    for (const leaf of leavesOf(key, value)) place(into, targetOf(fact, leaf), leaf);
  }
  return {
    ...commonFields(fact),
    figures: into.figures,
    ...(into.notes.length === 0 ? {} : { notes: into.notes }),
  };
}
