import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MODES, type ModeId, sizeMode, unbounded } from '../fixtures/sized.ts';

/** Dealt out one by one, as a scheduler with an even spread does. */
function dealt(replicas: number, zones: number): number[] {
  const counts = Array.from({ length: zones }, () => 0);
  for (let i = 0; i < replicas; i++) counts[i % zones] = (counts[i % zones] ?? 0) + 1;
  return counts;
}

/** Every way of losing `lost` zones, by trying them all. */
function subsets(zones: number, lost: number): number[][] {
  if (lost === 0) return [[]];
  return Array.from({ length: zones }, (_, zone) => zone).flatMap((zone) =>
    subsets(zone, lost - 1).map((rest) => [...rest, zone]),
  );
}

const demand = fc.tuple(
  fc.constantFrom<ModeId>('compose', 'kubernetes', 'onprem'),
  fc.double({ min: Math.log(1), max: Math.log(1e9), noNaN: true }).map(Math.exp),
  fc.double({ min: 0.02, max: 1, noNaN: true }),
);

describe('losing what a tier is planned to survive', () => {
  test('whichever zones go, those that are left carry the busy hour, in every tier of every mode', () => {
    fc.assert(
      fc.property(demand, ([id, interactionsPerDay, busyHourShareRatio]) => {
        const { tiers, plans } = sizeMode({
          mode: unbounded(MODES[id]),
          interactionsPerDay,
          overrides: { busyHourShareRatio },
        });
        tiers.forEach(({ model }, index) => {
          const { zones, survives } = model.tier;
          const replicas = plans[index]?.replicas ?? 0;
          const counts = dealt(replicas, zones);
          for (const gone of subsets(zones, survives.zones)) {
            const left =
              counts.filter((_, zone) => !gone.includes(zone)).reduce((sum, count) => sum + count, 0) -
              survives.replicas;
            expect(left).toBeGreaterThanOrEqual(1);
            for (const limit of model.limits) {
              expect(left * limit.perReplica).toBeGreaterThanOrEqual(limit.demand * (1 - 1e-8));
            }
          }
        });
      }),
      { numRuns: 400, seed: 7 },
    );
  });

  test('and one replica fewer would not do, unless the mode runs that many anyway', () => {
    fc.assert(
      fc.property(demand, ([id, interactionsPerDay, busyHourShareRatio]) => {
        const { tiers, plans } = sizeMode({
          mode: unbounded(MODES[id]),
          interactionsPerDay,
          overrides: { busyHourShareRatio },
        });
        tiers.forEach(({ model }, index) => {
          const { zones, survives, sizing } = model.tier;
          const replicas = plans[index]?.replicas ?? 0;
          if (sizing.kind === 'fixed' || replicas <= model.minReplicas) return;
          const counts = dealt(replicas - 1, zones).sort((a, b) => b - a);
          const left =
            counts.slice(survives.zones).reduce((sum, count) => sum + count, 0) - survives.replicas;
          const carried = model.limits.every(
            ({ perReplica, demand: wanted }) => left * perReplica >= wanted * (1 + 1e-8),
          );
          expect(carried && left >= 1).toBe(false);
        });
      }),
      { numRuns: 250, seed: 8 },
    );
  });

  test('GPU nodes are whole, and hold whole replicas', () => {
    const { plans, tiers } = sizeMode({ mode: unbounded(MODES.onprem), interactionsPerDay: 5e6 });
    expect(Number.isInteger(plans[0]?.replicas)).toBe(true);
    // Eight GPUs, two a replica.
    expect(tiers[0]?.measuredReplicasPerUnit).toBe(4);
  });

  test('every tier that a mode spreads over zones survives one of them', () => {
    for (const mode of Object.values(MODES)) {
      for (const tier of mode.tiers) {
        if (tier.zones > 1) expect(tier.survives.zones, `${mode.id} ${tier.id}`).toBe(1);
        else expect(tier.survives.zones).toBe(0);
      }
    }
  });

  test('a NAT gateway in each zone, or losing its zone would cut off the vendor', () => {
    const gateway = MODES.kubernetes.tiers.find(({ id }) => id === 'gateway');
    expect(gateway?.costs.find(({ line }) => line === 'NAT gateways')?.per).toBe('zone');
  });
});
