import { failed, type Issue, type Result } from '../../vocabulary/errors.ts';
import { MS_PER_S, US_PER_MS } from '../../vocabulary/units.ts';
import { lineIssue, readCsvRows, readJsonLines, type TableRows } from '../tables.ts';
import type { TraceColumns } from '../trace-reading.ts';
import type { TraceRequest } from './trace.ts';
import { collectTrace, type ReadRow } from './trace-collect.ts';
import { FieldReader, shownField } from './trace-fields.ts';
import { type Instant, parseCount, parseDateTime } from './trace-instants.ts';

type Fields = Readonly<Record<string, unknown>>;

const PER_S = { s: 1, ms: MS_PER_S, us: MS_PER_S * US_PER_MS } as const;

const parseAt = (value: unknown, unit: TraceColumns['atUnit']): Instant | undefined => {
  if (unit === 'iso') return typeof value === 'string' ? parseDateTime(value) : undefined;
  return parseCount(value, PER_S[unit]);
};

const AS = {
  s: 'seconds ≥ 0',
  ms: 'ms ≥ 0',
  us: 'µs ≥ 0',
  iso: 'a date and time such as 2026-01-31T09:30:00Z',
};

function readRows({ rows }: TableRows<Fields>, columns: TraceColumns, reader: FieldReader): ReadRow[] {
  const { at, atUnit } = columns;
  return rows.map(({ line, value }) => ({
    line,
    atText: shownField(value[at]) ?? '',
    at: reader.read(line, `${at} as ${AS[atUnit]}`, value[at], (given) => parseAt(given, atUnit)),
    inputTokens: reader.tokens(line, columns.inputTokens, value[columns.inputTokens]),
    outputTokens: reader.tokens(line, columns.outputTokens, value[columns.outputTokens]),
  }));
}

/** CSV rows as records by the names of the header; a header that lacks a column is one problem. */
function recordsFromCsv(text: string, columns: TraceColumns): TableRows<Fields> {
  const { rows, issues } = readCsvRows(text);
  const [header, ...body] = rows;
  const names = header?.value ?? [];
  const wanted = [columns.at, columns.inputTokens, columns.outputTokens];
  const missing: Issue[] = wanted
    .filter((name) => !names.includes(name))
    .map((name) =>
      lineIssue(header?.line ?? 1, `a column ${name}`, names.join(','), 'name the column as the header does'),
    );
  if (missing.length > 0) return { rows: [], issues: [...issues, ...missing] };
  const reader = new FieldReader();
  const records = body
    .filter(({ line, value }) => reader.hasFields(line, names.length, value.length))
    .map(({ line, value }) => ({
      line,
      value: Object.fromEntries(names.map((name, i) => [name, value[i]])),
    }));
  return { rows: records, issues: [...issues, ...reader.issues] };
}

/** Reads any table of requests whose columns are named. */
export function parseTableTrace(
  format: 'csv' | 'jsonl',
  text: string,
  what: string,
  { columns, sort }: { readonly columns: TraceColumns | undefined; readonly sort: boolean },
): Result<readonly TraceRequest[]> {
  if (columns === undefined) {
    return failed('INVALID_TRACE', `${what} is read as ${format}, which needs the names of its columns`, {
      hint: 'Name them: at, inputTokens and outputTokens; docs/scenarios.md has an example.',
    });
  }
  const table = format === 'csv' ? recordsFromCsv(text, columns) : readJsonLines(text);
  const reader = new FieldReader();
  const rows = readRows(table, columns, reader);
  const lines = table.rows.at(-1)?.line ?? 1;
  return collectTrace(
    { rows, issues: [...table.issues, ...reader.issues], atColumn: columns.at, lines },
    what,
    sort,
  );
}
