import { describe, expect, test } from 'vitest';
import { computeErlangB, computeErlangC, computeMeanWait } from '../../planner/queueing/erlang.ts';
import { computeErlangA } from '../../planner/queueing/erlang-a.ts';
import { createArrivals, createSpans } from '../../planner/simulate/arrivals.ts';
import { QueueRun } from '../../planner/simulate/queue.ts';
import {
  type SimulatedWaiting,
  simulateWaiting,
  type WaitingQueue,
} from '../../planner/simulate/simulate-waiting.ts';
import { createRandom } from '../../vocabulary/random.ts';

const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);

/** Mean over ten seeds with four of its standard errors. */
function overSeeds(queue: WaitingQueue, read: (run: SimulatedWaiting) => number, maxCustomers = 60_000) {
  const values = SEEDS.map((seed) => read(simulateWaiting(queue, { seed, precisionRatio: 0, maxCustomers })));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, fourErrors: 4 * Math.sqrt(variance / values.length) };
}

function expectNear(seen: { mean: number; fourErrors: number }, exact: number, atMostRatio: number): void {
  expect(Math.abs(seen.mean - exact)).toBeLessThan(seen.fourErrors);
  // The test can tell a mistake of this size.
  expect(seen.fourErrors).toBeLessThan(atMostRatio * exact);
}

const meanWait = (run: SimulatedWaiting): number => run.meanWaitMs.mean;

const poisson = (servers: number, erlangs: number, meanMs = 1000): WaitingQueue => ({
  servers,
  arrivals: { kind: 'poisson', ratePerS: (erlangs * 1000) / meanMs },
  service: { kind: 'drawn', meanMs, scv: 1 },
});

describe('the simulator against exact results, ten seeds, four standard errors', () => {
  test.each([
    [1, 0.7],
    [5, 4],
    [100, 90],
  ])('M/M/%i with %f erlangs: Erlang C', (servers, erlangs) => {
    const queue = poisson(servers, erlangs);
    expectNear(
      overSeeds(queue, (run) => run.waitProbability),
      computeErlangC(erlangs, servers),
      0.25,
    );
    const exactMs = computeMeanWait({ offeredErlangs: erlangs, servers, meanServiceTime: 1000 }) ?? 0;
    expectNear(overSeeds(queue, meanWait), exactMs, 0.4);
  });

  test('M/M/5: the wait that one in twenty exceeds, by the exponential tail of Erlang C', () => {
    const c = computeErlangC(4, 5);
    expectNear(
      overSeeds(poisson(5, 4), (run) => run.p95WaitMs),
      Math.log(c / 0.05) * 1000,
      0.2,
    );
  });

  test('M/D/1: half the wait of M/M/1 (Pollaczek–Khinchine)', () => {
    const queue: WaitingQueue = { ...poisson(1, 0.8), service: { kind: 'drawn', meanMs: 1000, scv: 0 } };
    expectNear(overSeeds(queue, meanWait), (0.8 * 1000) / (2 * 0.2), 0.1);
  });

  test('M/G/1 with gamma service of variability 4: (1 + 4)/2 times M/M/1', () => {
    const queue: WaitingQueue = { ...poisson(1, 0.6), service: { kind: 'drawn', meanMs: 1000, scv: 4 } };
    expectNear(overSeeds(queue, meanWait), (2.5 * 0.6 * 1000) / 0.4, 0.25);
  });

  test('D/M/1: the root of σ = e^(−(1 − σ)/ρ) (Kleinrock 1975, section 6.4)', () => {
    // ρ = 0.8: σ = 0.6286…, found here by iteration of the equation, not by the simulator.
    let sigma = 0.5;
    for (let i = 0; i < 500; i++) sigma = Math.exp(-(1 - sigma) / 0.8);
    const queue: WaitingQueue = {
      ...poisson(1, 0.8),
      arrivals: { kind: 'renewal', ratePerS: 0.8, gapCv: 0 },
    };
    expectNear(overSeeds(queue, meanWait), (sigma / (1 - sigma)) * 1000, 0.1);
  });

  test('gamma gaps of variability 4 before one exponential server: the root of its transform', () => {
    // Gaps with shape ¼ and mean 1/0.6: σ = (1 + 4 (1 − σ) ÷ 0.6)^(−¼).
    let sigma = 0.5;
    for (let i = 0; i < 2000; i++) sigma = (1 + (4 * (1 - sigma)) / 0.6) ** -0.25;
    const queue: WaitingQueue = {
      ...poisson(1, 0.6),
      arrivals: { kind: 'renewal', ratePerS: 0.6, gapCv: 2 },
    };
    expectNear(overSeeds(queue, meanWait), (sigma / (1 - sigma)) * 1000, 0.15);
  });

  test('impatient customers: Erlang A, overloaded and not', () => {
    for (const erlangs of [4, 6]) {
      const queue = { ...poisson(5, erlangs), meanPatienceMs: 2000 };
      const exact = computeErlangA({
        arrivalRatePerS: erlangs,
        meanServiceS: 1,
        meanPatienceS: 2,
        servers: 5,
      });
      expectNear(
        overSeeds(queue, (run) => run.abandonProbability),
        exact.abandonProbability,
        0.1,
      );
      expectNear(overSeeds(queue, meanWait), exact.meanWaitS * 1000, 0.1);
    }
  });
});

