import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeCoverage } from '../../../planner/validate/coverage.ts';
import { relativeError, summariseErrors } from '../../../planner/validate/error-summary.ts';
import { chooseCalibration, type HeldOutPoint, predictHeldOut } from '../../../planner/validate/held-out.ts';
import { parseMeasuredFile } from '../../../planner/validate/measured-file.ts';
import { servingPredictor } from '../../../planner/validate/our-predictor.ts';
import { validateServing } from '../../../planner/validate/protocol.ts';
import { type CapacityPrediction, judgeDecisions } from '../../../planner/validate/replica-decision.ts';
import { sloCapacityCases } from '../../../planner/validate/slo-capacity.ts';
import { judgeTargets, TARGETS } from '../../../planner/validate/targets.ts';
import { formatServingValidation } from '../../../planner/validate/text.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { createRandom, sampleNormal } from '../../../vocabulary/random.ts';

const HEAD = 'model,output_tokens,concurrency,mean_ttft_ms,mean_tpot_ms';
const LADDER = [4, 8, 16, 32, 64, 128];

/** Engines whose pace is a + b·n; `wobble` is the relative noise of each measured time. */
function file(engines: number, wobble: number, ladder: readonly number[] = LADDER) {
  const random = createRandom(3);
  const noisy = (value: number): number => value * Math.exp(wobble * sampleNormal(random));
  const lines = Array.from({ length: engines }, (_, i) =>
    ladder.map((n) => {
      const [prefillMs, paceMs] = [40 + i + 2 * n, 6 + (i % 7) + 0.08 * n];
      return `m${i},512,${n},${noisy(prefillMs)},${noisy(paceMs)}`;
    }),
  );
  return unwrap(parseMeasuredFile([HEAD, ...lines.flat()].join('\n'), 'synthetic.csv'));
}

const validate = (engines: number, wobble: number) =>
  unwrap(validateServing(file(engines, wobble), { source: 'synthetic.csv', seed: 1 }));

describe('errors in figures', () => {
  test('mean, p90 by nearest rank, bias, and one vote for each configuration: by hand', () => {
    const errors = [0.1, -0.2, 0.3].map((ratio) => ({ configuration: 'a', ratio }));
    const summary = summariseErrors([...errors, { configuration: 'b', ratio: -0.4 }]);
    expect(summary).toMatchObject({ points: 4, configurations: 2 });
    expect(summary?.mapePct).toBeCloseTo(25, 9);
    expect(summary?.p90Pct).toBeCloseTo(40, 9);
    expect(summary?.biasPct).toBeCloseTo(-5, 9);
    expect(summary?.mapeByConfigurationPct).toBeCloseTo((20 + 40) / 2, 9);
    expect(summariseErrors([])).toBeUndefined();
    expect(relativeError(12, 10)).toBeCloseTo(0.2, 12);
  });
});

describe('calibration and held-out points', () => {
  const [configuration] = file(1, 0).configurations;
  const points = configuration?.points ?? [];

  test('the ends and the rung nearest to their geometric mean', () => {
    expect(chooseCalibration(points).map(({ concurrency }) => concurrency)).toEqual([4, 16, 128]);
    expect(chooseCalibration(points.slice(0, 5)).map(({ concurrency }) => concurrency)).toEqual([4, 16, 64]);
  });

  test('no held-out time reaches the fit: changing it changes the error and not the prediction', () => {
    const changed = {
      configurations: file(1, 0).configurations.map((own) => ({
        ...own,
        points: own.points.map((point) =>
          point.concurrency === 32 ? { ...point, meanTimePerOutputTokenMs: 99 } : point,
        ),
      })),
    };
    const predicted = (from: Parameters<typeof predictHeldOut>[0]) =>
      predictHeldOut(from, servingPredictor).points.map((point) => point.predicted);
    expect(predicted(changed.configurations)).toEqual(predicted(file(1, 0).configurations));
    expect(predicted(changed.configurations)).toHaveLength(3);
  });

  test('an exact law is predicted to 2 %; noise of 5 % shows as an error of about that size', () => {
    expect(validate(30, 0).figures.reqPerSMapePct).toBeLessThan(2);
    const noisy = validate(60, 0.05).figures.reqPerSMapePct ?? 0;
    expect(noisy).toBeGreaterThan(3);
    expect(noisy).toBeLessThan(8);
  });
});

