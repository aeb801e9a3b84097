import { Counter, Gauge, type Registry } from 'prom-client';
import type { FaultCode } from '../../vocabulary/faults.ts';
import type { Spent } from '../llm/spent.ts';
import type { LedgerOperation, Standing, Tenant } from '../tenants/ledger.ts';
import type { TenantObserver } from '../tenants/tenant-observer.ts';

/** Of a tenant that has left the configuration while its request ran. */
const OTHER = 'other';

/** Use of the gateway by tenant. Labels are the configured names, so their number is bounded by the configuration. */
export class TenantMetrics implements TenantObserver {
  readonly #names: () => ReadonlySet<string>;
  readonly #requests: Counter<'tenant'>;
  readonly #refusals: Counter<'tenant' | 'reason'>;
  readonly #tokens: Counter<'tenant' | 'direction'>;
  readonly #cost: Counter<'tenant'>;
  readonly #budget: Gauge<'tenant'>;
  readonly #budgetLeft: Gauge<'tenant'>;
  readonly #failures: Counter<'operation'>;
  readonly #pending: Gauge;
  readonly #losses: Counter;
  readonly #reloads: Counter<'result'>;

  constructor(registry: Registry, names: () => ReadonlySet<string>) {
    this.#names = names;
    const registers = [registry];
    const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Counter({ name, help, labelNames, registers });
    this.#requests = counter('busyhour_tenant_requests_total', 'Completions and turns let in, by tenant', [
      'tenant',
    ]);
    this.#refusals = counter('busyhour_tenant_refusals_total', 'Completions and turns refused by a limit', [
      'tenant',
      'reason',
    ]);
    this.#tokens = counter('busyhour_tenant_tokens_total', 'Tokens paid for, failed attempts included', [
      'tenant',
      'direction',
    ]);
    this.#cost = counter('busyhour_tenant_cost_usd_total', 'US dollars spent at providers', ['tenant']);
    this.#budget = new Gauge({
      name: 'busyhour_tenant_budget_usd',
      help: 'Daily budget; absent for a tenant without one',
      labelNames: ['tenant'],
      registers,
    });
    this.#budgetLeft = new Gauge({
      name: 'busyhour_tenant_budget_left_usd',
      help: 'Daily budget less what is spent and reserved, as of the last request of the tenant here',
      labelNames: ['tenant'],
      registers,
    });
    this.#failures = counter(
      'busyhour_ledger_failures_total',
      'Failures of the store of limits and budgets',
      ['operation'],
    );
    this.#pending = new Gauge({
      name: 'busyhour_ledger_pending_settlements',
      help: 'Settlements that wait for the store to come back',
      registers,
    });
    this.#losses = counter(
      'busyhour_ledger_state_lost_total',
      'Times that the store of limits and budgets was found to have forgotten a tenant or a request',
      [],
    );
    this.#reloads = counter('busyhour_tenants_reloads_total', 'Changes of the tenants file', ['result']);
  }

  #label({ name }: Tenant): string {
    return this.#names().has(name) ? name : OTHER;
  }

  granted(tenant: Tenant, standing: Standing | undefined): void {
    const label = this.#label(tenant);
    this.#requests.inc({ tenant: label });
    const { dailyBudgetUsd } = tenant.limits;
    if (standing === undefined || dailyBudgetUsd === undefined) return;
    this.#budget.set({ tenant: label }, dailyBudgetUsd);
    const leftUsd = dailyBudgetUsd - standing.spentUsd - standing.reservedUsd;
    this.#budgetLeft.set({ tenant: label }, Math.max(0, leftUsd));
  }

  refused(tenant: Tenant, code: FaultCode): void {
    this.#refusals.inc({ tenant: this.#label(tenant), reason: code });
  }

  used(tenant: Tenant, spent: Spent): void {
    const label = this.#label(tenant);
    this.#tokens.inc({ tenant: label, direction: 'input' }, spent.inputTokens);
    this.#tokens.inc({ tenant: label, direction: 'cached_input' }, spent.cachedInputTokens);
    this.#tokens.inc({ tenant: label, direction: 'output' }, spent.outputTokens);
    this.#cost.inc({ tenant: label }, spent.costUsd);
  }

  ledgerFailed(operation: LedgerOperation): void {
    this.#failures.inc({ operation });
  }

  pendingSettlements(settlements: number): void {
    this.#pending.set(settlements);
  }

  stateLost(): void {
    this.#losses.inc();
  }

  tenantsReloaded(result: 'ok' | 'refused'): void {
    this.#reloads.inc({ result });
  }
}
