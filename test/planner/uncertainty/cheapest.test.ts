import { describe, expect, test } from 'vitest';
import { planModes } from '../../../planner/plan-modes.ts';
import { type DrawnCosts, withCheapest } from '../../../planner/uncertainty/cheapest.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { llamaResult, simulatedResult } from '../fixtures/result.ts';
import { CATALOGUE, MODES, unbounded } from '../fixtures/sized.ts';

const planOf = (interactionsPerDay: number, modes = Object.values(MODES)) =>
  unwrap(
    planModes({
      results: [llamaResult(), simulatedResult()],
      interactionsPerDay,
      modes,
      catalogue: CATALOGUE,
      seed: 1,
      nowUnixMs: 1_795_000_000_000,
    }),
  ).modes;

const plannedOf = (modes: ReturnType<typeof planOf>) =>
  modes.flatMap((mode) => (mode.kind === 'planned' ? [mode] : []));

describe('how often a mode is the cheapest', () => {
  test('counted by hand over five draws: ties count for both, a mode that cannot have the replicas for none', () => {
    const column = (...values: number[]) => Float64Array.from(values);
    const nothing = column(0, 0, 0, 0, 0);
    const drawn = new Map<string, DrawnCosts>([
      ['compose', { ai: column(1, 2, 3, 1, 9), resolved: nothing, aboveMax: column(0, 0, 0, 1, 1) }],
      ['kubernetes', { ai: column(2, 2, 1, 2, 9), resolved: nothing, aboveMax: column(0, 0, 0, 0, 1) }],
    ]);
    const modes = planOf(25_000).filter(({ mode }) => mode !== 'onprem');
    const [compose, kubernetes] = plannedOf(withCheapest(modes, drawn));
    expect(compose?.uncertainty?.cheapestRatio?.ai).toBe(2 / 5);
    expect(kubernetes?.uncertainty?.cheapestRatio?.ai).toBe(3 / 5);
  });

  test('modes whose intervals do not overlap: the cheaper one always', () => {
    const modes = plannedOf(planOf(25_000));
    const [cheapest, ...others] = [...modes].sort(
      (a, b) => a.usdPerInteraction.ai.p50 - b.usdPerInteraction.ai.p50,
    );
    for (const other of others) {
      expect(other.usdPerInteraction.ai.p10).toBeGreaterThan(cheapest?.usdPerInteraction.ai.p90 ?? 0);
    }
    expect(cheapest?.uncertainty?.cheapestRatio?.ai).toBeGreaterThan(0.99);
    const sum = modes.reduce((total, mode) => total + (mode.uncertainty?.cheapestRatio?.ai ?? 0), 0);
    expect(sum).toBeCloseTo(1, 9);
  });

  test('what people cost is drawn for all modes at once, so it does not blur which machine is cheaper', () => {
    // With people the intervals of all modes overlap nearly wholly; draw by draw the order is that of the machines.
    const modes = plannedOf(planOf(25_000));
    for (const { uncertainty, usdPerInteraction } of modes) {
      expect(uncertainty?.cheapestRatio?.resolved).toBeCloseTo(
        uncertainty?.cheapestRatio?.ai ?? Number.NaN,
        2,
      );
      expect(usdPerInteraction.resolved.p10).toBeLessThan(modes[0]?.usdPerInteraction.resolved.p90 ?? 0);
    }
  });

  test('a mode on its own is compared with none', () => {
    const [mode] = plannedOf(planOf(25_000, [unbounded(MODES.onprem)]));
    expect(mode?.uncertainty).toBeDefined();
    expect(mode?.uncertainty?.cheapestRatio).toBeUndefined();
  });
});
