import type { Driver, Exchange, TurnRequest } from '../drive/driver.ts';

/** The exchange of a customer who left: it ended because nobody waits any longer, not because the run did. */
const asLeft = (exchange: Exchange): Exchange =>
  exchange.outcome.state === 'timed-out' && exchange.outcome.phase === 'run-ended'
    ? { ...exchange, outcome: { state: 'timed-out', phase: 'patience' } }
    : exchange;

/** Sends with a signal that also aborts when patience ends; the timer goes when the exchange ends. */
async function sendWithin(
  driver: Driver,
  request: TurnRequest,
  patienceMs: number,
  signal: AbortSignal,
): Promise<Exchange> {
  const leaving = new AbortController();
  const timer = setTimeout(() => leaving.abort(new Error('the customer left')), patienceMs);
  try {
    const exchange = await driver.send(request, AbortSignal.any([signal, leaving.signal]));
    return leaving.signal.aborted && !signal.aborted ? asLeft(exchange) : exchange;
  } finally {
    clearTimeout(timer);
  }
}

export interface CustomerDriverOptions {
  /** A driver that sends this API key; without one, the key of the run. */
  readonly createDriver: (apiKey: string | undefined) => Driver;
  readonly keys?: ReadonlyMap<string, string>;
}

/**
 * A driver for customers with a will of their own: requests of a tenant travel with that tenant's key over connections
 * of its own, and a request whose customer runs out of patience is aborted and ends as `timed-out:patience`.
 */
export function createCustomerDriver({ createDriver, keys }: CustomerDriverOptions): Driver {
  const base = createDriver(undefined);
  const byTenant = new Map([...(keys ?? [])].map(([tenant, key]) => [tenant, createDriver(key)]));
  return {
    send: (request, signal) => {
      const driver = byTenant.get(request.tenant ?? '') ?? base;
      return request.patienceMs === undefined
        ? driver.send(request, signal)
        : sendWithin(driver, request, request.patienceMs, signal);
    },
    close: async () => {
      await Promise.all([base, ...byTenant.values()].map((driver) => driver.close()));
    },
  };
}
