import { describe, expect, test } from 'vitest';
import { drawBreakEvenUtilisation } from '../../../../planner/money/break-even/draw-utilisation.ts';
import { planBreakEven } from '../../../../planner/money/break-even/plan-break-even.ts';
import { createDraws, DRAWS } from '../../../../planner/uncertainty/draws.ts';
import { createRandom } from '../../../../vocabulary/random.ts';
import { demandFile } from '../../fixtures/demand.ts';
import { MODES, sizeMode } from '../../fixtures/sized.ts';

const triangle = (low: number, high: number) =>
  ({ kind: 'triangular', range: { low, value: 1, high } }) as const;
const OWN = { key: 'own', uncertainty: triangle(0.6, 1.4) };
const BOUGHT = { key: 'bought', uncertainty: triangle(0.6, 1.4) };

/** Own and bought cost of one part each, correlated so; what a unit carries is certain. */
function drawnWith(rankCorrelation: number, seed = 1) {
  const correlations =
    rankCorrelation === 0 ? [] : [{ a: 'own', b: 'bought', rankCorrelation, reason: 'the test' }];
  return drawBreakEvenUtilisation({
    central: 0.5,
    own: [{ usd: 70, factors: [{ input: OWN, power: 1 }] }],
    bought: [{ usd: 3, factors: [{ input: BOUGHT, power: 1 }] }],
    capacity: [],
    plannedUtilisationRatio: 0.5,
    draws: createDraws({ seed, count: DRAWS, correlations }),
  });
}

describe('draws of a break-even busy share', () => {
  test('two costs that move as one leave the ratio where it is', () => {
    const { breakEven } = drawnWith(1);
    for (const value of Object.values(breakEven)) expect(value).toBeCloseTo(0.5, 12);
  });

  test('the same key on both sides is one draw', () => {
    const { breakEven } = drawBreakEvenUtilisation({
      central: 0.5,
      own: [{ usd: 70, factors: [{ input: OWN, power: 1 }] }],
      bought: [{ usd: 3, factors: [{ input: OWN, power: 1 }] }],
      capacity: [],
      plannedUtilisationRatio: 0.5,
      draws: createDraws({ seed: 1, count: DRAWS, correlations: [] }),
    });
    expect(breakEven.p90 - breakEven.p10).toBeLessThan(1e-12);
  });

  test('two that move against each other: P90 is that of one over its mirror image, in closed form', () => {
    // Φ(z) and 1 − Φ(z): at the 90th percentile own cost is at its 90th and bought cost at its 10th.
    const tail = Math.sqrt(0.1 * 0.8 * 0.4);
    const { breakEven, ownCheaperProbability } = drawnWith(-1);
    expect(Math.abs(breakEven.p90 / (0.5 * ((1.4 - tail) / (0.6 + tail))) - 1)).toBeLessThan(0.02);
    expect(Math.abs(breakEven.p10 / (0.5 * ((0.6 + tail) / (1.4 - tail))) - 1)).toBeLessThan(0.02);
    // Symmetric, and the plan keeps units exactly as busy as the centre asks for.
    expect(Math.abs(ownCheaperProbability - 0.5)).toBeLessThan(0.02);
  });

  test('without a correlation between those two: against drawing by rejection, ten seeds', () => {
    const width = (seed: number): number => {
      const random = createRandom(seed + 50);
      const one = (): number => {
        for (;;) {
          const x = 0.6 + 0.8 * random.next();
          if (random.next() <= 1 - Math.abs(x - 1) / 0.4) return x;
        }
      };
      const ratios = Array.from({ length: DRAWS }, () => (0.5 * one()) / one()).sort((a, b) => a - b);
      return (ratios[0.9 * DRAWS] ?? 0) - (ratios[0.1 * DRAWS] ?? 0);
    };
    const seeds = Array.from({ length: 10 }, (_, index) => index);
    const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / 10;
    const drawn = mean(
      seeds.map((seed) => {
        const { p10, p90 } = drawnWith(0, seed).breakEven;
        return p90 - p10;
      }),
    );
    expect(Math.abs(drawn / mean(seeds.map(width)) - 1)).toBeLessThan(0.02);
  });

  test('a unit that carries more breaks even earlier, and is less busy with the same load', () => {
    const capacity = [{ input: { key: 'carries', uncertainty: triangle(1, 2) }, power: 1 as const }];
    const draws = createDraws({ seed: 1, count: DRAWS, correlations: [] });
    const certain = { central: 0.5, own: [{ usd: 1, factors: [] }], bought: [{ usd: 1, factors: [] }] };
    const found = drawBreakEvenUtilisation({ ...certain, capacity, plannedUtilisationRatio: 0.6, draws });
    // 1 ÷ the triangle's own tenths: 2 − √(0.1) and 2 − √(0.9) of a falling triangle from 1 to 2.
    expect(Math.abs(found.breakEven.p10 / (0.5 / (2 - Math.sqrt(0.1))) - 1)).toBeLessThan(0.02);
    expect(Math.abs(found.breakEven.p90 / (0.5 / (2 - Math.sqrt(0.9))) - 1)).toBeLessThan(0.02);
    expect(found.ownCheaperProbability).toBe(1);
  });
});

describe('break-even of a plan follows its demand file', () => {
  const contextsOf = (changes: Readonly<Record<string, unknown>>) =>
    [MODES.kubernetes, MODES.onprem].map((mode) => {
      const { context } = sizeMode({
        mode,
        interactionsPerDay: 100_000,
        overrides: { retryRatio: { value: 0.2, low: 0, high: 0.6, source: 'the test' } },
      });
      return { ...context, demand: { ...context.demand, file: demandFile(changes) } };
    });
  const widthOf = (changes: Readonly<Record<string, unknown>>): number => {
    const section = planBreakEven(contextsOf(changes), { nowUnixMs: Date.UTC(2026, 10, 21), seed: 3 });
    const interval = section?.utilisation[0]?.breakEvenInterval;
    if (interval === undefined) throw new Error('no interval');
    return interval.p90 - interval.p10;
  };
  const pair = (rankCorrelation: number) => ({
    correlations: [{ a: 'retries', b: 'operatorUsdPerHour', rankCorrelation, reason: 'the test' }],
  });

  test('calls that are made again when people are dear narrow it, the other way round they widen it', () => {
    expect(widthOf(pair(0.9))).toBeLessThan(0.97 * widthOf({}));
    expect(widthOf(pair(-0.9))).toBeGreaterThan(1.03 * widthOf({}));
  });
});
