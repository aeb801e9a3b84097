import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { failed, ok, type Result } from '../../../../vocabulary/errors.ts';
import { requestsPerS } from './closed-loop.ts';

/** One published benchmark run: mean times at a fixed concurrency and fixed lengths. */
export interface MeasuredPoint {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number;
  readonly timeToFirstTokenMs: number;
  readonly timePerOutputTokenMs: number;
  /** From the mean times, by Little's law. */
  readonly requestsPerS: number;
}

/** Columns that name one GPU × model × backend family, with the value each must have. */
export type FamilyFilter = Readonly<Record<string, string>>;

function pointFrom(row: Readonly<Record<string, string>>): MeasuredPoint {
  const load = { concurrency: Number(row.concurrency), outputTokens: Number(row.output_tokens) };
  const timeToFirstTokenMs = Number(row.mean_ttft_ms);
  const timePerOutputTokenMs = Number(row.mean_tpot_ms);
  return {
    ...load,
    inputTokens: Number(row.input_tokens),
    timeToFirstTokenMs,
    timePerOutputTokenMs,
    requestsPerS: requestsPerS(load, timeToFirstTokenMs, timePerOutputTokenMs),
  };
}

/** Points of one family out of a gzipped CSV with the columns of aiconfigurator's silicon samples. */
export function readMeasuredPoints(path: string, family: FamilyFilter): Result<MeasuredPoint[]> {
  let text: string;
  try {
    text = gunzipSync(readFileSync(path)).toString('utf8');
  } catch (cause) {
    return failed('INPUT_NOT_FOUND', `cannot read the measured points in ${path}`, { cause });
  }
  const rows = parse(text, { columns: true }) as Record<string, string>[];
  const points = rows
    .filter((row) => Object.entries(family).every(([column, value]) => row[column] === value))
    .map(pointFrom);
  if (points.length > 0) return ok(points);
  return failed('INPUT_NOT_FOUND', `${path} has no points of ${JSON.stringify(family)}`);
}
