import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateCapacity } from '../../../planner/calibrate/capacity.ts';
import { predictLatency } from '../../../planner/calibrate/latency-curve.ts';
import { createDiagnostic } from '../../../vocabulary/diagnostics.ts';
import { LatencyHistogram } from '../../../vocabulary/histogram.ts';
import type { ResultStep } from '../../../vocabulary/result-file.ts';
import { buildResult, buildStep, exactCapacityPerS, type ResultOptions, SLOS } from '../fixtures/result.ts';

const curveOf = (rates: readonly number[], changes: Partial<ResultOptions> = {}) =>
  estimateCapacity([buildResult({ engine: 'llama', rates, servicePerS: 20, ...changes })], SLOS);

const EXACT = exactCapacityPerS(20, 2000);

function sized(capacity: ReturnType<typeof estimateCapacity>['capacity']) {
  if (capacity.kind === 'refused') throw new Error(`refused: ${capacity.reason}`);
  return capacity;
}

function refusal(capacity: ReturnType<typeof estimateCapacity>['capacity']) {
  if (capacity.kind !== 'refused') throw new Error('expected a refusal');
  return capacity;
}

describe('capacity at the objectives', () => {
  test('the closed form of M/M/1, μ − ln 20 / L, to 1 % from six rates', () => {
    const capacity = sized(curveOf([5, 10, 15, 17, 18, 19]).capacity);
    expect(capacity.kind).toBe('bracketed');
    expect(Math.abs(capacity.turnsPerS / EXACT - 1)).toBeLessThan(0.01);
    expect(capacity.lowTurnsPerS).toBeCloseTo(18, 2);
    expect(capacity.highTurnsPerS).toBeCloseTo(19, 2);
  });

  test('always inside its bracket and never above the highest rate, for any rates and service', () => {
    const arbitrary = fc.tuple(
      fc.double({ min: 4, max: 60, noNaN: true }),
      fc.array(fc.double({ min: 0.1, max: 0.98, noNaN: true }), { minLength: 3, maxLength: 7 }),
    );
    fc.assert(
      fc.property(arbitrary, ([servicePerS, shares]) => {
        const rates = shares.sort((a, b) => a - b).map((share) => share * servicePerS);
        const { capacity, points } = estimateCapacity(
          [buildResult({ engine: 'llama', rates, servicePerS, step: { windowMs: 60_000 } })],
          SLOS,
        );
        if (capacity.kind === 'refused') return;
        expect(capacity.turnsPerS).toBeGreaterThanOrEqual(capacity.lowTurnsPerS - 1e-9);
        expect(capacity.turnsPerS).toBeLessThanOrEqual(capacity.highTurnsPerS + 1e-9);
        expect(capacity.turnsPerS).toBeLessThanOrEqual(
          Math.max(...points.map((point) => point.turnsPerS)) + 1e-9,
        );
      }),
      { numRuns: 40 },
    );
  });

  test('every step met: the highest rate is a lower bound and says so', () => {
    const { capacity, diagnostics } = curveOf([5, 10, 12]);
    expect(sized(capacity)).toMatchObject({ kind: 'lower-bound' });
    expect(sized(capacity).turnsPerS).toBeCloseTo(12, 2);
    expect(diagnostics.map(({ code }) => code)).toContain('CAPACITY_NOT_BRACKETED');
  });

  test('one step that meets the objectives is a lower bound too', () => {
    expect(sized(curveOf([5]).capacity)).toMatchObject({ kind: 'lower-bound' });
  });

  test('errors can decide: 1 % of failures crossed half way between 0.5 % and 1.5 %', () => {
    const steps = [
      buildStep({ turnsPerS: 5, servicePerS: 1000 }),
      buildStep({ turnsPerS: 10, servicePerS: 1000, failedRatio: 0.005 }),
      buildStep({ turnsPerS: 15, servicePerS: 1000, failedRatio: 0.015 }),
    ];
    const capacity = sized(curveOf([], { steps }).capacity);
    expect(capacity.turnsPerS).toBeCloseTo(12.5, 2);
    expect(capacity.explanation).toContain('errors');
  });

  test('a saturated step whose p95 never came back is bracketed by shares, not invented', () => {
    const saturated = buildStep({ turnsPerS: 10, servicePerS: 20 });
    const timedOut = Math.round(saturated.counts.offered * 0.5);
    const late: ResultStep = {
      ...saturated,
      name: '30/s',
      load: { kind: 'open', interactionsPerS: 6, turnsPerS: 30 },
      counts: {
        ...saturated.counts,
        offered: saturated.counts.offered * 3,
        completed: saturated.counts.offered * 3 - timedOut * 3,
        timedOut: timedOut * 3,
        byReason: { 'timed-out:total': timedOut * 3 },
      },
    };
    const steps = [buildStep({ turnsPerS: 5, servicePerS: 20 }), saturated, late];
    const { capacity, points } = curveOf([], { steps });
    expect(points[2]?.readings[0]?.value).toBeUndefined();
    expect(sized(capacity).turnsPerS).toBeGreaterThan(10);
    expect(sized(capacity).turnsPerS).toBeLessThan(12);
  });

  test('replicates of one rate are one point with all their requests', () => {
    const once = curveOf([5, 10, 18, 19]);
    const twice = curveOf([5, 10, 18, 18.001, 19, 19.001]);
    expect(twice.points).toHaveLength(4);
    expect(twice.points[2]?.requests).toBe(2 * (once.points[2]?.requests ?? 0));
    expect(sized(twice.capacity).turnsPerS).toBeCloseTo(sized(once.capacity).turnsPerS, 1);
  });

  test('few requests are named, with the point estimate used', () => {
    const { capacity, diagnostics } = curveOf([5, 10, 18, 19], { step: { windowMs: 5000 } });
    expect(capacity.kind).toBe('bracketed');
    expect(diagnostics.map(({ code }) => code)).toContain('TOO_FEW_SAMPLES');
  });
});

