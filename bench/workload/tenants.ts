import type { Tenants } from '../../scenarios/workload.ts';
import { failed, type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import type { Random } from '../../vocabulary/random.ts';

/** One tenant with its share of the interactions. */
export interface TenantShare {
  readonly name: string;
  readonly shareRatio: number;
  readonly apiKeyEnv?: string;
}

/** Tenants in rank order; shares add up to 1. Zipf: rank k has a share in proportion to k^-exponent (Zipf 1949). */
export function tenantShares(tenants: Tenants): TenantShare[] {
  const weighted =
    tenants.kind === 'weights'
      ? tenants.tenants.map(({ name, weight, apiKeyEnv }) => ({ name, weight, apiKeyEnv }))
      : Array.from({ length: tenants.count }, (_, i) => ({
          name: `tenant-${i + 1}`,
          weight: (i + 1) ** -tenants.exponent,
          apiKeyEnv: tenants.apiKeyEnvPrefix === undefined ? undefined : `${tenants.apiKeyEnvPrefix}${i + 1}`,
        }));
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  return weighted.map(({ name, weight, apiKeyEnv }) => ({
    name,
    shareRatio: weight / total,
    ...(apiKeyEnv === undefined ? {} : { apiKeyEnv }),
  }));
}

/** Draws the tenant of an interaction. */
export function createTenantSampler(tenants: Tenants): (random: Random) => string {
  const shares = tenantShares(tenants);
  let reached = 0;
  const upTo = shares.map(({ shareRatio }) => {
    reached += shareRatio;
    return reached;
  });
  return (random) => {
    const target = random.next() * reached;
    const index = upTo.findIndex((limit) => limit > target);
    return (shares[index] ?? shares[0])?.name ?? '';
  };
}

/** The key of each tenant that names a variable. Every variable that is not set is an issue. */
export function readTenantKeys(
  tenants: Tenants,
  environment: Readonly<Record<string, string | undefined>>,
): Result<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>();
  const issues: Issue[] = [];
  for (const { name, apiKeyEnv } of tenantShares(tenants)) {
    if (apiKeyEnv === undefined) continue;
    const key = environment[apiKeyEnv];
    if (key !== undefined && key !== '') keys.set(name, key);
    else {
      const expected = 'an environment variable that holds the API key';
      issues.push({
        path: `tenant ${name}: ${apiKeyEnv}`,
        expected,
        got: 'nothing',
        fix: 'set it before the run',
      });
    }
  }
  return issues.length === 0
    ? ok(keys)
    : failed('USAGE', `the keys of ${issues.length} tenant${issues.length === 1 ? '' : 's'} are not set`, {
        issues,
      });
}
