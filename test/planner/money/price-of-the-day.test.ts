import { describe, expect, test } from 'vitest';
import { planModes } from '../../../planner/index.ts';
import { levelsInUtc, peakRatioOf } from '../../../planner/money/week-hours.ts';
import { findLlmPrice } from '../../../scenarios/catalogue.ts';
import type { DeploymentMode } from '../../../scenarios/mode.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import type { PlannedMode } from '../../../vocabulary/plan-file.ts';
import { simulatedResult } from '../fixtures/result.ts';
import { CATALOGUE, MODES } from '../fixtures/sized.ts';

/** The mode with another model, which is sold by the same quota. */
function selling(priceId: string): DeploymentMode {
  const tiers = MODES.kubernetes.tiers.map((tier) =>
    tier.sizing.kind === 'vendor' ? { ...tier, sizing: { ...tier.sizing, priceId } } : tier,
  );
  return { ...MODES.kubernetes, tiers };
}

function planOn(priceId: string, nowUnixMs: number): PlannedMode {
  const plan = unwrap(
    planModes({
      results: [simulatedResult()],
      interactionsPerDay: 25_000,
      modes: [selling(priceId)],
      catalogue: CATALOGUE,
      seed: 1,
      nowUnixMs,
    }),
  );
  const [mode] = plan.modes;
  if (mode?.kind !== 'planned') throw new Error(mode?.reason);
  return mode;
}

const unitPrices = (mode: PlannedMode): number[] =>
  mode.costLines.filter(({ category }) => category === 'llm').map(({ unitPriceUsd }) => unitPriceUsd);
const changes = (mode: PlannedMode): string[] =>
  mode.diagnostics.filter(({ code }) => code === 'PRICE_CHANGES').map(({ message }) => message);

describe('a plan reads prices as they stand on its day', () => {
  test('through a promotion and after it', () => {
    const before = planOn('google/gemini-3.6-flash', Date.UTC(2026, 10, 21));
    expect(unitPrices(before)).toEqual([0.75, 0.075, 3.75]);
    expect(changes(before)).toEqual([expect.stringContaining('through 2026-12-31')]);
    const after = planOn('google/gemini-3.6-flash', Date.UTC(2027, 0, 2));
    expect(unitPrices(after)).toEqual([1.5, 0.15, 7.5]);
    expect(changes(after)).toEqual([expect.stringContaining('ended on 2026-12-31')]);
  });

  test('a change that is due and unconfirmed widens the interval up to the announced price', () => {
    const day = (nowUnixMs: number) => planOn('google/gemini-3.8-flash', nowUnixMs);
    const [before, due] = [day(Date.UTC(2026, 10, 21)), day(Date.UTC(2027, 0, 2))];
    expect(unitPrices(due)).toEqual(unitPrices(before));
    const width = ({ usdPerInteraction: { ai } }: PlannedMode): number => ai.p90 - ai.p10;
    expect(width(due)).toBeGreaterThan(1.5 * width(before));
    expect(due.diagnostics.map(({ code }) => code)).toContain('DISPUTED_PRICE');
  });

  test('peak hours: the share of the week that meets them is billed at twice the price', () => {
    const [input = 0] = unitPrices(planOn('deepseek/deepseek-flash', Date.UTC(2026, 10, 21)));
    // Calls come by day: a week of a call centre on UTC has less in 01-04 and more in 06-10 than an even one.
    expect(input).toBeGreaterThan(0.15);
    expect(input).toBeLessThan(0.3);
  });

  test('the clock of the demand: ten in the morning nine hours ahead is one in the night in UTC', () => {
    const price = unwrap(findLlmPrice(CATALOGUE, 'deepseek/deepseek-flash'));
    const atTen = Array.from({ length: 168 }, (_, hour) => (hour === 10 ? 168 : 0));
    const week = { levels: atTen, basis: 'assumed', source: 'this test' } as const;
    expect(levelsInUtc({ ...week, utcOffsetHours: 9 }).indexOf(168)).toBe(1);
    expect(peakRatioOf(price, { ...week, utcOffsetHours: 9 })).toBe(1);
    expect(peakRatioOf(price, { ...week, utcOffsetHours: 0 })).toBe(0);
    // Monday ten o'clock eleven hours ahead is still Sunday in UTC, which has no peak.
    expect(levelsInUtc({ ...week, utcOffsetHours: 11 }).indexOf(168)).toBe(167);
    expect(peakRatioOf(price, { ...week, utcOffsetHours: 11 })).toBe(0);
  });

  test('one that nobody sells any more is named', () => {
    const mode = planOn('deepseek/deepseek-v4-flash', Date.UTC(2026, 10, 21));
    expect(changes(mode)).toEqual([expect.stringContaining('retired since 2026-09-10')]);
  });
});
