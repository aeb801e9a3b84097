import { fewestThat } from '../fewest-that.ts';
import { computeLogUpToOverMass } from './poisson-tail.ts';

/**
 * Erlang B and C (A. K. Erlang 1917; Cooper, Introduction to Queueing Theory, 1981). B is the probability of a Poisson
 * count being c, given that it is at most c; held as a logarithm, it neither underflows nor overflows, and ten million
 * servers cost a few thousand steps.
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
  return -computeLogUpToOverMass(servers, offeredErlangs);
}

/** Blocking probability B(a, c), 0…1. */
export const computeErlangB = (offeredErlangs: number, servers: number): number =>
  Math.exp(computeLogErlangB(offeredErlangs, servers));

/** ln of the probability of waiting in M/M/c; 0 (certain) when the load reaches the servers. */
export function computeLogErlangC(offeredErlangs: number, servers: number): number {
  assertLoad(offeredErlangs, servers);
  if (offeredErlangs >= servers) return 0;
  return logWaitFromBlocking(computeLogErlangB(offeredErlangs, servers), offeredErlangs / servers);
}

/** C = B ÷ (1 − ρ(1 − B)), as logarithms. */
const logWaitFromBlocking = (logB: number, utilisation: number): number =>
  logB - Math.log1p(utilisation * Math.expm1(logB));

/**
 * Probability of waiting for a number of servers that need not be whole, as Hayward's approximation asks for: B extended
 * by the incomplete gamma function (Jagerman 1974). 1 when there is no steady state.
 */
export function computeContinuousErlangC(offeredErlangs: number, servers: number): number {
  if (offeredErlangs >= servers) return 1;
  if (offeredErlangs === 0) return 0;
  const logB = -computeLogUpToOverMass(servers, offeredErlangs);
  return Math.exp(logWaitFromBlocking(logB, offeredErlangs / servers));
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

/** Fewest servers for which B(a, c) is at most `blockingLimit`: B falls with servers, so doubling and halving finds it. */
export function computeServersForBlocking(offeredErlangs: number, blockingLimit: number): number {
  assertLoad(offeredErlangs, 0);
  if (!(blockingLimit > 0 && blockingLimit <= 1)) {
    throw new RangeError(`the blocking limit must be in (0, 1], got ${blockingLimit}`);
  }
  const logLimit = Math.log(blockingLimit);
  return fewestThat((servers) => computeLogErlangB(offeredErlangs, servers) <= logLimit, 0);
}

/** Fewest servers with at least `targetRatio` (below 1) of arrivals waiting at most `limit` in M/M/c. */
export function computeServersForServiceLevel(
  load: Omit<MultiServerQueue, 'servers'>,
  limit: number,
  targetRatio: number,
): number {
  assertLoad(load.offeredErlangs, 0);
  if (!(targetRatio >= 0 && targetRatio < 1)) {
    throw new RangeError(`the share in time must be in [0, 1), got ${targetRatio}`);
  }
  if (load.offeredErlangs === 0) return 0;
  return fewestThat((servers) => computeServiceLevel({ ...load, servers }, limit) >= targetRatio, 0);
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