describe('the queue itself', () => {
  test('nobody has patience: a loss system, Erlang B, for any service time (Sevastyanov 1957)', () => {
    for (const scv of [0, 1, 3]) {
      const lost = SEEDS.map((seed) => {
        const random = createRandom(seed);
        const run = new QueueRun({
          servers: 14,
          nextArrivalMs: createArrivals({ kind: 'poisson', ratePerS: 10 }, random.fork('arrivals')),
          nextServiceMs: createSpans(1000, scv, random.fork('service')),
          nextPatienceMs: () => 0,
        });
        run.serve(5_000);
        return run.serve(50_000).left.reduce((sum, left) => sum + left, 0) / 50_000;
      });
      const mean = lost.reduce((sum, value) => sum + value, 0) / lost.length;
      // B(10, 14) = 0.0568191434, published.
      expect(computeErlangB(10, 14)).toBeCloseTo(0.0568191434, 9);
      expect(Math.abs(mean - 0.0568191434)).toBeLessThan(0.002);
    }
  });

  test("Little's law holds on every path: time waited = area under the queue", () => {
    for (const seed of SEEDS) {
      const random = createRandom(seed);
      const arrivals: number[] = [];
      const nextMs = createArrivals({ kind: 'poisson', ratePerS: 4 }, random.fork('arrivals'));
      const run = new QueueRun({
        servers: 5,
        nextArrivalMs: () => {
          arrivals.push(nextMs());
          return arrivals.at(-1) ?? 0;
        },
        nextServiceMs: createSpans(1000, 1, random.fork('service')),
      });
      const { waitsMs } = run.serve(2000);
      const changes = [
        ...arrivals.map((atMs) => [atMs, 1] as const),
        ...arrivals.map((atMs, i) => [atMs + (waitsMs[i] ?? 0), -1] as const),
      ].sort(([a], [b]) => a - b);
      let [area, waiting, lastMs] = [0, 0, 0];
      for (const [atMs, change] of changes) {
        area += waiting * (atMs - lastMs);
        waiting += change;
        lastMs = atMs;
      }
      expect(waiting).toBe(0);
      expect(area / waitsMs.reduce((sum, wait) => sum + wait, 0)).toBeCloseTo(1, 9);
      // First come, first served: service begins in the order of arrival.
      const starts = arrivals.map((atMs, i) => atMs + (waitsMs[i] ?? 0));
      expect(starts.every((start, i) => i === 0 || start >= (starts[i - 1] ?? 0))).toBe(true);
    }
  });

  test('no servers, or half a server, are refused', () => {
    const queue = { nextArrivalMs: () => 1, nextServiceMs: () => 1 };
    expect(() => new QueueRun({ ...queue, servers: 0 })).toThrow('got 0');
    expect(() => new QueueRun({ ...queue, servers: 1.5 })).toThrow('got 1.5');
  });
});

