import type { Ledger } from '../tenants/ledger.ts';
import { aroundMethods } from './around-methods.ts';
import type { StoreScope } from './observe-stores.ts';
import { withSpan } from './spans.ts';

/** The same tenancy, with the wait for a reservation timed as the stage `limits` and traced. */
export function observeLedger<T extends { readonly ledger: Ledger }>(tenancy: T, scope: StoreScope): T {
  const { metrics, clock } = scope;
  const ledger = aroundMethods(tenancy.ledger, ['reserve'], async (_method, call) => {
    const startedAtMs = clock.nowMs();
    try {
      return await withSpan('limits', {}, call);
    } finally {
      metrics.stageEnded('limits', clock.nowMs() - startedAtMs);
    }
  });
  return { ...tenancy, ledger };
}
