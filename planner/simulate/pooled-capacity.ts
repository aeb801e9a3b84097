import { createLogPchip } from '../../vocabulary/monotone-curve.ts';
import { computePercentile, sortSamples } from '../../vocabulary/percentiles.ts';
import { createRandom } from '../../vocabulary/random.ts';
import { sFromMs } from '../../vocabulary/units.ts';
import { createArrivals, createSpans } from './arrivals.ts';
import { simulateSharedReplicas } from './shared-replicas.ts';

/** Means of one replica at one rate. */
export interface ReplicaPoint {
  readonly turnsPerS: number;
  readonly meanLatencyMs: number;
}

export interface PooledDemand {
  /** Of one replica, at two rates or more. */
  readonly points: readonly ReplicaPoint[];
  /** Capacity of one replica at the objective, measured. */
  readonly capacityTurnsPerS: number;
  readonly replicas: number;
  /** Requests that a replica works on at once, as its engine says (`maxSequences`); Infinity where none ever waits. */
  readonly places: number;
  /** The objective: this percentile of latency stays within the limit. */
  readonly percentile: number;
  readonly limitMs: number;
  /** Squared coefficient of variation of a request's work; 0 when all are alike. */
  readonly workScv: number;
  readonly seed: number;
}

export interface PooledCapacity {
  readonly turnsPerS: number;
  /** What the pool carries against the sum of its replicas alone: 1 and more. */
  readonly poolingRatio: number;
}

const REQUESTS = 40_000;
const SKIPPED = 4_000;
/** Halvings of the range of rates: to a thousandth. */
const HALVINGS = 11;
/** The search ends at this multiple of the highest rate that a replica was seen to carry. */
const MAX_RATE = 1.5;

/**
 * Mean latency of a request in work in the company of n, from N = X·R at each point (Little). Points at which requests wait
 * for a place say nothing of work and are left out. Below the lowest point its latency; above the highest the line through the last two.
 */
function latencyByCompany({ points, places }: PooledDemand): (concurrency: number) => number {
  const known = points
    .map(({ turnsPerS, meanLatencyMs }) => ({ x: turnsPerS * sFromMs(meanLatencyMs), y: meanLatencyMs }))
    .filter(({ x }) => x < places)
    .sort((a, b) => a.x - b.x)
    .filter(({ x }, index, all) => index === 0 || x > (all[index - 1]?.x ?? 0));
  const [first, before, last] = [known[0], known.at(-2), known.at(-1)];
  if (first === undefined || before === undefined || last === undefined)
    throw new RangeError('the latency of a replica is needed at two rates or more');
  const curve = createLogPchip(known);
  const slope = Math.max(0, (last.y - before.y) / (last.x - before.x));
  const latencyMsAt = (n: number): number => {
    if (n <= first.x) return first.y;
    return n < last.x ? curve.at(n) : last.y + slope * (n - last.x);
  };
  const table = Array.from({ length: Math.ceil(last.x) + 1 }, (_, n) => latencyMsAt(n));
  return (n) => table[n] ?? latencyMsAt(n);
}

/** The rate at which a simulated pool just keeps the objective, turns/s. The same random numbers at every rate. */
function simulatedCapacity(demand: PooledDemand, replicas: number): number {
  const latencyMsAt = latencyByCompany(demand);
  const keeps = (ratePerS: number): boolean => {
    const random = createRandom(demand.seed);
    const latenciesMs = simulateSharedReplicas(
      {
        replicas,
        places: demand.places,
        latencyMsAt,
        nextArrivalMs: createArrivals({ kind: 'poisson', ratePerS }, random.fork('arrivals')),
        nextWork: createSpans(1, demand.workScv, random.fork('work')),
      },
      REQUESTS,
      SKIPPED,
    );
    const value = computePercentile(sortSamples([...latenciesMs]), demand.percentile);
    return value !== undefined && value <= demand.limitMs;
  };
  let low = 0;
  let high = MAX_RATE * replicas * Math.max(...demand.points.map(({ turnsPerS }) => turnsPerS));
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (keeps(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * What several equal replicas carry together behind a balancer that picks the least busy, from the measured points of one.
 * More than the sum of each alone, since a burst that would fill one is spread over all. The measured capacity of one is
 * multiplied by the ratio of two simulations, so that what the simulation gets wrong of one replica cancels.
 */
export function predictPooledCapacity(demand: PooledDemand): PooledCapacity {
  const alone = simulatedCapacity(demand, 1);
  if (alone === 0) throw new RangeError('the objective is missed by a single request');
  const poolingRatio = simulatedCapacity(demand, demand.replicas) / (demand.replicas * alone);
  return { turnsPerS: demand.capacityTurnsPerS * demand.replicas * poolingRatio, poolingRatio };
}