describe('intervals and warm-up', () => {
  test.each([
    [1, 0.7],
    [5, 4],
  ])(
    '95 %% intervals of M/M/%i at %f erlangs hold the exact mean in 87 or more of 100 runs',
    (servers, erlangs) => {
      const exactMs = computeMeanWait({ offeredErlangs: erlangs, servers, meanServiceTime: 1000 }) ?? 0;
      const held = Array.from({ length: 100 }, (_, index) => {
        const { low, high } = simulateWaiting(poisson(servers, erlangs), {
          seed: 1000 + index,
          precisionRatio: 0,
          maxCustomers: 40_000,
        }).meanWaitMs;
        return low <= exactMs && exactMs <= high;
      }).filter(Boolean).length;
      // Of 100 runs at 95 %, 99.8 % of the time 87 to 100 hold.
      expect(held).toBeGreaterThanOrEqual(87);
    },
  );

  test('without a warm-up the empty start would pull the mean down; with it there is no pull', () => {
    const exactMs = computeMeanWait({ offeredErlangs: 0.95, servers: 1, meanServiceTime: 1000 }) ?? 0;
    const short = 2000;
    const means = Array.from({ length: 300 }, (_, seed) => {
      const warm = simulateWaiting(poisson(1, 0.95), { seed, precisionRatio: 0, maxCustomers: short });
      const random = createRandom(seed);
      const cold = new QueueRun({
        servers: 1,
        nextArrivalMs: createArrivals({ kind: 'poisson', ratePerS: 0.95 }, random.fork('arrivals')),
        nextServiceMs: createSpans(1000, 1, random.fork('service')),
      }).serve(short);
      expect(warm.warmUpCustomers).toBeGreaterThan(1000);
      return [warm.meanWaitMs.mean, cold.waitsMs.reduce((sum, wait) => sum + wait, 0) / short] as const;
    });
    const mean = (index: 0 | 1): number => means.reduce((sum, pair) => sum + pair[index], 0) / means.length;
    expect(mean(1)).toBeLessThan(0.93 * exactMs);
    expect(Math.abs(mean(0) / exactMs - 1)).toBeLessThan(0.15);
    expect(mean(0)).toBeGreaterThan(mean(1));
  });

  test('same queue and seed, same figures; another seed, others', () => {
    const run = (seed: number) => simulateWaiting(poisson(5, 4), { seed, maxCustomers: 60_000 });
    expect(run(3)).toEqual(run(3));
    expect(run(3).meanWaitMs.mean).not.toBe(run(4).meanWaitMs.mean);
  });

  test('a run ends when the interval is as narrow as asked for, and not before', () => {
    const wide = simulateWaiting(poisson(1, 0.7), { seed: 1, precisionRatio: 0.2 });
    const narrow = simulateWaiting(poisson(1, 0.7), { seed: 1, precisionRatio: 0.02 });
    expect(narrow.customers).toBeGreaterThan(wide.customers);
    const { mean, high } = narrow.meanWaitMs;
    expect((high - mean) / mean).toBeLessThanOrEqual(0.02);
  });
});

describe('intervals under arrivals whose rate swings', () => {
  const swinging: WaitingQueue = {
    servers: 20,
    arrivals: {
      kind: 'modulated',
      ratePerS: 16,
      gapCv: 1,
      swings: [{ varianceRatio: 0.02, blockMs: 10_000 }],
    },
    service: { kind: 'drawn', meanMs: 1000, scv: 1 },
  };

  test('of 100 runs as long as a plan takes them, 85 or more hold the mean of a run 40 times as long', () => {
    const long = simulateWaiting(swinging, {
      seed: 77,
      precisionRatio: 0,
      maxCustomers: 4_000_000,
    }).meanWaitMs;
    expect((long.high - long.low) / long.mean).toBeLessThan(0.1);
    const held = Array.from({ length: 100 }, (_, seed) => {
      const { low, high } = simulateWaiting(swinging, {
        seed,
        precisionRatio: 0,
        maxCustomers: 100_000,
      }).meanWaitMs;
      return low <= long.mean && long.mean <= high;
    }).filter(Boolean).length;
    expect(held).toBeGreaterThanOrEqual(85);
  });

  test('swings that last far longer than service: the mean over rates of Erlang C at each (quasi-stationary)', () => {
    // Two rates, half of the time each, would be exact; a gamma multiplier is integrated here by its quantiles.
    const slow: WaitingQueue = {
      ...swinging,
      arrivals: {
        kind: 'modulated',
        ratePerS: 10,
        gapCv: 1,
        swings: [{ varianceRatio: 0.01, blockMs: 600_000 }],
      },
    };
    const shape = 100;
    const weights: number[] = [];
    const waits: number[] = [];
    for (let m = 0.6; m <= 1.5; m += 0.001) {
      // Customers see busy times in proportion to their rate.
      weights.push(m * Math.exp((shape - 1) * Math.log(m) - shape * m));
      waits.push(computeMeanWait({ offeredErlangs: 10 * m, servers: 20, meanServiceTime: 1000 }) ?? 0);
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const exactMs = waits.reduce((sum, wait, i) => sum + wait * (weights[i] ?? 0), 0) / total;
    const runs = SEEDS.map((seed) =>
      simulateWaiting(slow, { seed, precisionRatio: 0, maxCustomers: 1_000_000 }),
    );
    const mean = runs.reduce((sum, run) => sum + run.meanWaitMs.mean, 0) / runs.length;
    const squares = runs.reduce((sum, run) => sum + (run.meanWaitMs.mean - mean) ** 2, 0);
    const error = Math.sqrt(squares / 90);
    expect(Math.abs(mean - exactMs)).toBeLessThan(4 * error);
    expect(4 * error).toBeLessThan(0.4 * exactMs);
    // Erlang C at the mean rate would be told apart.
    const calmMs = computeMeanWait({ offeredErlangs: 10, servers: 20, meanServiceTime: 1000 }) ?? 0;
    expect(mean).toBeGreaterThan(1.5 * calmMs);
  });
});
