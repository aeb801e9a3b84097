import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateCapacity } from '../../planner/calibrate/capacity.ts';
import { predictLatency } from '../../planner/calibrate/latency-curve.ts';
import { predictModeLatency, roundTripMs, slosBehindLinks } from '../../planner/latency.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { buildResult, SLOS } from './fixtures/result.ts';
import { MODES, sizeMode, unbounded } from './fixtures/sized.ts';

describe('objectives behind links', () => {
  test('links are added up', () => {
    expect(roundTripMs(MODES.compose)).toBe(30);
    expect(roundTripMs(MODES.kubernetes)).toBe(50);
    expect(roundTripMs(MODES.onprem)).toBe(5);
  });

  const slo = (metric: Extract<Slo, { kind: 'latency' }>['metric'], limitMs: number): Slo => ({
    kind: 'latency',
    metric,
    percentile: 95,
    limitMs,
  });

  test('taken off what crosses them, and off nothing else', () => {
    const given: Slo[] = [
      slo('latencyMs', 2000),
      slo('timeToFirstTokenMs', 500),
      slo('timePerOutputTokenMs', 40),
      slo('interTokenLatencyMs', 40),
      { kind: 'error-ratio', limitRatio: 0.01 },
    ];
    const behind = slosBehindLinks(given, MODES.kubernetes);
    if (behind.kind === 'refused') throw new Error(behind.reason);
    expect(behind.value.map((each) => (each.kind === 'latency' ? each.limitMs : each.limitRatio))).toEqual([
      1950, 450, 40, 40, 0.01,
    ]);
  });

  test('a limit at or below the round trip is refused, one above is not', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 200, noNaN: true }), (limitMs) => {
        const behind = slosBehindLinks([slo('latencyMs', limitMs)], MODES.kubernetes);
        expect(behind.kind).toBe(limitMs > 50 ? 'planned' : 'refused');
        if (behind.kind === 'refused') expect(behind.liftedBy).toContain('loosen the objective');
      }),
    );
  });
});

describe('latency of a replica on its measured curve', () => {
  const service = 40;
  const { points } = estimateCapacity(
    [buildResult({ engine: 'simulated', rates: [5, 10, 15, 20, 25, 30, 35, 38], servicePerS: service })],
    SLOS,
  );

  test('M/M/1 between the rates: p50, p95 and mean are ln 2, ln 20 and 1 over the spare rate: to 1 % below 80 % utilisation, 6 % above', () => {
    for (let rate = 5; rate <= 37; rate += 0.5) {
      const predicted = predictLatency(points, rate);
      const spareMs = 1000 / (service - rate);
      const tolerance = rate <= 0.8 * service ? 0.01 : 0.06;
      expect(predicted?.kind).toBe('interpolated');
      expect(Math.abs((predicted?.p50Ms ?? 0) / (Math.log(2) * spareMs) - 1)).toBeLessThan(tolerance);
      expect(Math.abs((predicted?.p95Ms ?? 0) / (Math.log(20) * spareMs) - 1)).toBeLessThan(tolerance);
      expect(Math.abs((predicted?.meanMs ?? 0) / spareMs - 1)).toBeLessThan(tolerance);
    }
  });

  test('never falls with load, is a bound below the lowest rate and nothing above the highest', () => {
    const rate = fc.double({ min: 0.01, max: 38, noNaN: true });
    fc.assert(
      fc.property(rate, rate, (one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        expect(predictLatency(points, low)?.p95Ms ?? 0).toBeLessThanOrEqual(
          (predictLatency(points, high)?.p95Ms ?? 0) + 1e-9,
        );
        expect(predictLatency(points, low)?.kind).toBe(low < 5 ? 'at-most' : 'interpolated');
      }),
    );
    expect(predictLatency(points, 38.1)).toBeUndefined();
    expect(predictLatency([], 1)).toBeUndefined();
  });
});

describe('latency of a mode', () => {
  const latencyOf = (interactionsPerDay: number) => {
    const { tiers, plans, context } = sizeMode({ mode: unbounded(MODES.onprem), interactionsPerDay });
    const latency = predictModeLatency(tiers, plans, context, SLOS);
    if (latency.kind === 'refused') throw new Error(latency.reason);
    return { latency: latency.value, plans, context };
  };

  test('is within the objective that it was sized for, at any demand, and says what it rests on', () => {
    fc.assert(
      fc.property(fc.double({ min: 10, max: 1e8, noNaN: true }), (interactionsPerDay) => {
        const { latency } = latencyOf(interactionsPerDay);
        expect(latency.turnP95Ms).toBeGreaterThan(latency.turnP50Ms ?? Number.POSITIVE_INFINITY);
        expect(latency.turnP95Ms).toBeLessThan(2000);
        expect(latency.basis).toBe('simulated');
        expect(latency.explanation).toMatch(/5 ms of links/);
      }),
      { numRuns: 60 },
    );
  });

  test('at the load of one server: demand ÷ (nodes × servers in a node)', () => {
    const { latency, plans, context } = latencyOf(30_000_000);
    const perServer = context.demand.sizingTurnsPerS / ((plans[0]?.replicas ?? 0) * 4);
    expect(latency.explanation).toContain(`at ${perServer.toPrecision(3)} turns/s per measured replica`);
  });

  test('after losing a room half of the nodes carry twice as much each: the curve at that load, within the objective', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e6, max: 1e8, noNaN: true }), (interactionsPerDay) => {
        const { latency, plans, context } = latencyOf(interactionsPerDay);
        const left = plans[0]?.whenLost?.replicas ?? 0;
        expect(left).toBe((plans[0]?.replicas ?? 0) / 2);
        const perServer = context.demand.sizingTurnsPerS / (left * 4);
        expect(latency.whenLost?.explanation).toContain(`at ${perServer.toPrecision(3)} turns/s`);
        expect(latency.whenLost?.turnP95Ms).toBeGreaterThanOrEqual(latency.turnP95Ms ?? Number.NaN);
        expect(latency.whenLost?.turnP95Ms).toBeLessThan(2000);
        // M/M/1 of 40 turns/s: 6 % on the curve between few measured rates.
        const exactMs = 5 + (Math.log(20) / (40 - perServer)) * 1000;
        if (perServer >= 10) {
          expect(Math.abs((latency.whenLost?.turnP95Ms ?? 0) / exactMs - 1)).toBeLessThan(0.07);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a mode that is planned to lose nothing has no state after losses', () => {
    const { tiers, plans, context } = sizeMode({ mode: MODES.compose, interactionsPerDay: 25_000 });
    const latency = predictModeLatency(tiers, plans, context, SLOS);
    expect(latency.kind === 'planned' && latency.value.whenLost).toBeUndefined();
  });
});
