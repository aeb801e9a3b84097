import { describe, expect, test } from 'vitest';
import { estimateAllenCunneenWait } from '../../planner/queueing/approximations.ts';
import { computeErlangC, computeMeanWait } from '../../planner/queueing/erlang.ts';
import { computeErlangA } from '../../planner/queueing/erlang-a.ts';
import { createRandom, type Random, sampleExponential, sampleGamma } from '../../vocabulary/random.ts';

const ARRIVALS = 30_000;
const WARM_UP = 3_000;

interface Simulated {
  readonly waitedRatio: number;
  readonly meanWait: number;
  readonly leftRatio: number;
}

interface Queue {
  readonly servers: number;
  readonly gap: (random: Random) => number;
  readonly service: (random: Random) => number;
  /** Longest wait that a customer stands; absent for endless patience. */
  readonly patience?: (random: Random) => number;
}

/** First come, first served over servers that are free at known instants: no formula in it. */
function simulate(queue: Queue, seed: number): Simulated {
  const random = createRandom(seed);
  const freeAt = Array.from({ length: queue.servers }, () => 0);
  let now = 0;
  let [waited, wait, left] = [0, 0, 0];
  for (let i = 0; i < ARRIVALS + WARM_UP; i++) {
    now += queue.gap(random);
    const earliest = freeAt.indexOf(Math.min(...freeAt));
    const needed = Math.max(0, (freeAt[earliest] ?? 0) - now);
    const stands = queue.patience?.(random) ?? Number.POSITIVE_INFINITY;
    const leaves = stands < needed;
    if (!leaves) freeAt[earliest] = now + needed + queue.service(random);
    if (i < WARM_UP) continue;
    waited += needed > 0 ? 1 : 0;
    wait += Math.min(needed, stands);
    left += leaves ? 1 : 0;
  }
  return { waitedRatio: waited / ARRIVALS, meanWait: wait / ARRIVALS, leftRatio: left / ARRIVALS };
}

/** Mean over ten seeds, with its standard error. */
function overSeeds(queue: Queue, read: (run: Simulated) => number): { mean: number; error: number } {
  const values = Array.from({ length: 10 }, (_, seed) => read(simulate(queue, seed + 1)));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}

const markovian: Queue = {
  servers: 5,
  gap: (random) => sampleExponential(random, 1 / 4),
  service: (random) => sampleExponential(random, 1),
};

describe('formulas against an independent simulation, ten seeds, four standard errors', () => {
  test('Erlang C: share that waits and mean wait at 4 erlangs on 5 servers', () => {
    const waited = overSeeds(markovian, (run) => run.waitedRatio);
    const wait = overSeeds(markovian, (run) => run.meanWait);
    const exactWait = computeMeanWait({ offeredErlangs: 4, servers: 5, meanServiceTime: 1 }) ?? Number.NaN;
    expect(Math.abs(waited.mean - computeErlangC(4, 5))).toBeLessThan(4 * waited.error);
    expect(Math.abs(wait.mean - exactWait)).toBeLessThan(4 * wait.error);
    // The error is small enough for the test to tell one server more or fewer.
    expect(4 * waited.error).toBeLessThan(computeErlangC(4, 5) - computeErlangC(4, 6));
  });

  test('Erlang A: share that leaves and mean wait, overloaded, mean patience 2', () => {
    const impatient: Queue = {
      ...markovian,
      gap: (random) => sampleExponential(random, 1 / 6),
      patience: (random) => sampleExponential(random, 2),
    };
    const exact = computeErlangA({ arrivalRatePerS: 6, meanServiceS: 1, meanPatienceS: 2, servers: 5 });
    const left = overSeeds(impatient, (run) => run.leftRatio);
    const wait = overSeeds(impatient, (run) => run.meanWait);
    expect(Math.abs(left.mean - exact.abandonProbability)).toBeLessThan(4 * left.error);
    expect(Math.abs(wait.mean - exact.meanWaitS)).toBeLessThan(4 * wait.error);
  });

  // For bursty gaps (ca² 2) at this load it overstates the simulated wait by about 15 %: it is no bound.
  test('Allen–Cunneen: within 10 % for Poisson arrivals and gamma service (cs² 0.5) on 5 servers', () => {
    const general: Queue = {
      servers: 5,
      gap: markovian.gap,
      service: (random) => sampleGamma(random, 2, 0.5),
    };
    const wait = overSeeds(general, (run) => run.meanWait);
    const estimate = estimateAllenCunneenWait({
      arrivalRate: 4,
      meanServiceTime: 1,
      servers: 5,
      arrivalScv: 1,
      serviceScv: 0.5,
    });
    expect(Math.abs((estimate ?? 0) / wait.mean - 1)).toBeLessThan(0.1);
  });
});
