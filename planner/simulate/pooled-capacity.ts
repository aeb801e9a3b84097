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
 * Mean latency in the company of n, from N = X·R at each point (Little). Below the lowest point its latency, above the
 * highest its throughput: neither changes the ratio of two simulations by much, and nothing is read there for itself.
 */
function latencyByCompany(points: readonly ReplicaPoint[]): (concurrency: number) => number {
  const known = points
    .map(({ turnsPerS, meanLatencyMs }) => ({ x: turnsPerS * sFromMs(meanLatencyMs), y: meanLatencyMs }))
    .sort((a, b) => a.x - b.x)
    .filter(({ x }, index, all) => index === 0 || x > (all[index - 1]?.x ?? 0));
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined || first === last)
    throw new RangeError('the latency of a replica is needed at two rates or more');
  const curve = createLogPchip(known);
  const table = Array.from({ length: Math.ceil(last.x) + 1 }, (_, n) =>
    n <= first.x ? first.y : n >= last.x ? last.y : curve.at(n),
  );
  return (n) => (n >= last.x ? (last.y * n) / last.x : (table[n] ?? first.y));
}

/** The rate at which a simulated pool just keeps the objective, turns/s. The same random numbers at every rate. */
function simulatedCapacity(demand: PooledDemand, replicas: number): number {
  const latencyMsAt = latencyByCompany(demand.points);
  const keeps = (ratePerS: number): boolean => {
    const random = createRandom(demand.seed);
    const latenciesMs = simulateSharedReplicas(
      {
        replicas,
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