describe('refusals, each with what lifts it', () => {
  test('the lowest rate misses', () => {
    const { reason, liftedBy } = refusal(curveOf([19, 19.9]).capacity);
    expect(reason).toContain('already misses');
    expect(liftedBy).toContain('measure below 19 turns/s');
  });

  test('two steps cannot place a crossing', () => {
    expect(refusal(curveOf([10, 19]).capacity).reason).toContain('too few');
  });

  test('a higher rate that meets what a lower one missed', () => {
    const steps = [
      buildStep({ turnsPerS: 5, servicePerS: 20 }),
      buildStep({ turnsPerS: 10, servicePerS: 11 }),
      buildStep({ turnsPerS: 15, servicePerS: 40 }),
    ];
    expect(refusal(curveOf([], { steps }).capacity)).toMatchObject({
      reason: expect.stringContaining('10 turns/s missed the objectives and 15 turns/s met'),
      liftedBy: 'repeat those steps, longer',
    });
  });

  test('goodput that falls while the objectives hold', () => {
    const later = buildStep({ turnsPerS: 12, servicePerS: 40 });
    const steps = [
      buildStep({ turnsPerS: 5, servicePerS: 40 }),
      buildStep({ turnsPerS: 10, servicePerS: 40 }),
      { ...later, goodRequests: Math.round(later.goodRequests / 2) },
    ];
    expect(refusal(curveOf([], { steps }).capacity).reason).toContain('goodput fell');
  });

  test.each([
    ['GENERATOR_SATURATED', 'could not keep its schedule'],
    ['LITTLES_LAW_VIOLATED', "Little's law"],
  ] as const)('%s on every step', (code, words) => {
    const diagnostics = [createDiagnostic(code, 'seen')];
    expect(refusal(curveOf([5, 18, 19], { diagnostics }).capacity).reason).toContain(words);
  });

  test('a step with a saturated generator is left out and named: what missed there may be its own lag', () => {
    const diagnostics = [createDiagnostic('GENERATOR_SATURATED', 'seen', '19/s')];
    const curve = curveOf([5, 10, 18, 19], { diagnostics });
    expect(sized(curve.capacity)).toMatchObject({ kind: 'lower-bound' });
    expect(sized(curve.capacity).turnsPerS).toBeCloseTo(18, 2);
    expect(curve.points).toHaveLength(4);
    const codes = curve.diagnostics.map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining(['GENERATOR_SATURATED', 'CAPACITY_NOT_BRACKETED']));
  });

  test('a saturated generator above the crossing changes nothing', () => {
    const diagnostics = [createDiagnostic('GENERATOR_SATURATED', 'seen', '25/s')];
    const with25 = sized(curveOf([5, 10, 18, 19, 25], { diagnostics }).capacity);
    expect(with25).toEqual(sized(curveOf([5, 10, 18, 19]).capacity));
  });

  test('a step within the objectives whose queue keeps growing is no evidence: the steady one below counts', () => {
    const growing = [createDiagnostic('NOT_STEADY', 'requests in flight rose', '18/s')];
    const capacity = sized(curveOf([5, 10, 18], { diagnostics: growing }).capacity);
    expect(capacity).toMatchObject({ kind: 'bracketed' });
    expect([capacity.turnsPerS, capacity.lowTurnsPerS]).toEqual([
      expect.closeTo(10, 1),
      expect.closeTo(10, 1),
    ]);
    expect(capacity.highTurnsPerS).toBeCloseTo(18, 1);
    expect(capacity.explanation).toContain('no steady state');
  });

  test('a growing queue below a steady step that meets the objectives was a passing burst', () => {
    const growing = [createDiagnostic('NOT_STEADY', 'requests in flight rose', '10/s')];
    const burst = sized(curveOf([5, 10, 18, 19], { diagnostics: growing }).capacity);
    expect(burst).toEqual(sized(curveOf([5, 10, 18, 19]).capacity));
  });

  test('no steady step at all is refused', () => {
    const growing = [createDiagnostic('NOT_STEADY', 'requests in flight rose')];
    expect(refusal(curveOf([5, 10, 18], { diagnostics: growing }).capacity).reason).toContain(
      'no steady state',
    );
  });

  test('different targets in one curve', () => {
    const one = buildResult({ engine: 'llama', rates: [5, 10], servicePerS: 20 });
    const other = buildResult({
      engine: 'llama',
      rates: [5, 10],
      servicePerS: 20,
      hardware: 'CPU, 8 threads',
    });
    expect(refusal(estimateCapacity([one, other], SLOS).capacity).reason).toContain('different targets');
  });

  test('open and closed loops in one curve', () => {
    const closed: ResultStep = {
      ...buildStep({ turnsPerS: 10, servicePerS: 20 }),
      load: { kind: 'closed', concurrency: 4 },
    };
    const steps = [buildStep({ turnsPerS: 5, servicePerS: 20 }), closed];
    expect(refusal(curveOf([], { steps }).capacity).reason).toContain('closed-loop and open-loop');
  });

  test('no request at all', () => {
    const empty = { ...buildStep({ turnsPerS: 5, servicePerS: 20 }), histograms: {} };
    const counts = { ...empty.counts, offered: 0, completed: 0 };
    expect(refusal(curveOf([], { steps: [{ ...empty, counts }] }).capacity).reason).toContain('no step');
  });
});

