import fc from 'fast-check';
import { expect, test } from 'vitest';
import { estimateCapacity } from '../../../planner/calibrate/capacity.ts';
import { resolveAssumptions } from '../../../planner/demand/assumptions.ts';
import { computeDemand } from '../../../planner/demand/demand.ts';
import { overridesFromDemand } from '../../../planner/demand/file-overrides.ts';
import { busyHourShareOf } from '../../../planner/demand/week.ts';
import { PROFILE_SHAPES } from '../../../scenarios/demand.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { demandFile, traceArrivals } from '../fixtures/demand.ts';
import { llamaResult, SLOS } from '../fixtures/result.ts';
import { CATALOGUE } from '../fixtures/sized.ts';

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const logUniform = (min: number, max: number) =>
  between(Math.log(min), Math.log(max)).map((x) => Math.min(max, Math.max(min, Math.exp(x))));
const levels = (length: number) =>
  fc
    .array(between(0, 1000), { minLength: length, maxLength: length })
    .filter((values) => values.some((value) => value > 1e-3));

const concentrationOf = (values: readonly number[]): number =>
  (Math.max(...values) * values.length) / values.reduce((sum, value) => sum + value, 0);

/** More than a day's volume in one hour is refused, so the busiest stands at most 24 times above the mean. */
const profile = fc.oneof(
  fc
    .record({ hours: levels(24), weekdays: levels(7) })
    .filter(({ hours, weekdays }) => concentrationOf(hours) * concentrationOf(weekdays) <= 24),
  fc.record({ week: levels(168) }).filter(({ week }) => concentrationOf(week) <= 24),
  fc.record({ shape: fc.constantFrom(...PROFILE_SHAPES) }),
  fc.record({
    shape: fc.constantFrom('call-centre', 'office-hours', 'llm-api'),
    busyHourShareRatio: between(1 / 24 + 1e-6, 1),
  }),
);

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const anyChanges = fc.record({
  profile: optional(profile),
  growth: optional(fc.record({ ratioPerYear: between(-0.99, 10), months: between(0, 120) })),
  peakFactor: optional(between(1, 100)),
  burstiness: optional(fc.record({ indexOfDispersion60S: between(0, 100_000), gapCv: between(0, 100) })),
  interaction: optional(
    fc.record({
      turns: between(1, 1000),
      thinkTimeS: between(0, 86_400),
      callsPerTurn: logUniform(0.01, 1000),
    }),
  ),
});

const volume = fc.oneof(
  logUniform(0.001, 1e10).map((interactionsPerDay) => ({ kind: 'per-day', interactionsPerDay })),
  logUniform(0.001, 1e10).map((busyHourCallAttempts) => ({ kind: 'busy-hour', busyHourCallAttempts })),
);

/** One answer of the server, measured: the same for every demand. */
const reference = llamaResult();
const curve = estimateCapacity([reference], SLOS);

const present = (changes: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));

function demandOf(file: ReturnType<typeof demandFile>) {
  const assumptions = unwrap(resolveAssumptions(CATALOGUE, overridesFromDemand(file)));
  return unwrap(computeDemand({ interactionsPerDay: undefined, reference, curve, assumptions, file }));
}

function check(demand: ReturnType<typeof demandOf>): void {
  for (const { value, name } of demand.figures) expect(Number.isFinite(value), name).toBe(true);
  const { busyHourInteractionsPerS, interactionsPerDay, peakFactor, week } = demand;
  expect(busyHourInteractionsPerS).toBeGreaterThan(0);
  expect(interactionsPerDay).toBeGreaterThan(0);
  expect(demand.sizingTurnsPerS).toBeGreaterThanOrEqual(demand.busyHourTurnsPerS * (1 - 1e-12));
  const mean = week.levels.reduce((sum, level) => sum + level, 0) / 168;
  expect(mean).toBeCloseTo(1, 6);
  // Volume × share of the busiest hour × peak is the busy hour, however it was stated.
  const perHour = interactionsPerDay * busyHourShareOf(week) * peakFactor;
  expect(perHour / 3600 / busyHourInteractionsPerS).toBeCloseTo(1, 5);
}

test('any demand file: finite figures, and volume, week and busy hour that agree', () => {
  fc.assert(
    fc.property(volume, anyChanges, (stated, changes) => {
      const file = demandFile({ ...present(changes), volume: stated });
      check(demandOf(file));
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('any trace of hours or days: the same', () => {
  const hourly = fc
    .array(fc.integer({ min: 0, max: 100_000 }), { minLength: 0, maxLength: 200 })
    .filter((counts) => counts.length === 0 || counts.some((count) => count > 0));
  fc.assert(
    fc.property(hourly, (counts) => {
      fc.pre(counts.length > 0);
      const file = traceArrivals(counts);
      fc.pre(counts.length < 24 || concentrationOf(counts) <= 24);
      const demand = demandOf(file);
      for (const { value } of demand.figures) expect(Number.isFinite(value)).toBe(true);
      expect(demand.busyHourTurnsPerS).toBeGreaterThan(0);
      if (counts.length < 24) return;
      expect(demand.busyHourTurnsPerS).toBeCloseTo(Math.max(...counts) / 3600, 9);
    }),
    { numRuns: 200, seed: 2 },
  );
});
