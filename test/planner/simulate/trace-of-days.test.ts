import { describe, expect, test } from 'vitest';
import { burstinessOf } from '../../../planner/demand/burstiness.ts';
import { demandArrivals } from '../../../planner/simulate/demand-arrivals.ts';
import { estimateWaiting } from '../../../planner/simulate/estimate-waiting.ts';
import { fitArrivals } from '../../../planner/simulate/fit-arrivals.ts';
import { arrivalsOfTrace } from '../../../scenarios/demand/arrivals.ts';
import { createRandom, type Random, sampleExponential, sampleGamma } from '../../../vocabulary/random.ts';
import { demandFile } from '../fixtures/demand.ts';
import { MODES, sizeMode } from '../fixtures/sized.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Turns/s hour by hour of two days: a quiet night and three busy hours. */
const LEVELS = [
  0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.2, 0.5, 0.8, 1, 1, 1, 0.8, 0.7, 0.7, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2,
  0.1, 0.1, 0.05,
];
const BUSIEST_PER_S = 2;
const DAYS = 2;
const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Poisson arrivals at the rate of their hour × a gamma draw of each minute; minutes begin at a phase of their own. */
function drawInstants(swingVariance: number, random: Random): number[] {
  const phaseMs = random.next() * MINUTE_MS;
  const swings = new Map<number, number>();
  const swingAt = (atMs: number): number => {
    if (swingVariance === 0) return 1;
    const minute = Math.floor((atMs + phaseMs) / MINUTE_MS);
    const known = swings.get(minute) ?? sampleGamma(random, 1 / swingVariance, swingVariance);
    swings.set(minute, known);
    return known;
  };
  // By thinning: candidates far faster than any minute comes.
  const fastest = BUSIEST_PER_S * (swingVariance === 0 ? 1 : 4);
  const instants = [0];
  for (let atMs = 0; ; ) {
    atMs += sampleExponential(random, 1000 / fastest);
    if (atMs >= DAYS * 24 * HOUR_MS) return [...instants, DAYS * 24 * HOUR_MS];
    const perS = BUSIEST_PER_S * (LEVELS[Math.floor(atMs / HOUR_MS) % 24] ?? 0) * swingAt(atMs);
    if (random.next() * fastest < perS) instants.push(atMs);
  }
}

const traceOf = (instants: readonly number[]) =>
  arrivalsOfTrace({
    source: 'two days',
    format: 'synthetic',
    sha256: 'f'.repeat(64),
    requests: instants.map((atMs) => ({ atMs, inputTokens: 100, outputTokens: 50 })),
  });

const SERVERS = 4;
const SERVICE_MS = 1400;

/** Mean wait of the turns of the three busiest hours, each before servers that are free at its start: one by one. */
function replayedWaitMs(instants: readonly number[], random: Random): number {
  const waits: number[] = [];
  for (let day = 0; day < DAYS; day++) {
    const fromMs = (day * 24 + 9) * HOUR_MS;
    const free = new Array<number>(SERVERS).fill(0);
    for (const atMs of instants.filter((at) => at >= fromMs && at < fromMs + 3 * HOUR_MS)) {
      const server = free.indexOf(Math.min(...free));
      const startMs = Math.max(atMs, free[server] ?? 0);
      waits.push(startMs - atMs);
      free[server] = startMs + sampleExponential(random, SERVICE_MS);
    }
  }
  return mean(waits);
}

const SIZED = sizeMode({ mode: MODES.compose, interactionsPerDay: 25_000 }).context;

function arrivalsOf(trace: ReturnType<typeof traceOf>) {
  const file = { ...demandFile({ volume: { kind: 'trace', file: 't.csv' } }), arrivals: trace };
  const burstiness = burstinessOf(file, undefined, BUSIEST_PER_S);
  const demand = { ...SIZED.demand, busyHourTurnsPerS: BUSIEST_PER_S, burstiness };
  return { burstiness, model: demandArrivals({ ...SIZED, demand }) };
}

const waitMsOf = (arrivals: Parameters<typeof estimateWaiting>[0]['arrivals'], seed: number): number => {
  const service = { kind: 'drawn', meanMs: SERVICE_MS, scv: 1 } as const;
  const waiting = estimateWaiting({ servers: SERVERS, arrivals, service }, { seed, maxCustomers: 200_000 });
  if (waiting.kind === 'overloaded') throw new Error('overloaded');
  return waiting.meanWaitMs;
};

describe('waits of a trace of days against its replay, ten seeds', () => {
  test.each([
    ['calm within each hour', 0],
    ['a swing from minute to minute', 0.05],
  ])(
    '%s: within 0.8 to 1.25',
    (_, swingVariance) => {
      const runs = SEEDS.map((seed) => {
        const random = createRandom(seed).fork('trace of days');
        const instants = drawInstants(swingVariance, random);
        const trace = traceOf(instants);
        const { summary } = trace;
        const wholeTrace = fitArrivals(
          {
            ratePerS: summary.meanRequestsPerS,
            gapCv: summary.gapCv,
            indexOfDispersion: { '60': summary.indexOfDispersion['60'] ?? 1 },
          },
          BUSIEST_PER_S,
        );
        return {
          replayed: replayedWaitMs(instants, random),
          predicted: waitMsOf(arrivalsOf(trace).model.counts, seed),
          withTheNight: waitMsOf(wholeTrace, seed),
        };
      });
      const replayed = mean(runs.map((run) => run.replayed));
      const ratio = mean(runs.map(({ predicted }) => predicted)) / replayed;
      expect(ratio).toBeGreaterThan(0.8);
      expect(ratio).toBeLessThan(1.25);
      // What the test is for: with the night taken for a burst the same queue waits several times as long.
      expect(mean(runs.map(({ withTheNight }) => withTheNight)) / replayed).toBeGreaterThan(2);
    },
    60_000,
  );

  test('a calm trace of days is no bursty demand, and its gaps are those of Poisson arrivals', () => {
    for (const seed of SEEDS) {
      const { burstiness, model } = arrivalsOf(traceOf(drawInstants(0, createRandom(seed))));
      // 2,880 minutes: an index of 1 is known to √(2/2880) = 2.6 %; four of them.
      expect(Math.abs(burstiness.indexOfDispersion60S - 1)).toBeLessThan(0.11);
      expect(Math.abs(model.gapCv - 1)).toBeLessThan(0.03);
      expect(burstiness.sizingRatio).toBe(1);
      expect(burstiness.diagnostics).toEqual([]);
    }
  });

  test('the index holds at the rate that it is stated for: variance grows with its square', () => {
    // Each hour on its own: index 1 + rate × memory, of a swing of 0.05 whose minutes begin anywhere: ⅔ of 60 s.
    const traces = SEEDS.map((seed) => traceOf(drawInstants(0.05, createRandom(seed))));
    const index = mean(traces.map(({ withinHours }) => withinHours?.indexOfDispersion60S ?? 0));
    const ratePerS = mean(traces.map(({ withinHours }) => withinHours?.ratePerS ?? 0));
    const squares = LEVELS.reduce((sum, level) => sum + level ** 2, 0);
    const byHand = (BUSIEST_PER_S * squares) / LEVELS.reduce((sum, level) => sum + level, 0);
    expect(Math.abs(ratePerS / byHand - 1)).toBeLessThan(0.02);
    expect(Math.abs(index / (1 + byHand * 0.05 * 40) - 1)).toBeLessThan(0.06);
  });
});
