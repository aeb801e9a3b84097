import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CostLine, PlanFile } from '../../../vocabulary/plan-file.ts';
import { BASE, compared, diffOf, plannedMode } from './two-plans.ts';

describe('what moved the month', () => {
  const line = fc.record({
    line: fc.constantFrom('a', 'b over 5 years', 'b over 6 years', 'c', 'd'),
    category: fc.constantFrom('compute' as const, 'llm' as const, 'people' as const),
    quantity: fc.double({ min: 0, max: 1e6, noNaN: true }),
    unitPriceUsd: fc.double({ min: 0, max: 1e4, noNaN: true }),
  });
  const lines = fc.array(line, { maxLength: 8 }).map((all): CostLine[] =>
    all.map((each) => ({
      ...each,
      unit: 'units',
      usdPerMonth: each.quantity * each.unitPriceUsd,
      basis: 'catalogue',
      source: 'x: y',
    })),
  );
  const planWith = (costLines: CostLine[]): PlanFile => {
    const mode = plannedMode(BASE, 'kubernetes');
    const usdPerMonth = costLines.reduce((sum, each) => sum + each.usdPerMonth, 0);
    return { ...BASE, modes: [{ ...mode, costLines, usdPerMonth }] };
  };
  const total = (each: Record<string, number>): number =>
    Object.values(each).reduce((sum, value) => sum + value, 0);

  test('adds up to its change, whatever the lines are, and turns its sign when the plans change places', () => {
    fc.assert(
      fc.property(lines, lines, (old, now) => {
        const there = compared(diffOf(planWith(now), planWith(old)), 'kubernetes').money;
        const back = compared(diffOf(planWith(old), planWith(now)), 'kubernetes').money;
        const sum = (all: readonly CostLine[]): number => all.reduce((s, each) => s + each.usdPerMonth, 0);
        const delta = sum(now) - sum(old);
        const tolerance = 1e-9 * (sum(now) + sum(old) + 1);
        expect(Math.abs(total(there.effects) - delta)).toBeLessThan(tolerance);
        expect(Math.abs(there.effects.priceUsd + back.effects.priceUsd)).toBeLessThan(tolerance);
        expect(Math.abs(there.effects.addedUsd + back.effects.removedUsd)).toBeLessThan(tolerance);
      }),
      { numRuns: 300 },
    );
  });

  test('by hand: 10 at 2 USD to 14 at 3 USD is 4 × 2.5 by quantity and 1 × 12 by price', () => {
    const one = (quantity: number, unitPriceUsd: number): CostLine[] => [
      {
        line: 'x',
        category: 'compute',
        quantity,
        unit: 'units',
        unitPriceUsd,
        usdPerMonth: quantity * unitPriceUsd,
        basis: 'catalogue',
        source: 'x: y',
      },
    ];
    const { effects } = compared(diffOf(planWith(one(14, 3)), planWith(one(10, 2))), 'kubernetes').money;
    expect(effects).toMatchObject({ quantityUsd: 10, priceUsd: 12, addedUsd: 0, removedUsd: 0 });
  });
});

describe('break-even volumes', () => {
  const crossingAt = (interactionsPerDay: number): NonNullable<PlanFile['breakEven']> => ({
    plannedInteractionsPerDay: 25_000,
    modes: {
      curves: [],
      crossings: [
        {
          cheaperBelow: 'a',
          cheaperAbove: 'b',
          interactionsPerDay,
          usdPerInteraction: 0.01,
          lasting: true,
          onEnvelope: true,
          sentence: 'x',
        },
      ],
      cheapest: [],
    },
    inference: { curves: [], crossings: [], cheapest: [] },
    utilisation: [],
    commitments: [],
    assumptions: [],
    diagnostics: [],
  });
  const withCrossing = (perDay: number): PlanFile => ({ ...BASE, breakEven: crossingAt(perDay) });

  test('that moved are told with both ends, those that stayed are not', () => {
    expect(diffOf(withCrossing(30_000), withCrossing(40_000)).crossings).toEqual([
      {
        among: 'modes',
        cheaperBelow: 'a',
        cheaperAbove: 'b',
        interactionsPerDay: { before: 40_000, after: 30_000 },
      },
    ]);
    expect(diffOf(withCrossing(30_000), withCrossing(30_000))).toMatchObject({
      crossings: [],
      changed: false,
    });
  });

  test('of a plan that has none are no change', () => {
    const { breakEven: _, ...without } = BASE;
    expect(diffOf(withCrossing(30_000), without as PlanFile).crossings).toEqual([]);
  });
});
