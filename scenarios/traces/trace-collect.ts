import { type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import { failedRows, lineIssue } from '../tables.ts';
import type { TraceRequest } from './trace.ts';
import { type Instant, msBetween } from './trace-instants.ts';

/** A row as a format has read it; what is undefined is a problem that stands in the issues already. */
export interface ReadRow {
  readonly line: number;
  readonly at: Instant | undefined;
  /** The instant as the file has it, for messages. */
  readonly atText: string;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly blocks?: TraceRequest['blocks'];
}

/** What a format has made of a file. */
export interface TraceReadingSoFar {
  readonly rows: readonly ReadRow[];
  readonly issues: readonly Issue[];
  /** How the file calls its instants. */
  readonly atColumn: string;
  /** The last line, for files that are too short. */
  readonly lines: number;
}

const byInstant = (a: ReadRow, b: ReadRow): number =>
  a.at === undefined || b.at === undefined ? 0 : msBetween(b.at, a.at);

/** Each row is held against the last one in order, so that one stray row is one problem. */
function findDisorder(rows: readonly ReadRow[], atColumn: string): Issue[] {
  let last: Instant | undefined;
  const issues: Issue[] = [];
  for (const { line, at, atText } of rows) {
    if (at === undefined) continue;
    if (last === undefined || msBetween(last, at) >= 0) {
      last = at;
      continue;
    }
    const fix = `sort the rows by ${atColumn}`;
    issues.push(lineIssue(line, `a ${atColumn} not before the row above`, atText, fix));
  }
  return issues;
}

const lineOf = ({ path }: Issue): number => Number(/\d+/.exec(path)?.[0] ?? 0);

function requestsFrom(rows: readonly ReadRow[]): TraceRequest[] {
  const first = rows[0]?.at;
  return rows.flatMap(({ at, inputTokens, outputTokens, blocks }) => {
    if (first === undefined || at === undefined) return [];
    if (inputTokens === undefined || outputTokens === undefined) return [];
    const request = { atMs: msBetween(first, at), inputTokens, outputTokens };
    return [blocks === undefined ? request : { ...request, blocks }];
  });
}

/** The requests of a file in time order, or all of its problems by line. Rows of one instant keep their order. */
export function collectTrace(
  reading: TraceReadingSoFar,
  what: string,
  sort: boolean,
): Result<readonly TraceRequest[]> {
  const { atColumn } = reading;
  const disorder = sort ? [] : findDisorder(reading.rows, atColumn);
  const issues = [...reading.issues, ...disorder].sort((a, b) => lineOf(a) - lineOf(b));
  if (issues.length > 0) return failedRows('INVALID_TRACE', what, issues);
  const requests = requestsFrom(sort ? [...reading.rows].sort(byInstant) : reading.rows);
  if ((requests.at(-1)?.atMs ?? 0) > 0) return ok(requests);
  const tooShort = lineIssue(
    reading.lines,
    'at least two rows at different times',
    `${requests.length} rows`,
    'give a longer trace',
  );
  return failedRows('INVALID_TRACE', what, [tooShort]);
}
