import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planModes } from '../../planner/index.ts';
import { readCatalogue } from '../../scenarios/catalogue.ts';
import { readAllModes } from '../../scenarios/mode.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { planFileSchema } from '../../vocabulary/plan-file.ts';
import { llamaResult, simulatedResult } from './fixtures/result.ts';

const catalogue = unwrap(readCatalogue());
const modes = unwrap(readAllModes(catalogue));
const results = [llamaResult(), simulatedResult()];

/** Paths of every number in a value that is not finite. */
function notFinite(value: unknown, path = ''): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [path];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => notFinite(inner, `${path}.${key}`));
}

describe('any demand', () => {
  test('gives a valid plan of finite figures, and never fewer replicas for more of it', () => {
    const demands = fc.tuple(
      fc.double({ min: 0.01, max: 3_000_000, noNaN: true }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(demands, ([interactionsPerDay, busyHourShareRatio, escalationRatio]) => {
        const overrides = { busyHourShareRatio, escalationRatio };
        const common = { results, modes, catalogue, seed: 3, nowUnixMs: 1_795_000_000_000, overrides };
        const small = unwrap(planModes({ ...common, interactionsPerDay }));
        const large = unwrap(planModes({ ...common, interactionsPerDay: interactionsPerDay * 1.5 }));
        expect(notFinite(small)).toEqual([]);
        expect(planFileSchema.safeParse(small).success).toBe(true);
        small.modes.forEach((mode, index) => {
          const grown = large.modes[index];
          if (mode.kind === 'refused') expect(grown?.kind).toBe('refused');
          if (mode.kind === 'refused' || grown?.kind !== 'planned') return;
          mode.tiers.forEach((tier, tierIndex) => {
            expect(grown.tiers[tierIndex]?.replicas).toBeGreaterThanOrEqual(tier.replicas);
          });
        });
      }),
      { numRuns: 4 },
    );
  }, 240_000);
});
