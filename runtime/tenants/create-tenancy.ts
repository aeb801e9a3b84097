import type { Registry } from 'prom-client';
import type { Clock } from '../../vocabulary/clock.ts';
import { BusyhourError, createFailure } from '../../vocabulary/errors.ts';
import type { GatewayConfig } from '../config.ts';
import type { Logger } from '../telemetry/logger.ts';
import { TenantMetrics } from '../telemetry/tenant-metrics.ts';
import { isUnlimited, type Ledger, type LedgerObserver } from './ledger.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { RedisLedger } from './redis-ledger.ts';
import { TenantDirectory, type TenantReload } from './tenant-directory.ts';
import type { TenantList } from './tenant-list.ts';
import type { TenantObserver } from './tenant-observer.ts';

export interface TenancyDependencies {
  readonly clock: Clock;
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Instead of the configured one. */
  readonly ledger?: Ledger | undefined;
}

/** Who calls, what they may use and have used. */
export interface Tenancy {
  readonly directory: TenantDirectory;
  readonly ledger: Ledger;
  readonly observer: TenantObserver;
  /** Rejects while no work can be done for want of the ledger. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

type TenancyConfig = Pick<
  GatewayConfig,
  'tenants' | 'tenantsFile' | 'apiKeysFile' | 'apiKeysEnv' | 'ledger' | 'onLedgerFailure' | 'redis'
>;

/** Names of a list, made once for each list. */
function createNames(current: () => TenantList): () => ReadonlySet<string> {
  let list: TenantList | undefined;
  let names: ReadonlySet<string> = new Set();
  return () => {
    if (list !== current()) {
      list = current();
      names = new Set(list.tenants.map(({ name }) => name));
    }
    return names;
  };
}

/** Whether everyone who calls for answers has limits: tenants without any go on without the ledger. */
function allAreLimited({ tenants }: TenantList): boolean {
  const callers = tenants.filter((tenant) => !tenant.admin);
  return callers.length > 0 && !callers.some(isUnlimited);
}

function createLedger(config: TenancyConfig, deps: TenancyDependencies, observer: LedgerObserver): Ledger {
  const { kind, leaseMs } = config.ledger;
  const { urlEnv, commandMs: timeoutMs, keyPrefix } = config.redis;
  const url = deps.environment[urlEnv] ?? '';
  if (kind === 'memory' || (kind === undefined && url === '')) return new MemoryLedger(deps.clock);
  if (url === '') {
    const message = `ledger.kind is redis, and the variable ${urlEnv} holds no URL`;
    throw new BusyhourError(createFailure('INVALID_CONFIG', message));
  }
  return new RedisLedger({
    url,
    leaseMs,
    timeoutMs,
    prefix: `${keyPrefix}ledger:`,
    onFailure: config.onLedgerFailure,
    observer,
  });
}

/** A line per failure would drown the log of a store that is down. */
const LOG_EVERY_MS = 1000;

function createReport(clock: Clock, logger: Logger): (details: object, text: string) => void {
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  return (details, text) => {
    if (clock.nowMs() - loggedAtMs < LOG_EVERY_MS) return;
    loggedAtMs = clock.nowMs();
    logger.error(details, text);
  };
}

/** The tenancy of a configuration; throws BusyhourError where that is wrong. */
export function createTenancy(config: TenancyConfig, deps: TenancyDependencies): Tenancy {
  const { clock, environment, logger, registry } = deps;
  const onReload = (reload: TenantReload): void => {
    observer.tenantsReloaded(reload.kind === 'reloaded' ? 'ok' : 'refused');
    if (reload.kind === 'reloaded') logger.info(reload, 'tenants reloaded');
    else logger.error({ failure: reload.failure }, 'tenants file refused; the tenants of before stay');
  };
  const directory = new TenantDirectory(config, { environment, onReload });
  const observer = new TenantMetrics(
    registry,
    createNames(() => directory.current),
  );
  const report = createReport(clock, logger);
  const reportLoss = createReport(clock, logger);
  const ledgerObserver: LedgerObserver = {
    ledgerFailed(operation, error) {
      observer.ledgerFailed(operation);
      report({ err: error, operation }, 'ledger failure');
    },
    pendingSettlements: (settlements) => observer.pendingSettlements(settlements),
    stateLost(tenant) {
      observer.stateLost();
      reportLoss({ tenant }, 'the ledger has lost what tenants used; what this process knows was put back');
    },
  };
  try {
    const ledger = deps.ledger ?? createLedger(config, deps, ledgerObserver);
    const close = async (): Promise<void> => {
      directory.close();
      await ledger.close();
    };
    const ping = async (): Promise<void> => {
      if (config.onLedgerFailure === 'closed' && allAreLimited(directory.current)) await ledger.ping();
    };
    return { directory, ledger, observer, ping, close };
  } catch (error) {
    directory.close();
    throw error;
  }
}
