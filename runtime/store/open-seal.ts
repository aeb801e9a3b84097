import { readFileSync } from 'node:fs';
import { createFailure, type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import type { PrivacyConfig } from '../config/privacy.ts';
import type { HistoryStore } from './history-store.ts';
import { KEY_BYTES, KeyedSeal, PLAIN_SEAL, type TextSeal } from './text-seal.ts';

const FIX = 'make a key with: openssl rand -base64 32';
const BASE64_KEY = /^[A-Za-z0-9+/_-]{43}=?$/;

/** Where the configuration says that keys are, and the text found there. */
interface Found {
  readonly path: string;
  readonly text: string | undefined;
}

function readFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // Reported with the path of the setting.
  }
}

function findKeys(
  { keysEnv, keysFile }: PrivacyConfig,
  environment: Readonly<Record<string, string | undefined>>,
): Found | undefined {
  if (keysEnv !== undefined) return { path: 'privacy.keysEnv', text: environment[keysEnv] };
  return keysFile === undefined ? undefined : { path: 'privacy.keysFile', text: readFile(keysFile) };
}

/** Keys one after the other, apart by commas or white space; what is wrong with one is said by its place, never by its text. */
function parseKeys({ path, text }: Found): Result<readonly Buffer[]> {
  const words = (text ?? '').split(/[\s,]+/).filter((word) => word !== '');
  const issues: Issue[] = words.flatMap((word, index) =>
    BASE64_KEY.test(word)
      ? []
      : [
          {
            path: `${path}[${index}]`,
            expected: `${KEY_BYTES} bytes in base64`,
            got: `${word.length} characters`,
            fix: FIX,
          },
        ],
  );
  if (words.length === 0)
    issues.push({
      path,
      expected: `at least one key of ${KEY_BYTES} bytes in base64`,
      got: 'nothing',
      fix: FIX,
    });
  if (issues.length === 0) return ok(words.map((word) => Buffer.from(word, 'base64')));
  const message = 'the keys of working memory cannot be used';
  return { kind: 'failed', failure: createFailure('INVALID_CONFIG', message, { issues }) };
}

/**
 * How texts lie in a shared working memory: sealed under the keys that are configured, else under one that the gateways
 * of one history share; as they are where redaction is off and no key is given.
 */
export function openSeal(
  privacy: PrivacyConfig,
  environment: Readonly<Record<string, string | undefined>>,
  history: HistoryStore,
): Result<TextSeal> {
  const found = findKeys(privacy, environment);
  if (found === undefined)
    return ok(
      privacy.redact
        ? new KeyedSeal(async () => [Buffer.from(await history.sharedKey(), 'base64')])
        : PLAIN_SEAL,
    );
  const keys = parseKeys(found);
  return keys.kind === 'failed' ? keys : ok(new KeyedSeal(async () => keys.value));
}
