import type { Result } from '../../vocabulary/errors.ts';
import { lineIssue, readCsvRows, type TableRow } from '../tables.ts';
import type { TraceRequest } from './trace.ts';
import { collectTrace, type ReadRow } from './trace-collect.ts';
import { FieldReader } from './trace-fields.ts';
import { parseCount } from './trace-instants.ts';

/**
 * Columns of BurstGPT (Wang et al., arXiv:2401.17644): seconds from the start, tokens of request and response; the
 * others (model, totals, session, log type) are not used. A response of 0 tokens is a request that failed then.
 */
export const BURSTGPT_COLUMNS = ['Timestamp', 'Request tokens', 'Response tokens'] as const;
const [AT, INPUT, OUTPUT] = BURSTGPT_COLUMNS;

function readRow(
  row: TableRow<readonly string[]>,
  header: readonly string[],
  reader: FieldReader,
): ReadRow[] {
  if (!reader.hasFields(row.line, header.length, row.value.length)) return [];
  const field = (name: string): string => row.value[header.indexOf(name)] ?? '';
  return [
    {
      line: row.line,
      atText: field(AT),
      at: reader.read(row.line, `${AT} as seconds ≥ 0`, field(AT), (text) => parseCount(text, 1)),
      inputTokens: reader.tokens(row.line, INPUT, field(INPUT)),
      outputTokens: reader.tokens(row.line, OUTPUT, field(OUTPUT)),
    },
  ];
}

/** Reads a BurstGPT CSV, with or without the session columns of its second release. */
export function parseBurstGptTrace(
  text: string,
  what: string,
  sort = false,
): Result<readonly TraceRequest[]> {
  const { rows, issues } = readCsvRows(text);
  const header = rows[0]?.value ?? [];
  const missing = BURSTGPT_COLUMNS.filter((name) => !header.includes(name)).map((name) =>
    lineIssue(rows[0]?.line ?? 1, `a column ${name}`, header.join(','), 'add the header line of BurstGPT'),
  );
  const reader = new FieldReader();
  const read = missing.length > 0 ? [] : rows.slice(1).flatMap((row) => readRow(row, header, reader));
  return collectTrace(
    {
      rows: read,
      issues: [...issues, ...missing, ...reader.issues],
      atColumn: AT,
      lines: rows.at(-1)?.line ?? 1,
    },
    what,
    sort,
  );
}
