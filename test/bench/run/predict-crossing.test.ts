import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseNextPoint } from '../../../bench/run/plan-calibrate.ts';
import { makeMonotone, predictCrossing } from '../../../bench/run/predict-crossing.ts';
import { isNarrow, narrowBracket, OPEN_BRACKET } from '../../../bench/run/search-capacity.ts';
import { geometricPoints } from '../../../bench/workload/geometric-points.ts';

/** p95 of the response time of an M/M/1 queue is ln 20 ÷ (μ − λ) (Kleinrock 1975, §3.2): an oracle in closed form. */
const p95Ms = (ratePerS: number, servicePerS: number): number =>
  (1_000 * Math.log(20)) / (servicePerS - ratePerS);

describe('the predicted crossing', () => {
  it('is exact on a power law', () => {
    const samples = [1, 5, 40].map((value) => ({ value, spanMs: 3 * value ** 1.7 }));
    expect(predictCrossing(samples, 3 * 20 ** 1.7)).toBeCloseTo(20, 6);
  });

  it('is unknown beyond what was measured', () => {
    const samples = [1, 2, 4].map((value) => ({ value, spanMs: value }));
    expect(predictCrossing(samples, 0.5)).toBeUndefined();
    expect(predictCrossing(samples, 4)).toBeUndefined();
    expect(predictCrossing([], 1)).toBeUndefined();
  });

  it('of a queue is within 2 % of the truth with three points placed by it, and far off without', () => {
    const servicePerS = 100;
    const errors: number[] = [];
    const fixed: number[] = [];
    for (const limitMs of [60, 100, 200, 400]) {
      const truePerS = servicePerS - (1_000 * Math.log(20)) / limitMs;
      const samples = geometricPoints(10, 99, 3).map((value) => ({
        value,
        spanMs: p95Ms(value, servicePerS),
      }));
      const errorNow = (): number =>
        Math.abs((predictCrossing(samples, limitMs) ?? Number.NaN) / truePerS - 1);
      fixed.push(errorNow());
      let bracket = OPEN_BRACKET;
      for (const { value, spanMs } of samples) bracket = narrowBracket(bracket, value, spanMs <= limitMs);
      for (let i = 0; i < 3; i++) {
        const value = chooseNextPoint(bracket, predictCrossing(samples, limitMs), 0.05);
        const spanMs = p95Ms(value, servicePerS);
        samples.push({ value, spanMs });
        bracket = narrowBracket(bracket, value, spanMs <= limitMs);
      }
      errors.push(errorNow());
    }
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(errors)).toBeLessThan(0.02);
    expect(mean(fixed)).toBeGreaterThan(mean(errors) * 2);
  });
});

describe('a curve made monotone', () => {
  it('rises, keeps every load, and keeps the geometric mean', () => {
    const samples = fc.array(fc.double({ min: 0.1, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(samples, (spans) => {
        const given = spans.map((spanMs, i) => ({ value: i + 1, spanMs }));
        const made = makeMonotone(given);
        expect(made.map(({ value }) => value)).toEqual(given.map(({ value }) => value));
        for (const [i, { spanMs }] of made.entries())
          expect(spanMs).toBeGreaterThanOrEqual((made[i - 1]?.spanMs ?? 0) * (1 - 1e-12));
        const logs = (points: typeof given): number =>
          points.reduce((sum, { spanMs }) => sum + Math.log(spanMs), 0);
        expect(logs(made)).toBeCloseTo(logs(given), 6);
      }),
    );
  });
});

describe('the next point', () => {
  const rate = fc.double({ min: 1, max: 500, noNaN: true });

  it('closes in on any crossing, whatever is predicted', () => {
    fc.assert(
      fc.property(rate, fc.array(rate, { minLength: 60, maxLength: 60 }), (truth, predictions) => {
        let bracket = OPEN_BRACKET;
        let value = 20;
        let taken = 0;
        for (const predicted of predictions) {
          if (isNarrow(bracket, 0.05)) break;
          bracket = narrowBracket(bracket, value, value <= truth);
          // A prediction may be wrong, but comes from a curve: every second one is the middle at worst.
          value = chooseNextPoint(bracket, taken++ % 2 === 0 ? predicted : undefined, 0.05);
        }
        expect(isNarrow(bracket, 0.05)).toBe(true);
        expect(bracket.metPerS).toBeLessThanOrEqual(truth);
        expect(bracket.missedPerS).toBeGreaterThan(truth);
      }),
    );
  });
});
