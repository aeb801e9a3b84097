import type { FaultCode } from '../../vocabulary/faults.ts';
import type { Spent } from '../llm/spent.ts';
import type { LedgerObserver, Standing, Tenant } from './ledger.ts';

/** Why a tenant's request was not let in; a closed list for labels. */
export const REFUSAL_REASONS = [
  'policy_rate_limited',
  'policy_token_limited',
  'policy_request_too_large',
  'policy_budget_exhausted',
  'gateway_store_unavailable',
] as const satisfies readonly FaultCode[];

/** What telemetry learns of the use that tenants make. */
export interface TenantObserver extends Omit<LedgerObserver, 'stateLost'> {
  stateLost(): void;
  granted(tenant: Tenant, standing: Standing | undefined): void;
  refused(tenant: Tenant, code: FaultCode): void;
  used(tenant: Tenant, spent: Spent): void;
  tenantsReloaded(result: 'ok' | 'refused'): void;
}
