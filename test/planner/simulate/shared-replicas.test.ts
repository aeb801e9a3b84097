import { describe, expect, it } from 'vitest';
import { computeErlangC } from '../../../planner/queueing/erlang.ts';
import { createArrivals, createSpans } from '../../../planner/simulate/arrivals.ts';
import { predictPooledCapacity } from '../../../planner/simulate/pooled-capacity.ts';
import { simulateSharedReplicas } from '../../../planner/simulate/shared-replicas.ts';
import { createRandom } from '../../../vocabulary/random.ts';

const SERVICE_MS = 100;
const SEEDS = Array.from({ length: 10 }, (_, seed) => seed + 1);

const meanOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

interface Case {
  readonly replicas: number;
  readonly places?: number;
  readonly ratePerS: number;
  readonly workScv: number;
  readonly latencyMsAt: (concurrency: number) => number;
}

/** Mean latency over ten runs of their own. */
const meanLatencyMs = ({ replicas, places = Infinity, ratePerS, workScv, latencyMsAt }: Case): number =>
  meanOf(
    SEEDS.map((seed) => {
      const random = createRandom(seed);
      return meanOf(
        simulateSharedReplicas(
          {
            replicas,
            places,
            latencyMsAt,
            nextArrivalMs: createArrivals({ kind: 'poisson', ratePerS }, random.fork('arrivals')),
            nextWork: createSpans(1, workScv, random.fork('work')),
          },
          60_000,
          6_000,
        ),
      );
    }),
  );

/** One unit of work at a time, shared by all who are there. */
const shared = (concurrency: number): number => SERVICE_MS * concurrency;

describe('replicas that work on all their requests at once', () => {
  it.each([
    [0.5, 0],
    [0.5, 1],
    [0.8, 0],
    [0.8, 2],
  ])(
    'alone at utilisation %d take S ÷ (1 − ρ), whatever the spread of work (scv %d): processor sharing is insensitive',
    (utilisation, workScv) => {
      const ratePerS = (utilisation * 1_000) / SERVICE_MS;
      const measured = meanLatencyMs({ replicas: 1, ratePerS, workScv, latencyMsAt: shared });
      const exact = SERVICE_MS / (1 - utilisation);
      expect(Math.abs(measured / exact - 1)).toBeLessThan(0.05);
    },
  );

  it.each([0, 1])(
    'with one place let the others wait in turn: Pollaczek and Khinchine, scv %d',
    (workScv) => {
      const utilisation = 0.7;
      const ratePerS = (utilisation * 1_000) / SERVICE_MS;
      const measured = meanLatencyMs({
        replicas: 1,
        places: 1,
        ratePerS,
        workScv,
        latencyMsAt: () => SERVICE_MS,
      });
      const waitMs = (SERVICE_MS * utilisation * (1 + workScv)) / (2 * (1 - utilisation));
      expect(Math.abs(measured / (SERVICE_MS + waitMs) - 1)).toBeLessThan(0.05);
    },
  );

  it('with four places of their own are M/M/4 (Erlang C)', () => {
    const [places, utilisation] = [4, 0.8];
    const ratePerS = (places * utilisation * 1_000) / SERVICE_MS;
    const measured = meanLatencyMs({
      replicas: 1,
      places,
      ratePerS,
      workScv: 1,
      latencyMsAt: () => SERVICE_MS,
    });
    const wait = computeErlangC(places * utilisation, places);
    const exact = SERVICE_MS + (wait * SERVICE_MS) / (places * (1 - utilisation));
    expect(Math.abs(measured / exact - 1)).toBeLessThan(0.05);
  });

  it('take the latency of one where company costs nothing, at any load', () => {
    const latencyMs = meanLatencyMs({
      replicas: 3,
      ratePerS: 200,
      workScv: 0,
      latencyMsAt: () => SERVICE_MS,
    });
    expect(latencyMs).toBeCloseTo(SERVICE_MS, 6);
  });

  it('with the least busy chosen lie between one queue for all and queues that are chosen blindly', () => {
    const [replicas, utilisation] = [3, 0.8];
    const ratePerS = (replicas * utilisation * 1_000) / SERVICE_MS;
    const measured = meanLatencyMs({ replicas, ratePerS, workScv: 1, latencyMsAt: shared });
    // M/M/3 (Erlang C) wastes no server; three M/M/1 waste most.
    const wait = computeErlangC(replicas * utilisation, replicas);
    const pooledMs = SERVICE_MS + (wait * SERVICE_MS) / (replicas * (1 - utilisation));
    const blindMs = SERVICE_MS / (1 - utilisation);
    expect(measured).toBeGreaterThan(pooledMs);
    expect(measured).toBeLessThan(blindMs * 0.8);
  });
});

describe('the capacity of a pool, from the points of one replica', () => {
  /** Means of an M/M/1 replica of 100 ms: its p95 latency is −ln(0.05) × its mean where all wait in turn. */
  const points = [1, 3, 5, 7, 8, 9].map((turnsPerS) => ({
    turnsPerS,
    meanLatencyMs: SERVICE_MS / (1 - (turnsPerS * SERVICE_MS) / 1_000),
  }));
  const base = {
    points,
    capacityTurnsPerS: 6,
    places: Infinity,
    percentile: 95,
    limitMs: 800,
    workScv: 0,
    seed: 1,
  };

  it('is that of one for a pool of one', () => {
    expect(predictPooledCapacity({ ...base, replicas: 1 })).toEqual({ turnsPerS: 6, poolingRatio: 1 });
  });

  it('is more than the sum, more so with more replicas, and less than all that they can do', () => {
    const of = (replicas: number) => predictPooledCapacity({ ...base, replicas });
    const [three, nine] = [of(3), of(9)];
    expect(three.poolingRatio).toBeGreaterThan(1.02);
    expect(nine.poolingRatio).toBeGreaterThan(three.poolingRatio);
    // Each replica ends 10 requests/s at most.
    expect(nine.turnsPerS).toBeLessThan(90);
    expect(three.turnsPerS).toBeCloseTo(18 * three.poolingRatio, 9);
  });

  it('cannot be told from one point', () => {
    expect(() => predictPooledCapacity({ ...base, points: points.slice(0, 1), replicas: 2 })).toThrow(
      'at two rates or more',
    );
  });
});