describe('replicates', () => {
  const missing = (turnsPerS: number, name: string): ResultStep => ({
    ...buildStep({ turnsPerS, servicePerS: turnsPerS * 1.05 }),
    name,
  });
  const steps = (...rates: number[]) => rates.map((turnsPerS) => buildStep({ turnsPerS, servicePerS: 20 }));

  test('contrary verdicts at one load: not to be relied on, and said', () => {
    // 10 turns/s: p95 of 300 ms in one step and of 6 s in the next. Together 97 % are within the limit in no sense.
    const { capacity, diagnostics } = curveOf([], { steps: [...steps(2, 5, 10), missing(10.1, 'again')] });
    expect(sized(capacity).lowTurnsPerS).toBeCloseTo(5, 2);
    expect(sized(capacity).turnsPerS).toBeLessThan(10.1);
    expect(diagnostics.map(({ code }) => code)).toContain('POOR_FIT');
  });

  test('a long good step does not outvote a short bad one', () => {
    const long = buildStep({ turnsPerS: 10, servicePerS: 20, windowMs: 4_000_000 });
    const bad = { ...buildStep({ turnsPerS: 10.1, servicePerS: 10.6, windowMs: 40_000 }), name: 'short' };
    const { capacity, points } = curveOf([], { steps: [...steps(2, 5), long, bad] });
    // The two together are within the limits, and the pair is not believed.
    expect(points.at(-1)).toMatchObject({ withinLimits: true, contradictory: true });
    expect(sized(capacity).turnsPerS).toBeCloseTo(5, 2);
    expect(sized(capacity).explanation).toContain('contrary verdicts');
  });

  test('a sure step above settles it, and replicates that agree say nothing', () => {
    const long = buildStep({ turnsPerS: 10, servicePerS: 20, windowMs: 4_000_000 });
    const bad = { ...buildStep({ turnsPerS: 10.1, servicePerS: 10.6, windowMs: 40_000 }), name: 'short' };
    const settled = curveOf([], { steps: [...steps(2, 5), long, bad, ...steps(14)] });
    expect(sized(settled.capacity).turnsPerS).toBeCloseTo(14, 2);
    expect(settled.diagnostics.map(({ code }) => code)).toContain('POOR_FIT');
    const agreeing = curveOf([], { steps: steps(5, 5.05, 10, 15, 19) });
    expect(agreeing.points).toHaveLength(4);
    expect(agreeing.diagnostics.map(({ code }) => code)).not.toContain('POOR_FIT');
  });
});