describe('capacity at an objective', () => {
  test('the limit is what a point measured that no calibration uses; the exact law is found to 5 % from points a factor of four apart', () => {
    const cases = sloCapacityCases(file(5, 0).configurations, 'latencyMs');
    expect(cases).toHaveLength(5 * 4);
    for (const one of cases) {
      expect(one.pointsUsed).toBeLessThanOrEqual(5);
      expect(Math.abs((one.adaptivePerS ?? 0) / one.measuredPerS - 1)).toBeLessThan(0.05);
    }
  });

  test('adaptive points are no worse than fixed ones under noise', () => {
    const { figures } = validate(80, 0.03);
    expect(figures.capacityAtSloErrorPct).toBeLessThan(figures.capacityAtSloFixedPointsErrorPct ?? 0);
    expect(figures.capacityAtSloErrorPct).toBeLessThan(figures.capacityAtHeldOutLimitErrorPct ?? 0);
  });
});

describe('replica decisions', () => {
  /** Predictions off by a log-normal factor, two for each configuration. */
  const cases = (configurations: number, sigma: number, bias = 0): CapacityPrediction[] => {
    const random = createRandom(9);
    return Array.from({ length: configurations * 2 }, (_, i) => ({
      configuration: `c${i >> 1}`,
      predictedPerS: 10 * Math.exp(bias + sigma * sampleNormal(random)),
      measuredPerS: 10,
    }));
  };
  const judge = (given: readonly CapacityPrediction[], derated: boolean) =>
    judgeDecisions(given, { random: createRandom(4), derated });

  test('perfect predictions buy exactly what is needed', () => {
    expect(judge(cases(40, 0), true)).toMatchObject({
      sufficientRatio: 1,
      overspendRatio: 0,
      medianDerateRatio: 1,
    });
  });

  test('the derate suffices as often as promised, biased predictions or not; without it half fall short', () => {
    for (const bias of [0, 0.1]) {
      const derated = judge(cases(200, 0.05, bias), true);
      expect(derated?.sufficientRatio).toBeGreaterThan(0.93);
      // One-sided 95 % of a normal with σ = 5 % is 1.645 σ: a derate of 0.92, and as much less as predictions promise too much.
      expect(Math.abs((derated?.medianDerateRatio ?? 0) / Math.exp(-1.645 * 0.05 - bias) - 1)).toBeLessThan(
        0.03,
      );
      expect(derated?.overspendRatio).toBeLessThan(0.13);
    }
    expect(judge(cases(200, 0.05), false)?.sufficientRatio).toBeLessThan(0.75);
  });

  test('too few configurations to learn a derate from: no figure', () => {
    expect(judge(cases(5, 0.05), true)).toBeUndefined();
  });
});

describe('coverage of intervals', () => {
  const heldOut = (configurations: number, sigma: number): HeldOutPoint[] => {
    const random = createRandom(2);
    return Array.from({ length: configurations * 3 }, (_, i) => {
      const measured = { concurrency: 8, meanTimeToFirstTokenMs: 1e-9, meanTimePerOutputTokenMs: 10 };
      return {
        configuration: `c${Math.floor(i / 3)}`,
        outputTokens: 101,
        utilisation: 0.5,
        measured,
        predicted: { ...measured, meanTimePerOutputTokenMs: 10 * Math.exp(sigma * sampleNormal(random)) },
      };
    });
  };

  test('nine of ten inside, with the half-width of a normal: 1.645 σ', () => {
    const coverage = judgeCoverage(heldOut(300, 0.04), 0.9);
    expect(Math.abs((coverage?.coveredRatio ?? 0) - 0.9)).toBeLessThan(0.02);
    expect(Math.abs(Math.log(coverage?.medianFactor ?? 0) / (1.645 * 0.04) - 1)).toBeLessThan(0.1);
  });

  test('too few configurations: no figure', () => {
    expect(judgeCoverage(heldOut(8, 0.04), 0.9)).toBeUndefined();
  });
});

