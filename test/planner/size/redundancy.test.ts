import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeSurvivors, sizeRedundancy } from '../../../planner/size/redundancy.ts';

const ZONES = { zones: 3, zonesLost: 1, replicasLost: 0 };

/** By building the zones and taking the fullest away: slow and obvious. */
function naiveSurvivors(replicas: number, zones: number, zonesLost: number, replicasLost: number): number {
  const counts = Array.from({ length: zones }, () => 0);
  for (let i = 0; i < replicas; i++) counts[i % zones] = (counts[i % zones] ?? 0) + 1;
  const kept = counts.sort((a, b) => b - a).slice(zonesLost);
  return Math.max(0, kept.reduce((sum, count) => sum + count, 0) - replicasLost);
}

const survival = fc
  .record({
    zones: fc.integer({ min: 1, max: 6 }),
    zonesLost: fc.integer({ min: 0, max: 5 }),
    replicasLost: fc.integer({ min: 0, max: 4 }),
  })
  .filter(({ zones, zonesLost }) => zonesLost < zones);

describe('redundancy', () => {
  test('corrected guide: load for 50 and 200 conversations per instance at 70 %, three zones, one lost', () => {
    const cases: readonly (readonly [number, number, number, number])[] = [
      [25_000, 112, 6, 2],
      [100_000, 448, 20, 6],
      [1_000_000, 4_479, 192, 48],
      [10_000_000, 44_792, 1_920, 480],
    ];
    for (const [perDay, concurrent, conservative, optimised] of cases) {
      const open = ((perDay * 0.15 * 5) / 3600) * (1.5 + 20);
      expect(Math.round(open)).toBe(concurrent);
      expect(sizeRedundancy(Math.ceil(open / (50 * 0.7)), ZONES)).toBe(conservative);
      expect(sizeRedundancy(Math.ceil(open / (200 * 0.7)), ZONES)).toBe(optimised);
    }
  });

  test('survivors as counted zone by zone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), survival, (replicas, losses) => {
        const { zones, zonesLost, replicasLost } = losses;
        const naive = naiveSurvivors(replicas, zones, zonesLost, replicasLost);
        expect(computeSurvivors(replicas, losses)).toBe(naive);
      }),
    );
  });

  test('the fewest: enough remain, and one fewer would not do', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), survival, (needed, losses) => {
        const replicas = sizeRedundancy(needed, losses);
        expect(computeSurvivors(replicas, losses)).toBeGreaterThanOrEqual(needed);
        expect(computeSurvivors(replicas - 1, losses)).toBeLessThan(needed);
      }),
    );
  });

  test('nothing to lose needs nothing more; losing every zone cannot be survived', () => {
    expect(sizeRedundancy(7, { zones: 1, zonesLost: 0, replicasLost: 0 })).toBe(7);
    expect(sizeRedundancy(7, { zones: 1, zonesLost: 0, replicasLost: 2 })).toBe(9);
    expect(() => sizeRedundancy(1, { zones: 2, zonesLost: 2, replicasLost: 0 })).toThrow('leaves nothing');
  });
});
