import { parse } from 'csv-parse/sync';
import { failed, type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import type { TraceRequest } from './trace.ts';

/** Header of the Azure LLM inference traces (Azure/AzurePublicDataset; Patel et al., Splitwise, ISCA 2024). */
export const AZURE_HEADER = ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'] as const;

/** Problems listed one by one; the message says how many there are in all. */
export const MAX_LISTED_ISSUES = 50;

interface Row {
  readonly line: number;
  readonly fields: readonly string[];
}

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d{1,7})?$/;

/** Whole seconds and the fraction apart: a double of Unix ms would lose the 100 ns digits. */
interface Instant {
  readonly unixS: number;
  readonly fractionS: number;
}

function parseInstant(text: string): Instant | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const unixMs = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC rolls an impossible date over into the next month or day: 30 February is refused here.
  const isReal = new Date(unixMs).toISOString().startsWith(text.slice(0, 19).replace(' ', 'T'));
  return isReal ? { unixS: unixMs / MS_PER_S, fractionS: Number(match[7] ?? 0) } : undefined;
}

const msBetween = (from: Instant, to: Instant): number =>
  (to.unixS - from.unixS) * MS_PER_S + (to.fractionS - from.fractionS) * MS_PER_S;

const parseTokens = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;

const issue = (line: number, expected: string, got: string | undefined, fix: string): Issue => ({
  path: `line ${line}`,
  expected,
  got: got === undefined || got === '' ? 'nothing' : got,
  fix,
});

/** Rows with their line numbers; a broken file gives what was read before the break, and the break as an issue. */
function readRows(text: string): { rows: Row[]; issues: Issue[] } {
  const rows: Row[] = [];
  try {
    const records = parse(text, { info: true, relax_column_count: true, bom: true, skip_empty_lines: true });
    for (const { record, info } of records as unknown as { record: string[]; info: { lines: number } }[]) {
      rows.push({ line: info.lines, fields: record });
    }
    return { rows, issues: [] };
  } catch (error) {
    const line = (error as { lines?: number }).lines ?? 1;
    const message = error instanceof Error ? error.message : String(error);
    return { rows, issues: [issue(line, 'valid CSV', message, 'correct the quoting on that line')] };
  }
}

interface Reading {
  readonly requests: TraceRequest[];
  readonly issues: Issue[];
  first: Instant | undefined;
  lastAtMs: number;
}

function readTokens(row: Row, column: 1 | 2, reading: Reading): number | undefined {
  const tokens = parseTokens(row.fields[column]);
  if (tokens === undefined) {
    const name = AZURE_HEADER[column];
    reading.issues.push(
      issue(row.line, `${name} as a whole number ≥ 0`, row.fields[column], 'correct or remove the row'),
    );
  }
  return tokens;
}

function readInstant(row: Row, reading: Reading): number | undefined {
  const instant = parseInstant(row.fields[0] ?? '');
  if (instant === undefined) {
    const expected = 'TIMESTAMP as YYYY-MM-DD HH:MM:SS.fffffff';
    reading.issues.push(issue(row.line, expected, row.fields[0], 'correct or remove the row'));
    return undefined;
  }
  reading.first ??= instant;
  const atMs = msBetween(reading.first, instant);
  if (atMs < reading.lastAtMs) {
    reading.issues.push(
      issue(row.line, 'a TIMESTAMP not before the row above', row.fields[0], 'sort the rows by TIMESTAMP'),
    );
    return undefined;
  }
  reading.lastAtMs = atMs;
  return atMs;
}

function readRow(row: Row, reading: Reading): void {
  if (row.fields.length !== AZURE_HEADER.length) {
    const got = `${row.fields.length} fields`;
    reading.issues.push(issue(row.line, `${AZURE_HEADER.length} fields`, got, 'correct or remove the row'));
    return;
  }
  const atMs = readInstant(row, reading);
  const inputTokens = readTokens(row, 1, reading);
  const outputTokens = readTokens(row, 2, reading);
  if (atMs === undefined || inputTokens === undefined || outputTokens === undefined) return;
  reading.requests.push({ atMs, inputTokens, outputTokens });
}

function checkHeader(row: Row | undefined): Issue[] {
  const expected = AZURE_HEADER.join(',');
  const got = row?.fields.join(',');
  return got === expected
    ? []
    : [issue(row?.line ?? 1, `the header ${expected}`, got, 'add the header line')];
}

/** Reads the text of an Azure LLM inference trace. Every bad row is found; the first 50 are listed. */
export function parseAzureTrace(text: string, what: string): Result<readonly TraceRequest[]> {
  const { rows, issues } = readRows(text);
  const reading: Reading = {
    requests: [],
    issues: issues.length > 0 ? issues : checkHeader(rows[0]),
    first: undefined,
    lastAtMs: 0,
  };
  if (reading.issues.length === 0) for (const row of rows.slice(1)) readRow(row, reading);
  if (reading.issues.length === 0 && reading.lastAtMs === 0) {
    const got = `${reading.requests.length} rows`;
    reading.issues.push(
      issue(rows.length, 'at least two rows at different times', got, 'give a longer trace'),
    );
  }
  if (reading.issues.length === 0) return ok(reading.requests);
  const found = reading.issues.length;
  const listed = found > MAX_LISTED_ISSUES ? `, the first ${MAX_LISTED_ISSUES} of them listed` : '';
  return failed('INVALID_TRACE', `${what} has ${found} problem${found === 1 ? '' : 's'}${listed}`, {
    issues: reading.issues.slice(0, MAX_LISTED_ISSUES),
  });
}
