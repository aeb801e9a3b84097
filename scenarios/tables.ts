import { parse } from 'csv-parse/sync';
import { createFailure, type FailureCode, type Issue, type Result } from '../vocabulary/errors.ts';

/** Problems listed one by one; the message says how many there are in all. */
export const MAX_LISTED_ISSUES = 50;

/** A row of a table with the line it is on. */
export interface TableRow<Value> {
  readonly line: number;
  readonly value: Value;
}

export interface TableRows<Value> {
  readonly rows: readonly TableRow<Value>[];
  readonly issues: Issue[];
}

/** A problem on one line. */
export const lineIssue = (line: number, expected: string, got: string | undefined, fix: string): Issue => ({
  path: `line ${line}`,
  expected,
  got: got === undefined || got === '' ? 'nothing' : got,
  fix,
});

/**
 * Rows of CSV text, blank lines left out. Broken quoting ends the reading there: the rows before it are still given,
 * and the issue says that what follows was not looked at.
 */
export function readCsvRows(text: string): TableRows<readonly string[]> {
  const rows: TableRow<readonly string[]>[] = [];
  try {
    parse(text, {
      relax_column_count: true,
      bom: true,
      skip_empty_lines: true,
      onRecord: (record: string[], { lines }: { lines: number }) => {
        rows.push({ line: lines, value: record });
        return null;
      },
    });
    return { rows, issues: [] };
  } catch (error) {
    const line = (error as { lines?: number }).lines ?? 1;
    const message = error instanceof Error ? error.message : String(error);
    const fix = 'correct the quoting on that line; the lines after it could not be read';
    return { rows, issues: [lineIssue(line, 'valid CSV', message, fix)] };
  }
}

/** Objects of JSON Lines text, blank lines left out. A line that is no object is an issue, and the rest is still read. */
export function readJsonLines(text: string): TableRows<Readonly<Record<string, unknown>>> {
  const rows: TableRow<Readonly<Record<string, unknown>>>[] = [];
  const issues: Issue[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  lines.forEach((source, i) => {
    if (source.trim() === '') return;
    const value = objectFrom(source);
    if (value === undefined) {
      issues.push(lineIssue(i + 1, 'one JSON object', excerpt(source), 'correct or remove the line'));
    } else rows.push({ line: i + 1, value });
  });
  return { rows, issues };
}

const MAX_EXCERPT = 60;
const excerpt = (text: string): string =>
  text.length > MAX_EXCERPT ? `${text.slice(0, MAX_EXCERPT)}…` : text;

function objectFrom(source: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(source);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    // Not JSON: the caller lists the line.
    return undefined;
  }
}

/** All problems of a file as one failure, by line; the first 50 of them are listed. */
export function failedRows(code: FailureCode, what: string, issues: readonly Issue[]): Result<never> {
  const found = issues.length;
  const listed = found > MAX_LISTED_ISSUES ? `, the first ${MAX_LISTED_ISSUES} of them listed` : '';
  const message = `${what} has ${found} problem${found === 1 ? '' : 's'}${listed}`;
  return {
    kind: 'failed',
    failure: createFailure(code, message, { issues: issues.slice(0, MAX_LISTED_ISSUES) }),
  };
}
