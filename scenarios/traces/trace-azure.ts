import type { Issue, Result } from '../../vocabulary/errors.ts';
import { lineIssue, MAX_LISTED_ISSUES, readCsvRows, type TableRow } from '../tables.ts';
import type { TraceRequest } from './trace.ts';
import { collectTrace, type ReadRow } from './trace-collect.ts';
import { FieldReader } from './trace-fields.ts';
import { parseAzureInstant } from './trace-instants.ts';

export { MAX_LISTED_ISSUES };

/** Header of the Azure LLM inference traces (Azure/AzurePublicDataset; Patel et al., Splitwise, ISCA 2024). */
export const AZURE_HEADER = ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'] as const;
const [AT, INPUT, OUTPUT] = AZURE_HEADER;

type Row = TableRow<readonly string[]>;

function readRow({ line, value }: Row, reader: FieldReader): ReadRow[] {
  if (!reader.hasFields(line, AZURE_HEADER.length, value.length)) return [];
  const [at = '', input, output] = value;
  const expected = `${AT} as YYYY-MM-DD HH:MM:SS.fffffff`;
  return [
    {
      line,
      atText: at,
      at: reader.read(line, expected, at, parseAzureInstant),
      inputTokens: reader.tokens(line, INPUT, input),
      outputTokens: reader.tokens(line, OUTPUT, output),
    },
  ];
}

function checkHeader(row: Row | undefined): Issue[] {
  const expected = AZURE_HEADER.join(',');
  const got = row?.value.join(',');
  if (got === expected) return [];
  return [lineIssue(row?.line ?? 1, `the header ${expected}`, got, 'add the header line')];
}

/** Reads the text of an Azure LLM inference trace. Every bad row is found; the first 50 are listed. */
export function parseAzureTrace(text: string, what: string, sort = false): Result<readonly TraceRequest[]> {
  const { rows, issues } = readCsvRows(text);
  // A break on the very first line leaves no header to check: the break is what has to be put right.
  const header = rows.length === 0 && issues.length > 0 ? [] : checkHeader(rows[0]);
  const reader = new FieldReader();
  const read = header.length > 0 ? [] : rows.slice(1).flatMap((row) => readRow(row, reader));
  return collectTrace(
    {
      rows: read,
      issues: [...issues, ...header, ...reader.issues],
      atColumn: AT,
      lines: rows.at(-1)?.line ?? 1,
    },
    what,
    sort,
  );
}
