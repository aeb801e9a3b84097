import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  busyHourShareOf,
  sharpen,
  statedWeek,
  weekOfPlan,
  weekRatesPerS,
} from '../../../planner/demand/week.ts';
import { type DemandFile, demandFileSchema } from '../../../scenarios/demand.ts';
import { demandFile, traceArrivals } from '../fixtures/demand.ts';

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the hours of a week', () => {
  test('without a file: the shape of a service line with so much in its busiest hour, and a day on average', () => {
    const week = weekOfPlan(undefined, 0.15);
    expect(week.levels).toHaveLength(168);
    expect(busyHourShareOf(week)).toBeCloseTo(0.15, 9);
    // 25,000 a day at 15 %: 3,750 in the busiest hour.
    const rates = weekRatesPerS(week, 25_000);
    expect(Math.max(...rates) * 3600).toBeCloseTo(3750, 6);
    expect(mean(rates) * 86_400).toBeCloseTo(25_000, 6);
    // Monday morning.
    expect(rates.indexOf(Math.max(...rates))).toBe(10);
    expect(week.basis).toBe('assumed');
  });

  test('own levels stand as they are, whatever their scale', () => {
    const hours = Array.from({ length: 24 }, (_, hour) => (hour === 9 ? 30 : 10));
    const weekdays = [2, 1, 1, 1, 1, 1, 0];
    // Monday 9 o'clock: 30 × 2, and an average day is Σ hours × Σ days ÷ 7 = 260.
    const file = demandFile({ profile: { hours, weekdays } });
    const week = weekOfPlan(file, 60 / 260);
    expect(statedWeek(file)).toEqual(week);
    expect(busyHourShareOf(week)).toBeCloseTo(60 / 260, 9);
    expect(week.levels[9]).toBe(Math.max(...week.levels));
    expect(week.levels.slice(144)).toEqual(Array<number>(24).fill(0));
  });

  test('a shape that is named keeps its own busiest hour', () => {
    const flat = statedWeek(demandFile({ profile: { shape: 'flat' } }));
    expect(flat && busyHourShareOf(flat)).toBeCloseTo(1 / 24, 12);
  });

  test('a trace of two days is averaged into one that repeats; one of two weeks into a week', () => {
    const twoDays = Array.from({ length: 48 }, (_, hour) => (hour < 24 ? 100 : 300));
    const file = (hourly: readonly number[]): DemandFile => traceArrivals(hourly);
    expect(new Set(statedWeek(file(twoDays))?.levels)).toEqual(new Set([1]));
    const twoWeeks = Array.from({ length: 336 }, (_, hour) => (hour % 168 === 50 ? 400 : 100));
    const week = statedWeek(file(twoWeeks));
    expect(week?.basis).toBe('measured');
    expect(week?.levels.indexOf(Math.max(...(week?.levels ?? [])))).toBe(50);
    expect(statedWeek(file([1, 2, 3]))).toBeUndefined();
  });

  test('sharpening keeps the order of the hours and meets its target, over any shape', () => {
    const shape = fc.array(fc.double({ min: 0.01, max: 10, noNaN: true }), { minLength: 24, maxLength: 168 });
    fc.assert(
      fc.property(shape, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (levels, part) => {
        const sorted = [...levels].sort((a, b) => b - a);
        // Room between even and all in one hour; two equal peaks have only half of it.
        fc.pre((sorted[0] ?? 0) > 1.01 * (sorted[1] ?? 0));
        const target = 1 + part * (Math.min(levels.length, 24) - 1);
        const made = sharpen(levels, target);
        expect(mean(made)).toBeCloseTo(1, 9);
        expect(Math.max(...made)).toBeCloseTo(target, 6);
        for (let i = 1; i < levels.length; i++) {
          const [before, after] = [levels[i - 1] ?? 0, levels[i] ?? 0];
          if (before < after) expect(made[i - 1]).toBeLessThanOrEqual(made[i] ?? 0);
        }
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  test('what no power reaches gives the nearest there is, never NaN', () => {
    for (const target of [0.1, 1, 24, 1000]) {
      for (const made of [sharpen([1, 1, 1, 1], target), sharpen([1, 2, 3, 0], target)]) {
        for (const level of made) expect(Number.isFinite(level) && level >= 0).toBe(true);
        expect(mean(made)).toBeCloseTo(1, 9);
      }
    }
  });
});

test('the schema of a file and the fixture agree', () => {
  expect(demandFileSchema.safeParse(demandFile({}).spec).success).toBe(true);
});