describe('closed loops', () => {
  test('capacity lies on the curve of throughput against concurrency', () => {
    const step = (concurrency: number, turnsPerS: number, latencyMs: number): ResultStep => {
      const histogram = new LatencyHistogram();
      const completed = turnsPerS * 400;
      for (let i = 0; i < completed; i++) histogram.record(latencyMs);
      const base = buildStep({ turnsPerS, servicePerS: 1000 });
      return {
        ...base,
        name: `${concurrency} users`,
        load: { kind: 'closed', concurrency },
        inFlight: { mean: concurrency, max: concurrency },
        goodRequests: latencyMs <= 2000 ? completed : 0,
        histograms: { latencyMs: histogram.encode() },
      };
    };
    const steps = [step(4, 8, 500), step(10, 10, 1000), step(30, 10, 3000)];
    const capacity = sized(curveOf([], { steps }).capacity);
    // Latency rises from 1 s at 10 users to 3 s at 30: 2 s near 20, where throughput is 10/s all along.
    expect(capacity.turnsPerS).toBeCloseTo(10, 6);
  });
});

describe('latency at a rate', () => {
  const { points } = curveOf([5, 10, 15, 18, 19]);

  test('M/M/1 in between: mean 1/(μ − λ), p95 ln 20/(μ − λ), to 8 %', () => {
    const at = predictLatency(points, 13);
    expect(at?.kind).toBe('interpolated');
    expect(Math.abs((at?.meanMs ?? 0) / (1000 / 7) - 1)).toBeLessThan(0.08);
    expect(Math.abs((at?.p95Ms ?? 0) / ((1000 * Math.log(20)) / 7) - 1)).toBeLessThan(0.08);
  });
  test('below the lowest rate its latency is a bound', () => {
    expect(predictLatency(points, 1)).toMatchObject({ kind: 'at-most', p95Ms: points[0]?.p95Ms });
  });
  test('above the highest rate there is no answer', () => {
    expect(predictLatency(points, 19.5)).toBeUndefined();
  });
});
