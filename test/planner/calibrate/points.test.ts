import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measuredPoints } from '../../../planner/calibrate/points.ts';
import { createDiagnostic } from '../../../vocabulary/diagnostics.ts';
import { LatencyHistogram } from '../../../vocabulary/histogram.ts';
import type { ResultStep } from '../../../vocabulary/result-file.ts';
import { buildResult, buildStep, SLOS } from '../fixtures/result.ts';

/** A step whose completed requests took the given times and of which further ones never ended. */
function stepOf(latenciesMs: readonly number[], timedOut: number, name = 'step'): ResultStep {
  const histogram = new LatencyHistogram();
  for (const ms of latenciesMs) histogram.record(ms);
  const completed = latenciesMs.length;
  const base = buildStep({ turnsPerS: 10, servicePerS: 20 });
  return {
    ...base,
    name,
    windowMs: ((completed + timedOut) / 10) * 1000,
    counts: {
      offered: completed + timedOut,
      completed,
      failed: 0,
      timedOut,
      dropped: 0,
      byReason: {},
    },
    goodRequests: latenciesMs.filter((ms) => ms <= 2000).length,
    histograms: { latencyMs: histogram.encode() },
  };
}

const pointsOf = (...steps: ResultStep[]) =>
  measuredPoints([buildResult({ engine: 'llama', rates: [], servicePerS: 20, steps })], SLOS);

const latencies = fc.array(fc.double({ min: 1, max: 5000, noNaN: true }), { minLength: 20, maxLength: 200 });

describe('percentiles with requests that never ended', () => {
  test('as by sorting, with those that never ended behind all others', () => {
    fc.assert(
      fc.property(latencies, fc.integer({ min: 0, max: 30 }), (given, timedOut) => {
        const all = [...given, ...Array.from({ length: timedOut }, () => Number.POSITIVE_INFINITY)].sort(
          (a, b) => a - b,
        );
        const naive = all[Math.ceil((95 * all.length) / 100) - 1] ?? Number.NaN;
        const reading = pointsOf(stepOf(given, timedOut))[0]?.readings[0];
        if (naive === Number.POSITIVE_INFINITY) {
          expect(reading?.value).toBeUndefined();
          expect(reading?.withinLimit).toBe(false);
        } else {
          expect(Math.abs((reading?.value ?? 0) / naive - 1)).toBeLessThan(0.002);
        }
        // A histogram knows a value to 0.1 %: those beside the limit may fall on either side of it.
        const above = (limitMs: number): number => all.filter((ms) => ms > limitMs).length / all.length;
        expect(reading?.exceedRatio).toBeGreaterThanOrEqual(above(2000 * 1.003));
        expect(reading?.exceedRatio).toBeLessThanOrEqual(above(2000 * 0.997));
      }),
      { numRuns: 60 },
    );
  });

  test('a timeout cannot improve a percentile', () => {
    const given = Array.from({ length: 100 }, (_, index) => 10 * (index + 1));
    const p95 = (timedOut: number) =>
      pointsOf(stepOf(given, timedOut))[0]?.readings[0]?.value ?? Number.POSITIVE_INFINITY;
    expect(p95(0)).toBeCloseTo(950, -1);
    expect(p95(4)).toBeGreaterThan(p95(0));
    expect(p95(10)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('replicates', () => {
  test('of one rate are one point: the same as all their requests together', () => {
    fc.assert(
      fc.property(latencies, latencies, (one, other) => {
        const [merged, ...others] = pointsOf(stepOf(one, 0, 'a'), stepOf(other, 2, 'b'));
        const [together] = pointsOf(stepOf([...one, ...other], 2));
        expect(others).toEqual([]);
        expect(merged?.names).toEqual(['a', 'b']);
        expect(merged?.requests).toBe(together?.requests);
        expect(merged?.p95Ms).toBe(together?.p95Ms);
        expect(merged?.meanLatencyMs).toBeCloseTo(together?.meanLatencyMs ?? 0, 6);
        expect(merged?.turnsPerS).toBeCloseTo(10, 9);
      }),
      { numRuns: 40 },
    );
  });

  test('rates further apart than 2 % are points of their own, in order of load', () => {
    const rates = [12, 4, 4.05, 8, 8.3];
    const points = pointsOf(...rates.map((turnsPerS) => buildStep({ turnsPerS, servicePerS: 20 })));
    expect(points.map(({ names }) => names)).toEqual([['4/s', '4.05/s'], ['8/s'], ['8.3/s'], ['12/s']]);
  });
});

describe('what the bench doubted', () => {
  test('stays with the step that it was said of, or with all when it names none', () => {
    const steps = [4, 8].map((turnsPerS) => buildStep({ turnsPerS, servicePerS: 20 }));
    const flagged = (subject?: string) =>
      measuredPoints(
        [
          buildResult({
            engine: 'llama',
            rates: [],
            servicePerS: 20,
            steps,
            diagnostics: [createDiagnostic('NOT_STEADY', 'grows', subject)],
          }),
        ],
        SLOS,
      ).map(({ steady }) => steady);
    expect(flagged('8/s')).toEqual([true, false]);
    expect(flagged()).toEqual([false, false]);
    expect(flagged('another')).toEqual([true, true]);
  });
});
