import type { LedgerObserver, LedgerOperation } from '../../../runtime/tenants/ledger.ts';
import { DEFAULT_PERIODS } from '../../../runtime/tenants/periods.ts';
import { RedisLedger, type RedisLedgerOptions } from '../../../runtime/tenants/redis-ledger.ts';

/** What a ledger reported. */
export class LedgerLog implements LedgerObserver {
  readonly failures: LedgerOperation[] = [];
  pending = 0;
  readonly lost: string[] = [];

  ledgerFailed(operation: LedgerOperation): void {
    this.failures.push(operation);
  }

  pendingSettlements(settlements: number): void {
    this.pending = settlements;
  }

  stateLost(tenant: string): void {
    this.lost.push(tenant);
  }
}

/** A ledger on this Redis, connected. */
export async function openRedisLedger(
  url: string,
  options: Partial<RedisLedgerOptions> = {},
): Promise<RedisLedger> {
  const ledger = new RedisLedger({
    url,
    leaseMs: 60_000,
    timeoutMs: 2000,
    onFailure: 'closed',
    observer: new LedgerLog(),
    periods: DEFAULT_PERIODS,
    ...options,
  });
  await ledger.connected();
  return ledger;
}

/** A length between 2.5 and 4 s of which one begins just now, when days are counted from the epoch. */
export function dayBeginningNow(): number {
  const now = Date.now();
  let best = 2500;
  for (let dayMs = 2500; dayMs < 4000; dayMs++) if (now % dayMs < now % best) best = dayMs;
  return best;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