describe('the whole validation', () => {
  test('targets are told met, missed or not judged, and the text names what failed', () => {
    const verdicts = judgeTargets({ reqPerSMapePct: 4.1, reqPerSBiasPct: -0.9, coverageRatio: 0.915 });
    const of = (figure: string) => verdicts.find((each) => each.figure === figure)?.verdict;
    expect([of('reqPerSMapePct'), of('reqPerSBiasPct'), of('coverageRatio'), of('tpotMapePct')]).toEqual([
      'missed',
      'met',
      'met',
      'not judged',
    ]);
    expect(verdicts).toHaveLength(TARGETS.length);
    const text = formatServingValidation(validate(40, 0.08));
    expect(text).toContain('requests/s, mean error');
    expect(text).toContain('nearest configuration');
    expect(text).toMatch(/% of requests\/s at \d+ in flight/);
    expect(text).not.toContain('NaN');
  });

  test('every figure is finite and named once; the same file and seed give the same', () => {
    const { figures, baselines } = validate(30, 0.04);
    for (const value of [...Object.values(figures), ...Object.values(baselines).flatMap(Object.values)]) {
      expect(Number.isFinite(value)).toBe(true);
    }
    expect(validate(30, 0.04)).toEqual(validate(30, 0.04));
  });

  test('a configuration that contradicts itself is refused by name and kept out of the figures', () => {
    const lines = LADDER.map((n) => `x,512,${n},50,${n === 16 ? 4 : 8 + 0.1 * n}`);
    const rest = Array.from({ length: 25 }, (_, i) => LADDER.map((n) => `m${i},512,${n},50,${9 + 0.1 * n}`));
    const parsed = unwrap(parseMeasuredFile([HEAD, ...lines, ...rest.flat()].join('\n'), 'x.csv'));
    const found = unwrap(validateServing(parsed, { source: 'x.csv', seed: 1 }));
    expect(found.refused).toEqual([
      expect.objectContaining({
        configuration: 'x | 512',
        reason: expect.stringContaining('falls from 4 to 16'),
      }),
    ]);
    expect(found.figures.reqPerSMapePct).toBeLessThan(3);
    expect(found.figures.refusedRatio).toBeCloseTo(1 / 26, 4);
  });

  test('whatever a valid file says, every figure is finite: no NaN, no crash', () => {
    const time = fc.double({ min: -3, max: 6, noNaN: true }).map((exponent) => 10 ** exponent);
    const row = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 9 }), time, time);
    const files = fc.tuple(
      fc.integer({ min: 1, max: 5000 }),
      fc.array(row, { minLength: 1, maxLength: 160, size: 'max' }),
    );
    let validated = 0;
    fc.assert(
      fc.property(files, ([outputTokens, rows]) => {
        const lines = rows.map(
          ([model, load, ttft, tpot]) => `m${model},${outputTokens},${2 ** load},${ttft},${tpot}`,
        );
        const found = validateServing(unwrap(parseMeasuredFile([HEAD, ...lines].join('\n'), 'wild.csv')), {
          source: 'wild.csv',
          seed: 1,
        });
        if (found.kind === 'failed') return;
        validated++;
        const { figures, baselines } = found.value;
        for (const [name, value] of [figures, ...Object.values(baselines)].flatMap(Object.entries)) {
          expect(Number.isFinite(value), name).toBe(true);
        }
        expect(JSON.stringify(found.value)).not.toContain('null');
        expect(formatServingValidation(found.value)).not.toContain('NaN');
      }),
      { numRuns: 60 },
    );
    expect(validated).toBeGreaterThan(10);
  });

  test('nothing to leave out is a failure that says what would lift it', () => {
    expect(validateServing(file(3, 0, [4, 8, 16]), { source: 'short.csv', seed: 1 })).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'INVALID_MEASUREMENTS',
        issues: [{ fix: expect.stringContaining('measure more loads') }],
      },
    });
  });
});
