import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { failed, ok, type Result } from './errors.ts';

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Its folder is not one, so nothing was created there; the first failure is the one to tell.
  }
}

/** A device or a pipe such as /dev/stdout: a rename would put a file in its place, for every other program too. */
export function isSpecial(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * Makes a folder and those that it lies in, one after the other: where the system says of a folder that cannot be made that
 * it is not there, as /proc does, Node's recursive mkdir asks again for ever.
 */
export function makeFolder(path: string): void {
  if (isFolder(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (cause) {
    // Somebody else may have made it meanwhile.
    if (!isFolder(path)) throw cause;
  }
}

function writePieces(path: string, pieces: Iterable<string | Uint8Array>): void {
  const file = openSync(path, 'w');
  try {
    for (const piece of pieces) writeFileSync(file, piece);
  } finally {
    closeSync(file);
  }
}

/** Writes a whole file or nothing: to a temporary file beside it, then a rename. Creates the folder. */
export const writeFileAtomic = (path: string, content: string | Uint8Array): Result<string> =>
  writePiecesAtomic(path, [content]);

/** The same from pieces that are made while they are written. */
export function writePiecesAtomic(path: string, pieces: Iterable<string | Uint8Array>): Result<string> {
  const temporary = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`);
  try {
    if (isSpecial(path)) {
      writePieces(path, pieces);
      return ok(path);
    }
    makeFolder(dirname(path));
    writePieces(temporary, pieces);
    renameSync(temporary, path);
    return ok(path);
  } catch (cause) {
    removeQuietly(temporary);
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed('OUTPUT_NOT_WRITABLE', `cannot write ${path}: ${reason}`, { cause });
  }
}

/** Proves, before any long work, that a folder exists (made if need be) and can be written. */
export function ensureWritableFolder(path: string): Result<string> {
  try {
    makeFolder(path);
    accessSync(path, constants.W_OK | constants.X_OK);
    return ok(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed('OUTPUT_NOT_WRITABLE', `cannot write into ${path}: ${reason}`, { cause });
  }
}
