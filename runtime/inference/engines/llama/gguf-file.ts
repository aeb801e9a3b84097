import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { failed, ok, type Result } from '../../../../vocabulary/errors.ts';

const MAGIC = 'GGUF';
/** Magic, version, tensor count, metadata count. */
const HEADER_BYTES = 24;
const READABLE_VERSIONS = [2, 3];

function readHeader(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    return header.subarray(0, readSync(file, header, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

function problemOf(header: Buffer): string | undefined {
  const magic = header.subarray(0, MAGIC.length).toString('latin1');
  if (header.length < HEADER_BYTES) return `has only ${header.length} bytes and so is no GGUF file`;
  if (magic !== MAGIC)
    return `is no GGUF file: it begins with ${JSON.stringify(magic)} instead of "${MAGIC}"`;
  const version = header.readUInt32LE(MAGIC.length);
  if (READABLE_VERSIONS.includes(version)) return undefined;
  return `has GGUF version ${version}; versions ${READABLE_VERSIONS.join(' and ')} can be read`;
}

/** Checks what can be known of a model file without loading it: there, a file, and of the right format. */
export function checkGgufFile(path: string): Result<{ readonly fileBytes: number }> {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return failed('MODEL_UNREADABLE', `${path} is not a file`);
    const problem = problemOf(readHeader(path));
    return problem === undefined
      ? ok({ fileBytes: stat.size })
      : failed('MODEL_UNREADABLE', `${path} ${problem}`);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const text = missing ? `there is no model file ${path}` : `cannot read the model file ${path}: ${cause}`;
    return failed('MODEL_UNREADABLE', text, { cause });
  }
}
