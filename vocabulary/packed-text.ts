import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type FailureCode, failed, ok, type Result } from './errors.ts';

/** The text of a file that may be gzipped. */
export interface PackedText {
  readonly text: string;
  /** Of the file's bytes as they are. */
  readonly sha256: string;
}

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

function decompress(bytes: Buffer, path: string, code: FailureCode): Result<string> {
  if (!bytes.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC)) return ok(bytes.toString('utf8'));
  try {
    return ok(gunzipSync(bytes).toString('utf8'));
  } catch (cause) {
    const issue = { path, expected: 'whole gzip data', got: reasonOf(cause) };
    return failed(code, `${path} is not whole gzip data: ${reasonOf(cause)}`, {
      cause,
      issues: [{ ...issue, fix: 'download or compress the file again' }],
    });
  }
}

function readBytes(path: string): Result<Buffer> {
  try {
    return ok(readFileSync(path));
  } catch (cause) {
    return failed('INPUT_NOT_FOUND', `cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** Reads a UTF-8 text file, gzipped or not. Half a gzip file fails with `code`; one that is not there is INPUT_NOT_FOUND. */
export function readPackedText(path: string, code: FailureCode): Result<PackedText> {
  const bytes = readBytes(path);
  if (bytes.kind === 'failed') return bytes;
  const text = decompress(bytes.value, path, code);
  if (text.kind === 'failed') return text;
  return ok({ text: text.value, sha256: createHash('sha256').update(bytes.value).digest('hex') });
}
