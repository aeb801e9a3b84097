import { BlockList } from 'node:net';
import { z } from 'zod';
import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import { parseWith, parseYaml, readText } from '../../vocabulary/parse.ts';
import { addCidr, type TenantConfig, tenantsSchema } from '../config/tenants.ts';
import { maskIssue } from '../operations/masking.ts';
import { type HashedKey, type KeySources, readHashedKeys } from './hashed-keys.ts';
import type { Tenant, TenantLimits } from './ledger.ts';

/** Those who call a gateway without keys, and its own work. */
export const DEFAULT_TENANT: Tenant = { name: 'default', limits: {}, cache: true, admin: false };

/** A tenant with what lets it in. */
export interface KnownTenant {
  readonly tenant: Tenant;
  readonly allowedIps: BlockList | undefined;
}

export interface TenantKey extends KnownTenant {
  readonly sha256: Buffer;
  readonly expiresAtUnixMs: number | undefined;
}

/** Everyone who may call. */
export interface TenantList {
  readonly keys: readonly TenantKey[];
  /** Whom a caller without a key is; absent when a key is asked for. */
  readonly keyless: KnownTenant | undefined;
  readonly tenants: readonly Tenant[];
}

export interface TenantSources extends KeySources {
  readonly tenantsFile?: string | undefined;
  readonly tenants: readonly TenantConfig[];
}

const tenantsFileSchema = z.strictObject({ tenants: tenantsSchema });

function readTenantsFile(path: string): Result<readonly TenantConfig[]> {
  const text = readText(path);
  if (text.kind === 'failed') return text;
  const value = parseYaml(text.value, 'INVALID_CONFIG', path);
  if (value.kind === 'failed') return value;
  const schema = tenantsFileSchema as z.ZodType<{ tenants: TenantConfig[] }>;
  const parsed = parseWith(schema, value.value, 'INVALID_CONFIG', path);
  if (parsed.kind === 'ok') return ok(parsed.value.tenants);
  const { failure } = parsed;
  return { kind: 'failed', failure: { ...failure, issues: failure.issues.map(maskIssue) } };
}

function limitsFrom(limits: TenantConfig['limits']): TenantLimits {
  const entries = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  return Object.fromEntries(entries);
}

function knownFrom({ name, limits, cache, admin, allowedIps }: TenantConfig): KnownTenant {
  const tenant = { name, limits: limitsFrom(limits), cache, admin };
  if (allowedIps === undefined) return { tenant, allowedIps: undefined };
  const list = new BlockList();
  for (const each of allowedIps) addCidr(list, each);
  return { tenant, allowedIps: list };
}

function keysFrom(config: TenantConfig, known: KnownTenant): TenantKey[] {
  return config.keys.map((key) => {
    const { sha256, expiresAt } = typeof key === 'string' ? { sha256: key, expiresAt: undefined } : key;
    const expiresAtUnixMs = expiresAt === undefined ? undefined : Date.parse(expiresAt);
    return { ...known, sha256: Buffer.from(sha256, 'hex'), expiresAtUnixMs };
  });
}

const keyFromLine = ({ name, sha256 }: HashedKey): TenantKey => ({
  tenant: { ...DEFAULT_TENANT, name },
  allowedIps: undefined,
  sha256,
  expiresAtUnixMs: undefined,
});

/** A key line may give a listed tenant one more key; it then has that tenant's limits. */
function listFrom(configs: readonly TenantConfig[], lines: readonly HashedKey[]): TenantList {
  const byName = new Map<string, KnownTenant>();
  const keys: TenantKey[] = [];
  let keyless: KnownTenant | undefined;
  for (const config of configs) {
    const known = knownFrom(config);
    byName.set(config.name, known);
    if (config.keys.length === 0) keyless = known;
    keys.push(...keysFrom(config, known));
  }
  for (const line of lines) {
    const key = keyFromLine(line);
    const known = byName.get(line.name) ?? key;
    byName.set(line.name, known);
    keys.push({ ...key, tenant: known.tenant, allowedIps: known.allowedIps });
  }
  if (byName.size === 0) keyless = { tenant: DEFAULT_TENANT, allowedIps: undefined };
  const tenants = byName.size === 0 ? [DEFAULT_TENANT] : [...byName.values()].map(({ tenant }) => tenant);
  return { keys, keyless, tenants };
}

/** Each source is without doubles; together they may have some, and which tenant a caller is must not depend on their order. */
function checked(list: TenantList): Result<TenantList> {
  const owners = new Map<string, string>();
  for (const { sha256, tenant } of list.keys) {
    const hex = sha256.toString('hex');
    const owner = owners.get(hex) ?? tenant.name;
    owners.set(hex, tenant.name);
    if (owner !== tenant.name)
      return failed('INVALID_CONFIG', `one key is given to two tenants: ${owner} and ${tenant.name}`);
  }
  return ok(list);
}

/** Reads all sources anew; the first that is wrong is the failure, with all of its problems. */
export function readTenants(sources: TenantSources, environment: NodeJS.ProcessEnv): Result<TenantList> {
  const lines = readHashedKeys(sources, environment);
  if (lines.kind === 'failed') return lines;
  if (sources.tenantsFile === undefined) return checked(listFrom(sources.tenants, lines.value ?? []));
  const file = readTenantsFile(sources.tenantsFile);
  if (file.kind === 'failed') return file;
  if (file.value.length === 0)
    return failed('INVALID_CONFIG', `${sources.tenantsFile} holds no tenants, so nobody could call`);
  const [here, there] = [sources.tenants, file.value].map((list) =>
    list.find(({ keys }) => keys.length === 0),
  );
  if (here !== undefined && there !== undefined)
    return failed(
      'INVALID_CONFIG',
      `${here.name} and ${there.name} have no keys; one tenant at most has none`,
    );
  const names = new Set(sources.tenants.map(({ name }) => name));
  const twice = file.value.find(({ name }) => names.has(name));
  if (twice !== undefined)
    return failed('INVALID_CONFIG', `the tenant ${twice.name} is in ${sources.tenantsFile} and in tenants`);
  return checked(listFrom([...sources.tenants, ...file.value], lines.value ?? []));
}
