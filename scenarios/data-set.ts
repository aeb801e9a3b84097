import { basename, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { createFailure, type FailureCode, type Issue, ok, type Result } from '../vocabulary/errors.ts';
import { readPackedText } from '../vocabulary/packed-text.ts';
import { parseWith } from '../vocabulary/parse.ts';
import { lineIssue, MAX_LISTED_ISSUES, readCsvRows } from './tables.ts';

/** A column of a CSV file, gzipped or not, in place of a distribution. */
const dataSetSchema = z.strictObject({
  /** Path, relative to the scenario file. */
  file: z.string().min(1),
  column: z.string().min(1),
  /** Column that says how often a row counts; each row once where absent. */
  weightColumn: z.string().min(1).optional(),
  /** Only rows that have these texts in these columns. */
  where: z.record(z.string(), z.string()).default({}),
});

type DataSet = z.infer<typeof dataSetSchema>;

const CODE: FailureCode = 'INVALID_SCENARIO';
/** Above so many different values quantiles stand for the counts. */
const MAX_VALUES = 4_096;
const QUANTILE_STEPS = 1_000;

const numberFrom = (text: string | undefined): number | undefined => {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
};

interface Reading {
  readonly counts: Map<number, number>;
  readonly issues: Issue[];
  rows: number;
}

function missingColumns(dataSet: DataSet, header: readonly string[]): Issue[] {
  const wanted = [dataSet.column, dataSet.weightColumn, ...Object.keys(dataSet.where)];
  return wanted
    .filter((name) => name !== undefined && !header.includes(name))
    .map((name) => lineIssue(1, `a column ${name}`, header.join(','), 'name the column as the header does'));
}

function countRows(dataSet: DataSet, text: string): Reading {
  const { rows, issues } = readCsvRows(text);
  const header = rows[0]?.value ?? [];
  const reading: Reading = {
    counts: new Map(),
    issues: [...issues, ...missingColumns(dataSet, header)],
    rows: 0,
  };
  if (reading.issues.length > 0) return reading;
  const filters = Object.entries(dataSet.where).map(
    ([name, wanted]) => [header.indexOf(name), wanted] as const,
  );
  const at = header.indexOf(dataSet.column);
  const weightAt = dataSet.weightColumn === undefined ? undefined : header.indexOf(dataSet.weightColumn);
  for (const { line, value: fields } of rows.slice(1)) {
    if (filters.some(([index, wanted]) => fields[index] !== wanted)) continue;
    const value = numberFrom(fields[at]);
    const weight = weightAt === undefined ? 1 : numberFrom(fields[weightAt]);
    if (value === undefined || weight === undefined) {
      reading.issues.push(lineIssue(line, 'numbers ≥ 0', fields.join(','), 'correct or remove the row'));
      continue;
    }
    reading.rows++;
    reading.counts.set(value, (reading.counts.get(value) ?? 0) + weight);
  }
  if (reading.issues.length === 0 && ![...reading.counts.values()].some((weight) => weight > 0)) {
    reading.issues.push(
      lineIssue(rows.length, 'at least one row that counts', 'none', 'check where and the file'),
    );
  }
  return reading;
}

/** Weighted nearest-rank quantiles at equal steps, for columns with too many values to count. */
function quantilesOf(sorted: readonly (readonly [number, number])[]): number[] {
  const total = sorted.reduce((sum, [, weight]) => sum + weight, 0);
  const values: number[] = [];
  let index = 0;
  let reached = sorted[0]?.[1] ?? 0;
  for (let step = 0; step <= QUANTILE_STEPS; step++) {
    while (reached < (total * step) / QUANTILE_STEPS && index < sorted.length - 1) {
      index++;
      reached += sorted[index]?.[1] ?? 0;
    }
    values.push(sorted[index]?.[0] ?? 0);
  }
  return values;
}

function distributionOf(counts: ReadonlyMap<number, number>): unknown {
  const sorted = [...counts].sort(([a], [b]) => a - b);
  if (sorted.length > MAX_VALUES) return { kind: 'quantiles', values: quantilesOf(sorted) };
  return {
    kind: 'histogram',
    values: sorted.map(([value]) => value),
    weights: sorted.map(([, weight]) => weight),
  };
}

const DIGITS_OF_HASH = 12;

/** What a place with a data set becomes: the counts of the column, and where they are from. */
function readDataSet(dataSet: DataSet, folder: string, path: string): Result<unknown> {
  const file = isAbsolute(dataSet.file) ? dataSet.file : join(folder, dataSet.file);
  const packed = readPackedText(file, CODE);
  if (packed.kind === 'failed') return packed;
  const { counts, issues, rows } = countRows(dataSet, packed.value.text);
  if (issues.length > 0) {
    const listed = issues.slice(0, MAX_LISTED_ISSUES);
    const message = `${file}, read for ${path}, has ${issues.length} problem${issues.length === 1 ? '' : 's'}`;
    return { kind: 'failed', failure: createFailure(CODE, message, { issues: listed }) };
  }
  const source = `${rows} rows of ${dataSet.column} in ${basename(file)} (SHA-256 ${packed.value.sha256.slice(0, DIGITS_OF_HASH)}…)`;
  return ok({ distribution: distributionOf(counts), source });
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `{ dataSet, source? }` as `{ distribution, source }`; a source that is given stands before the file's. */
function resolveDrawn(
  value: Readonly<Record<string, unknown>>,
  folder: string,
  path: string,
): Result<unknown> {
  const parsed = parseWith(dataSetSchema, value.dataSet, CODE, `${path}.dataSet`);
  if (parsed.kind === 'failed') return parsed;
  const read = readDataSet(parsed.value, folder, path);
  if (read.kind === 'failed') return read;
  const { dataSet: _, source, ...rest } = value;
  const resolved = read.value as { distribution: unknown; source: string };
  const cited = typeof source === 'string' ? `${source}; ${resolved.source}` : resolved.source;
  return ok({ ...rest, distribution: resolved.distribution, source: cited });
}

/**
 * Puts the counts of data sets in place: every `{ dataSet: { file, column, … } }` directly in a workload becomes a
 * drawn quantity. The scenario that results holds the figures themselves, so it reads the same without the file.
 */
export function resolveDataSets(workload: unknown, folder: string): Result<unknown> {
  if (!isRecord(workload)) return ok(workload);
  const resolved: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(workload)) {
    const path = `workload.${name}`;
    if (!isRecord(value)) resolved[name] = value;
    else {
      const one = Object.hasOwn(value, 'dataSet')
        ? resolveDrawn(value, folder, path)
        : resolveDataSets(value, folder);
      if (one.kind === 'failed') return one;
      resolved[name] = one.value;
    }
  }
  return ok(resolved);
}

/** Files that stay files (dialogs, traces), as absolute paths. */
export function resolveFiles(part: unknown, folder: string): unknown {
  if (!isRecord(part) || typeof part.file !== 'string' || isAbsolute(part.file)) return part;
  return { ...part, file: join(folder, part.file) };
}
