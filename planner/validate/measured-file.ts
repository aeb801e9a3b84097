import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { failedRows, lineIssue, readCsvRows, type TableRow } from '../../scenarios/tables.ts';
import { failed, type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import { meanOf } from '../../vocabulary/mean.ts';
import { BYTES_PER_MIB } from '../../vocabulary/units.ts';
import type { ServingPoint } from '../calibrate/saturation.ts';

/** One concurrency of a configuration: the mean of its replicates, with them. */
export interface ReplicatedPoint extends ServingPoint {
  readonly replicates: readonly ServingPoint[];
}

/** One configuration: everything but the load is the same. */
export interface ServingConfiguration {
  /** Values of all columns but concurrency and the two times, joined: what configurations are split by. */
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number;
  /** In ascending concurrency. */
  readonly points: readonly ReplicatedPoint[];
}

export interface MeasuredFile {
  readonly rows: number;
  /** Rows that repeat another to the last digit: the same run recorded twice, so counted once. */
  readonly copies: number;
  readonly configurations: readonly ServingConfiguration[];
}

const NEEDED = ['output_tokens', 'concurrency', 'mean_ttft_ms', 'mean_tpot_ms'] as const;
const MEASURED: ReadonlySet<string> = new Set(['concurrency', 'mean_ttft_ms', 'mean_tpot_ms']);
/** A day per request and a million users or tokens: beyond lies a mistake of unit. */
const MAX_MS = 86_400_000;
const MAX_COUNT = 1_000_000;
const MAX_FILE_BYTES = 256 * BYTES_PER_MIB;

interface MeasuredRow extends ServingPoint {
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface Reading {
  readonly columns: readonly string[];
  readonly issues: Issue[];
}

function numberAt(row: TableRow<readonly string[]>, column: string, reading: Reading): number {
  const text = row.value[reading.columns.indexOf(column)]?.trim() ?? '';
  const value = text === '' ? Number.NaN : Number(text);
  const isCount = column === 'concurrency' || column.endsWith('_tokens');
  const max = isCount ? MAX_COUNT : MAX_MS;
  if (value > 0 && value <= max && (!isCount || Number.isInteger(value))) return value;
  const expected = `${column}: ${isCount ? 'a whole number' : 'a number'} above 0 and up to ${max}`;
  reading.issues.push(lineIssue(row.line, expected, text, 'correct the figure, or remove the line'));
  return Number.NaN;
}

function measuredRow(row: TableRow<readonly string[]>, reading: Reading): MeasuredRow {
  const labels: Record<string, string> = {};
  reading.columns.forEach((column, i) => {
    if (!MEASURED.has(column)) labels[column] = row.value[i]?.trim() ?? '';
  });
  numberAt(row, 'output_tokens', reading);
  return {
    key: Object.values(labels).join(' | '),
    labels,
    concurrency: numberAt(row, 'concurrency', reading),
    meanTimeToFirstTokenMs: numberAt(row, 'mean_ttft_ms', reading),
    meanTimePerOutputTokenMs: numberAt(row, 'mean_tpot_ms', reading),
  };
}

function pointOf(concurrency: number, rows: readonly MeasuredRow[]): ReplicatedPoint {
  const replicates = rows.map(({ meanTimeToFirstTokenMs, meanTimePerOutputTokenMs }) => ({
    concurrency,
    meanTimeToFirstTokenMs,
    meanTimePerOutputTokenMs,
  }));
  return {
    concurrency,
    meanTimeToFirstTokenMs: meanOf(replicates.map((each) => each.meanTimeToFirstTokenMs)),
    meanTimePerOutputTokenMs: meanOf(replicates.map((each) => each.meanTimePerOutputTokenMs)),
    replicates,
  };
}

function configurationOf(key: string, rows: readonly MeasuredRow[]): ServingConfiguration {
  const labels = rows[0]?.labels ?? {};
  const byConcurrency = Map.groupBy(rows, ({ concurrency }) => concurrency);
  const inputTokens = Number(labels.input_tokens);
  return {
    key,
    labels,
    inputTokens: inputTokens > 0 ? inputTokens : undefined,
    outputTokens: Number(labels.output_tokens),
    points: [...byConcurrency]
      .map(([concurrency, same]) => pointOf(concurrency, same))
      .sort((a, b) => a.concurrency - b.concurrency),
  };
}

/** Rows without those that say exactly what another says. */
function withoutCopies(rows: readonly MeasuredRow[]): MeasuredRow[] {
  const seen = new Map<string, MeasuredRow>();
  for (const row of rows) {
    const { key, concurrency, meanTimeToFirstTokenMs, meanTimePerOutputTokenMs } = row;
    seen.set(`${key} ${concurrency} ${meanTimeToFirstTokenMs} ${meanTimePerOutputTokenMs}`, row);
  }
  return [...seen.values()];
}

/**
 * Measured serving points from CSV text with the columns output_tokens, concurrency, mean_ttft_ms and mean_tpot_ms;
 * every other column names the configuration. Every bad line is listed.
 */
export function parseMeasuredFile(text: string, what: string): Result<MeasuredFile> {
  const { rows, issues } = readCsvRows(text);
  const columns = rows[0]?.value.map((name) => name.trim().toLowerCase()) ?? [];
  const missing = NEEDED.filter((column) => !columns.includes(column));
  if (missing.length > 0) {
    const expected = `a first line with the columns ${NEEDED.join(', ')}`;
    const fix = `add ${missing.join(', ')}; every other column names the configuration`;
    return failedRows('INVALID_MEASUREMENTS', what, [lineIssue(1, expected, columns.join(', '), fix)]);
  }
  const reading: Reading = { columns, issues };
  const measured = rows.slice(1).map((row) => measuredRow(row, reading));
  if (measured.length === 0 && issues.length === 0) {
    issues.push(lineIssue(2, 'at least one measured point', 'nothing', 'add rows below the column names'));
  }
  if (issues.length > 0) return failedRows('INVALID_MEASUREMENTS', what, issues);
  const distinct = withoutCopies(measured);
  return ok({
    rows: measured.length,
    copies: measured.length - distinct.length,
    configurations: [...Map.groupBy(distinct, ({ key }) => key)].map(([key, same]) =>
      configurationOf(key, same),
    ),
  });
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The same from a file, gzipped or not, whatever it is called. */
export function readMeasuredFile(path: string): Result<MeasuredFile> {
  try {
    const bytes = readFileSync(path);
    const plain = isGzip(bytes) ? gunzipSync(bytes, { maxOutputLength: MAX_FILE_BYTES }) : bytes;
    return parseMeasuredFile(plain.toString('utf8'), path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed('INPUT_NOT_FOUND', `cannot read ${path}: ${reason}`, { cause });
  }
}
