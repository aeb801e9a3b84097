import { computeNormalCdf } from '../../vocabulary/normal.ts';
import { computeContinuousErlangC, computeMeanWait } from './erlang.ts';

export interface GeneralQueue {
  readonly arrivalRate: number;
  readonly meanServiceTime: number;
  readonly servers: number;
  /** Squared coefficient of variation of gaps between arrivals: 1 for Poisson. */
  readonly arrivalScv: number;
  /** Squared coefficient of variation of service times: 1 for exponential. */
  readonly serviceScv: number;
}

/**
 * Mean wait in GI/G/c by Allen & Cunneen (Allen, Probability, Statistics and Queueing Theory, 1990, ch. 5):
 * W ≈ W(M/M/c) · (ca² + cs²)/2. Exact for M/M/c and M/G/1; undefined without a steady state.
 */
export function estimateAllenCunneenWait(queue: GeneralQueue): number | undefined {
  const { arrivalRate, meanServiceTime, servers, arrivalScv, serviceScv } = queue;
  const wait = computeMeanWait({ offeredErlangs: arrivalRate * meanServiceTime, servers, meanServiceTime });
  return wait === undefined ? undefined : (wait * (arrivalScv + serviceScv)) / 2;
}

/**
 * Hayward's approximation (Fredericks 1980): traffic of peakedness z offered to c servers waits as a/z erlangs
 * offered to c/z servers. Mean wait in units of the service time. Undefined without a steady state.
 */
export function estimateHayward(
  offeredErlangs: number,
  servers: number,
  peakedness: number,
): { readonly waitProbability: number; readonly meanWait: number } | undefined {
  if (offeredErlangs >= servers) return undefined;
  const waitProbability = computeContinuousErlangC(offeredErlangs / peakedness, servers / peakedness);
  return { waitProbability, meanWait: (waitProbability * peakedness) / (servers - offeredErlangs) };
}

/**
 * Halfin & Whitt (1981): probability of waiting in M/M/c with c = a + β√a, in the limit of many servers:
 * 1 / (1 + β Φ(β)/φ(β)).
 */
export function estimateHalfinWhittWait(beta: number): number {
  if (beta <= 0) return 1;
  const density = Math.exp((-beta * beta) / 2) / Math.sqrt(2 * Math.PI);
  return 1 / (1 + (beta * computeNormalCdf(beta)) / density);
}

/** Square-root staffing (Halfin & Whitt 1981): fewest servers whose limit waiting probability is at most `limit`. */
export function sizeSquareRootStaffing(offeredErlangs: number, waitProbabilityLimit: number): number {
  let low = 0;
  let high = 10;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (estimateHalfinWhittWait(middle) > waitProbabilityLimit) low = middle;
    else high = middle;
  }
  return Math.ceil(offeredErlangs + high * Math.sqrt(offeredErlangs));
}
