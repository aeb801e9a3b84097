import type { Driver, Exchange } from '../drive/driver.ts';

/** FNV-1a: the same interaction goes to the same replica. */
function hashId(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

const CONNECTION_FAULTS: ReadonlySet<string> = new Set(['connect-refused', 'connection-reset', 'dns-error']);

/** Whether an exchange ended without the replica having answered at all. */
function isGone({ outcome, chunksAtMs }: Exchange): boolean {
  if (outcome.state === 'timed-out') return outcome.phase === 'connect';
  return outcome.state === 'failed' && CONNECTION_FAULTS.has(outcome.code) && chunksAtMs.length === 0;
}

/** How long a replica that was gone is left out, as proxies do by default ten times longer. */
export const EJECTION_MS = 1_000;

interface Replica {
  readonly driver: Driver;
  ejectedUntilMs: number;
}

/**
 * Spreads interactions over replicas as a client-side balancer does: each interaction keeps its replica while that
 * answers. A replica that refuses or cuts a connection is left out for a second, then tried again. The request that
 * found it gone stays failed: nothing is retried behind the measurement's back.
 */
export function createSpreadDriver(drivers: readonly Driver[]): Driver {
  const replicas: readonly Replica[] = drivers.map((driver) => ({ driver, ejectedUntilMs: 0 }));
  const choose = (interactionId: string): Replica | undefined => {
    const nowMs = performance.now();
    const standing = replicas.filter(({ ejectedUntilMs }) => ejectedUntilMs <= nowMs);
    const candidates = standing.length === 0 ? replicas : standing;
    const own = replicas[hashId(interactionId) % replicas.length];
    return own !== undefined && candidates.includes(own)
      ? own
      : candidates[hashId(`${interactionId} again`) % candidates.length];
  };
  return {
    async send(request, signal) {
      const replica = choose(request.interactionId);
      if (replica === undefined) throw new Error('a spread needs at least one replica');
      const exchange = await replica.driver.send(request, signal);
      if (isGone(exchange)) replica.ejectedUntilMs = performance.now() + EJECTION_MS;
      return exchange;
    },
    close: async () => {
      await Promise.all(drivers.map((driver) => driver.close()));
    },
  };
}
