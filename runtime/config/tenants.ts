import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { environmentName, spanMs } from './fields.ts';

/** As it stands in labels, keys of stores and audit rows. */
const tenantName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dots, dashes and underscores');
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'the SHA-256 of a key, 64 hex digits');
const keySchema = z.union([
  sha256Hex,
  z.strictObject({ sha256: sha256Hex, expiresAt: z.iso.datetime({ offset: true }).optional() }),
]);

/** Adds `10.0.0.0/8`, `::1` or `192.0.2.7` to a list; false when it is none of these. */
export function addCidr(list: BlockList, cidr: string): boolean {
  const [address = '', prefix, ...more] = cidr.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (prefix === undefined) {
    list.addAddress(address, family);
    return true;
  }
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (!(bits <= (version === 4 ? 32 : 128))) return false;
  list.addSubnet(address, bits, family);
  return true;
}

const cidr = z
  .string()
  .refine((text) => addCidr(new BlockList(), text), 'an IP address or a network such as 10.0.0.0/8');

const limitsSchema = z.strictObject({
  requestsPerMin: z.int().min(1).max(100_000_000).optional(),
  /** Input and output tokens together. */
  tokensPerMin: z.int().min(1).max(1_000_000_000_000).optional(),
  /** From midnight to midnight UTC. */
  dailyBudgetUsd: z.number().min(0).max(1_000_000).optional(),
  /** In progress at once, over all processes. */
  maxConcurrent: z.int().min(1).max(1_000_000).optional(),
});

const tenantSchema = z.strictObject({
  name: tenantName,
  /** Several during a rotation. None: the tenant of callers that present no key. */
  keys: z.array(keySchema).max(16).default([]),
  limits: limitsSchema.default({}),
  /** Whether identical completions may be answered from the cache. */
  cache: z.boolean().default(true),
  /** May use /v1/admin. */
  admin: z.boolean().default(false),
  /** Addresses that may call with this tenant's keys; all when absent. */
  allowedIps: z.array(cidr).min(1).max(1000).optional(),
});

const hexOf = (key: z.output<typeof keySchema>): string => (typeof key === 'string' ? key : key.sha256);

/** Names, keys and the tenant without keys are each there once. */
function checkUnique(tenants: readonly z.output<typeof tenantSchema>[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  const once = (what: string, path: (string | number)[], message: string): void => {
    if (seen.has(what)) context.addIssue({ code: 'custom', path, message });
    seen.add(what);
  };
  for (const [index, { name, keys }] of tenants.entries()) {
    once(`name ${name}`, [index, 'name'], 'a name that no other tenant has');
    if (keys.length === 0) once('keyless', [index, 'keys'], 'a key: one tenant at most has none');
    for (const [position, key] of keys.entries())
      once(`key ${hexOf(key)}`, [index, 'keys', position], 'a key that stands nowhere else');
  }
}

/** The tenants of a configuration or of a tenants file. */
export const tenantsSchema = z.array(tenantSchema).max(10_000).superRefine(checkUnique);
export type TenantConfig = z.output<typeof tenantSchema>;

/** Who may call, and how much. */
export const tenantFields = {
  /** YAML or JSON with a list under `tenants`; read again when it changes. */
  tenantsFile: z.string().min(1).optional(),
  tenants: tenantsSchema.default([]),
  /** File with one `name:sha256-hex` per line, each a tenant without limits. With no keys anywhere, none is asked for. */
  apiKeysFile: z.string().min(1).optional(),
  /** Environment variable with the same lines, separated by line breaks or commas. */
  apiKeysEnv: environmentName.optional(),
  /** Where rates and budgets are kept; the Redis of `redis` when its variable is set, else this process. */
  ledger: z
    .strictObject({
      kind: z.enum(['memory', 'redis']).optional(),
      /** How long a process that fell silent keeps its places among maxConcurrent. */
      leaseMs: spanMs.min(1000).default(60_000),
    })
    .prefault({}),
  /** What tenants with limits get while the ledger cannot be asked: 503, or all they want. */
  onLedgerFailure: z.enum(['closed', 'open']).default('closed'),
  /** Whether each completion has its row in the audit trail before it is answered. */
  audit: z.strictObject({ completions: z.boolean().default(true) }).prefault({}),
};
