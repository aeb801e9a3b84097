import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { failed, type Issue, ok, type Result } from '../../../vocabulary/errors.ts';

const pointSchema = z.object({
  metric: z.string(),
  type: z.literal('Point'),
  data: z.object({
    time: z.string(),
    value: z.number(),
    tags: z.record(z.string(), z.string()).nullish(),
    metadata: z.record(z.string(), z.string()).nullish(),
  }),
});

/** One sample of k6's JSON output. */
export interface K6Point {
  readonly metric: string;
  readonly atUnixMs: number;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const MAX_LISTED = 50;
const NONE: Readonly<Record<string, string>> = {};

/** RFC 3339 with nanoseconds: Date reads three digits, the rest is added. */
export function parseInstantMs(text: string): number | undefined {
  const match = /^(.*:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/.exec(text);
  if (match === null) return undefined;
  const wholeMs = Date.parse(`${match[1]}${match[3]}`);
  return Number.isNaN(wholeMs) ? undefined : wholeMs + Number(`0.${match[2] ?? 0}`) * 1000;
}

function issueAt(line: number, got: string): Issue {
  return {
    path: `line ${line}`,
    expected: 'a point of k6 --out json',
    got: got.slice(0, 80),
    fix: 'give the file that k6 wrote, whole',
  };
}

function parseLine(text: string, line: number): K6Point | Issue | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return issueAt(line, text);
  }
  if ((value as { type?: unknown } | null)?.type === 'Metric') return undefined;
  const parsed = pointSchema.safeParse(value);
  const atUnixMs = parsed.success ? parseInstantMs(parsed.data.data.time) : undefined;
  if (!parsed.success || atUnixMs === undefined) return issueAt(line, text);
  const { data, metric } = parsed.data;
  return { metric, atUnixMs, value: data.value, tags: data.tags ?? NONE, metadata: data.metadata ?? NONE };
}

/** Lines of a file, gzipped or not. Reading stops when the caller does. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  try {
    // A pipe does not hand on the error of its source.
    file.on('error', (error) => input.destroy(error));
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } finally {
    file.destroy();
  }
}

/** Hands every point of a file to `take`, in the file's order. Bad lines are listed, the first 50. */
export async function readK6Points(path: string, take: (point: K6Point) => void): Promise<Result<number>> {
  const issues: Issue[] = [];
  let line = 0;
  let points = 0;
  try {
    for await (const text of linesOf(path)) {
      line++;
      const point = text === '' ? undefined : parseLine(text, line);
      if (point === undefined) continue;
      if ('metric' in point) {
        points++;
        take(point);
      } else if (issues.push(point) === MAX_LISTED) break;
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed('INPUT_NOT_FOUND', `cannot read ${path}: ${reason}`, { cause });
  }
  if (issues.length === 0) return ok(points);
  return failed('INVALID_IMPORT', `${path} has ${issues.length} lines that are no points of k6`, {
    hint: 'k6 run --out json=points.json writes it.',
    issues,
  });
}
