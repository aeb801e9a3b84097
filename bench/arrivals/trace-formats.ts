import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import type { Trace, TraceRequest } from './trace.ts';
import { parseAzureTrace } from './trace-azure.ts';

interface TraceFormat {
  /** Whether a file's first line looks like this format's. */
  readonly matches: (firstLine: string) => boolean;
  readonly parse: (text: string, what: string) => Result<readonly TraceRequest[]>;
}

/** Every format that can be replayed. A new one is a file beside this and a line here. */
const TRACE_FORMATS = {
  'azure-llm': { matches: (firstLine) => firstLine.includes('TIMESTAMP'), parse: parseAzureTrace },
} as const satisfies Record<string, TraceFormat>;

export type TraceFormatName = keyof typeof TRACE_FORMATS;
export const TRACE_FORMAT_NAMES = Object.keys(TRACE_FORMATS) as readonly TraceFormatName[];

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

function decompress(bytes: Buffer, path: string): Result<string> {
  if (!bytes.subarray(0, 2).equals(GZIP_MAGIC)) return ok(bytes.toString('utf8'));
  try {
    return ok(gunzipSync(bytes).toString('utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed('INVALID_TRACE', `${path} is not whole gzip data: ${reason}`, {
      cause,
      issues: [
        { path, expected: 'whole gzip data', got: reason, fix: 'download or compress the file again' },
      ],
    });
  }
}

function readBytes(path: string): Result<Buffer> {
  try {
    return ok(readFileSync(path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed('INPUT_NOT_FOUND', `cannot read ${path}: ${reason}`, { cause });
  }
}

/** The format of a text by its first line; what no format claims is read as the first one, whose errors then help. */
const detectFormat = (text: string): TraceFormatName => {
  const firstLine = text.slice(0, text.indexOf('\n') + 1);
  return TRACE_FORMAT_NAMES.find((name) => TRACE_FORMATS[name].matches(firstLine)) ?? 'azure-llm';
};

/** Reads a trace file, gzipped or not; the format is recognised where it is not given. */
export function readTrace(path: string, format?: TraceFormatName): Result<Trace> {
  const bytes = readBytes(path);
  if (bytes.kind === 'failed') return bytes;
  const text = decompress(bytes.value, path);
  if (text.kind === 'failed') return text;
  const name = format ?? detectFormat(text.value);
  const requests = TRACE_FORMATS[name].parse(text.value, path);
  if (requests.kind === 'failed') return requests;
  const sha256 = createHash('sha256').update(bytes.value).digest('hex');
  return ok({ source: basename(path), format: name, sha256, requests: requests.value });
}
