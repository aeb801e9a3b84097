import { createHash, randomBytes } from 'node:crypto';
import { tenantsSchema } from '../../runtime/config/tenants.ts';
import { EXIT_CODES, failed, unwrap } from '../../vocabulary/errors.ts';
import type { Command } from '../boundary.ts';

export interface CreateKeyOptions {
  readonly tenant: string;
  readonly expires?: string;
  readonly json?: boolean;
}

/** 256 bits: nobody guesses it, and a plain hash of it is safe to keep. */
const KEY_BYTES = 32;

/** `busyhour keys create`: prints a new key, once, and what the tenants file needs of it. Nothing is stored. */
export const createKey: Command<CreateKeyOptions> = async ({ tenant, expires, json }) => {
  const key = `bh-${randomBytes(KEY_BYTES).toString('base64url')}`;
  const sha256 = createHash('sha256').update(key).digest('hex');
  const expiresAt = expires === undefined ? undefined : new Date(expires);
  if (expiresAt !== undefined && Number.isNaN(expiresAt.getTime()))
    unwrap(failed('USAGE', `--expires must be a date such as 2027-01-31, got ${expires}`));
  if (expiresAt !== undefined && expiresAt.getTime() <= Date.now())
    unwrap(failed('USAGE', `--expires must be a date to come, got ${expires}: the key would never be valid`));
  const entry = expiresAt === undefined ? { sha256 } : { sha256, expiresAt: expiresAt.toISOString() };
  if (!tenantsSchema.safeParse([{ name: tenant, keys: [entry] }]).success)
    unwrap(failed('USAGE', `--tenant must be letters, digits, dots, dashes and underscores, got ${tenant}`));
  if (json !== true) {
    const rest = expiresAt === undefined ? '' : `, expiresAt: '${expiresAt.toISOString()}'`;
    process.stdout.write(
      `The key, shown this once; callers send it as "Authorization: Bearer …":\n\n  ${key}\n\n` +
        `For tenantsFile, or one more line under the keys of a tenant that it has:\n\n` +
        `tenants:\n  - name: ${tenant}\n    keys:\n      - { sha256: ${sha256}${rest} }\n\n` +
        `Or for apiKeysFile:\n\n${tenant}:${sha256}\n`,
    );
  }
  return { exitCode: EXIT_CODES.ok, json: { tenant, key, ...entry } };
};
