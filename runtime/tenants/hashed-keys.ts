import { failed, type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import { readText } from '../../vocabulary/parse.ts';

/** A key that may call; only its SHA-256 is known here. */
export interface HashedKey {
  readonly name: string;
  readonly sha256: Buffer;
}

/** Where the lines of keys are. */
export interface KeySources {
  readonly apiKeysFile?: string | undefined;
  readonly apiKeysEnv?: string | undefined;
}

const LINE = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63}):([0-9a-f]{64})$/;

/** Parses `name:sha256-hex` entries, separated by line breaks or commas; blank ones and `#` comments are skipped. */
export function parseHashedKeys(text: string, what: string): Result<readonly HashedKey[]> {
  const keys: HashedKey[] = [];
  const issues: Issue[] = [];
  for (const [index, raw] of text.split(/[\n,]/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, name, hex] = LINE.exec(line) ?? [];
    if (name !== undefined && hex !== undefined) keys.push({ name, sha256: Buffer.from(hex, 'hex') });
    else {
      // The entry may be a key pasted in the clear: it is not repeated.
      const fix = 'write printf %s "$KEY" | sha256sum';
      issues.push({
        path: `entry ${index + 1}`,
        expected: 'name:sha256 with 64 hex digits',
        got: 'another form',
        fix,
      });
    }
  }
  if (issues.length > 0) return failed('INVALID_CONFIG', `${what} has malformed keys`, { issues });
  if (keys.length === 0) return failed('INVALID_CONFIG', `${what} holds no keys, so nobody could call`);
  return ok(keys);
}

/** The hashed keys of all sources that the configuration names; undefined when it names none. */
export function readHashedKeys(
  { apiKeysFile, apiKeysEnv }: KeySources,
  environment: NodeJS.ProcessEnv,
): Result<readonly HashedKey[] | undefined> {
  const lists: Result<readonly HashedKey[]>[] = [];
  if (apiKeysFile !== undefined) {
    const text = readText(apiKeysFile);
    lists.push(text.kind === 'failed' ? text : parseHashedKeys(text.value, apiKeysFile));
  }
  if (apiKeysEnv !== undefined) lists.push(parseHashedKeys(environment[apiKeysEnv] ?? '', `$${apiKeysEnv}`));
  const keys: HashedKey[] = [];
  for (const list of lists) {
    if (list.kind === 'failed') return list;
    keys.push(...list.value);
  }
  return ok(lists.length === 0 ? undefined : keys);
}
