/**
 * Erlang B and C (A. K. Erlang 1917; Cooper, Introduction to Queueing Theory, 1981), by the recursion
 * 1/B(0) = 1, 1/B(c) = 1 + (c/a)·1/B(c − 1), held as a logarithm so that 10,000 servers neither underflow nor
 * overflow.
 */

function assertLoad(offeredErlangs: number, servers: number): void {
  if (!(offeredErlangs >= 0) || !Number.isFinite(offeredErlangs)) {
    throw new RangeError(`offered load must be finite and ≥ 0 erlangs, got ${offeredErlangs}`);
  }
  if (!Number.isInteger(servers) || servers < 0) {
    throw new RangeError(`servers must be a whole number ≥ 0, got ${servers}`);
  }
}

/** ln of the probability that an arrival finds all servers busy in M/G/c/c. −∞ for no load with servers. */
export function computeLogErlangB(offeredErlangs: number, servers: number): number {
  assertLoad(offeredErlangs, servers);
  if (servers === 0) return 0;
  if (offeredErlangs === 0) return Number.NEGATIVE_INFINITY;
  let logInverse = 0;
  for (let c = 1; c <= servers; c++) {
    // ln(1 + e^x) without overflow: x grows by hundreds of thousands at light load.
    const x = Math.log(c / offeredErlangs) + logInverse;
    logInverse = x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
  }
  return -logInverse;
}

/** Blocking probability B(a, c), 0…1. */
export const computeErlangB = (offeredErlangs: number, servers: number): number =>
  Math.exp(computeLogErlangB(offeredErlangs, servers));

/** ln of the probability of waiting in M/M/c; 0 (certain) when the load reaches the servers. */
export function computeLogErlangC(offeredErlangs: number, servers: number): number {
  assertLoad(offeredErlangs, servers);
  if (offeredErlangs >= servers) return 0;
  const logB = computeLogErlangB(offeredErlangs, servers);
  const utilisation = offeredErlangs / servers;
  return logB - Math.log1p(-utilisation * -Math.expm1(logB));
}

/** Probability of waiting C(a, c), 0…1; 1 when there is no steady state. */
export const computeErlangC = (offeredErlangs: number, servers: number): number =>
  Math.exp(computeLogErlangC(offeredErlangs, servers));

export interface MultiServerQueue {
  readonly offeredErlangs: number;
  readonly servers: number;
  /** Mean service time in any unit; waits come back in the same unit. */
  readonly meanServiceTime: number;
}

/** Mean wait of all arrivals in M/M/c; undefined when there is no steady state. */
export function computeMeanWait(queue: MultiServerQueue): number | undefined {
  const { offeredErlangs, servers, meanServiceTime } = queue;
  if (offeredErlangs >= servers) return undefined;
  return (computeErlangC(offeredErlangs, servers) * meanServiceTime) / (servers - offeredErlangs);
}

/** Share of arrivals that wait at most `limit` in M/M/c; 0 when there is no steady state. */
export function computeServiceLevel(queue: MultiServerQueue, limit: number): number {
  const { offeredErlangs, servers, meanServiceTime } = queue;
  if (offeredErlangs >= servers) return 0;
  const decay = Math.exp((-(servers - offeredErlangs) * limit) / meanServiceTime);
  return 1 - computeErlangC(offeredErlangs, servers) * decay;
}

/** Fewest servers for which B(a, c) is at most `blockingLimit`. One pass of the recursion. */
export function computeServersForBlocking(offeredErlangs: number, blockingLimit: number): number {
  assertLoad(offeredErlangs, 0);
  if (!(blockingLimit > 0 && blockingLimit <= 1)) {
    throw new RangeError(`the blocking limit must be in (0, 1], got ${blockingLimit}`);
  }
  let inverse = 1;
  let servers = 0;
  while (1 / inverse > blockingLimit) {
    servers++;
    inverse = offeredErlangs === 0 ? Number.POSITIVE_INFINITY : 1 + (servers / offeredErlangs) * inverse;
  }
  return servers;
}

/** Largest load in erlangs that `servers` carry with B at most `blockingLimit`, by bisection to 1e-9 relative. */
export function computeLoadForBlocking(servers: number, blockingLimit: number): number {
  if (servers === 0) return 0;
  let low = 0;
  let high = 1;
  while (computeErlangB(high, servers) < blockingLimit) high *= 2;
  for (let i = 0; i < 100 && high - low > 1e-9 * high; i++) {
    const middle = (low + high) / 2;
    if (computeErlangB(middle, servers) < blockingLimit) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Largest load that `servers` carry with at least `targetRatio` of arrivals waiting at most `limit`;
 * 0 when even an empty system misses it. Monotone in the load, so bisection finds it.
 */
export function computeLoadForServiceLevel(
  queue: Omit<MultiServerQueue, 'offeredErlangs'>,
  limit: number,
  targetRatio: number,
): number {
  let low = 0;
  let high = queue.servers;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (computeServiceLevel({ ...queue, offeredErlangs: middle }, limit) >= targetRatio) low = middle;
    else high = middle;
  }
  return low;
}
