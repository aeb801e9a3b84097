import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { tenantsSchema } from '../../runtime/config/tenants.ts';

const CLI = join(import.meta.dirname, '../../cli.ts');
const run = (...args: string[]): string =>
  execFileSync(process.execPath, [CLI, 'keys', 'create', ...args], { encoding: 'utf8' });

it('prints a key once, with its hash in the form that the tenants file takes', () => {
  const text = run('--tenant', 'acme', '--expires', '2099-01-31');
  const key = /^ {2}(bh-[\w-]{43})$/m.exec(text)?.[1] ?? '';
  const yaml = text.slice(text.indexOf('tenants:'), text.indexOf('Or for'));
  const { tenants } = parse(yaml);
  expect(tenantsSchema.safeParse(tenants).success).toBe(true);
  const sha256 = createHash('sha256').update(key).digest('hex');
  expect(tenants).toEqual([{ name: 'acme', keys: [{ sha256, expiresAt: '2099-01-31T00:00:00.000Z' }] }]);
  expect(text).toContain(`acme:${sha256}\n`);
  expect(run('--tenant', 'acme')).not.toContain(key);
});

it('as JSON, and refuses a name that no tenant can have', () => {
  const { tenant, key, sha256 } = JSON.parse(run('--tenant', 'acme', '--json'));
  expect(tenant).toBe('acme');
  expect(createHash('sha256').update(key).digest('hex')).toBe(sha256);
  for (const wrong of [
    ['--tenant', 'a b'],
    ['--tenant', 'a', '--expires', 'soon'],
    ['--tenant', 'a', '--expires', '2020-01-31'],
  ]) {
    const ended = spawnSync(process.execPath, [CLI, 'keys', 'create', ...wrong]);
    expect(ended.status).toBe(2);
  }
});
