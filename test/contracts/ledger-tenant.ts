import type { Tenant, TenantLimits } from '../../runtime/tenants/ledger.ts';

/** A tenant with these limits. Apart from the suite, so that a process without a test runner can use it. */
export const tenantOf = (limits: TenantLimits, name = 'acme'): Tenant => ({
  name,
  limits,
  cache: true,
  admin: false,
});
