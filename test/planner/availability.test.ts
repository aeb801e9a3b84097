import { describe, expect, test } from 'vitest';
import { computeModeAvailability, computeTierAvailability } from '../../planner/availability.ts';
import { readCatalogue } from '../../scenarios/catalogue.ts';
import { readMode } from '../../scenarios/mode.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { TierPlan } from '../../vocabulary/plan-file.ts';
import { createRandom, sampleExponential } from '../../vocabulary/random.ts';

describe('availability', () => {
  test('two of three at 99 %: 3·0.99²·0.01 + 0.99³', () => {
    expect(computeTierAvailability(3, 2, 0.99)).toBeCloseTo(3 * 0.99 ** 2 * 0.01 + 0.99 ** 3, 12);
  });
  test('all of them, any of them, none to spare', () => {
    expect(computeTierAvailability(4, 4, 0.99)).toBeCloseTo(0.99 ** 4, 12);
    expect(computeTierAvailability(4, 1, 0.99)).toBeCloseTo(1 - 0.01 ** 4, 12);
    expect(computeTierAvailability(1, 1, 1)).toBe(1);
  });
  test('a mode is the product of its tiers; a standby counts as one', () => {
    const mode = unwrap(readMode('onprem', unwrap(readCatalogue())));
    const plan = (replicas: number, replicasForLoad: number): TierPlan => ({
      tier: 't',
      service: 's',
      unit: 'u',
      replicas,
      replicasForLoad,
      limits: [],
      bindingConstraint: '',
      slackRatio: 0,
      utilisation: 0,
      capacity: [],
    });
    // Two nodes of which one is needed, two gateways of one, two caches of one, primary and standby.
    const plans = [plan(2, 1), plan(2, 1), plan(2, 1), plan(2, 2)];
    const expected = (1 - 0.01 ** 2) * (1 - 0.005 ** 2) * (1 - 0.001 ** 2) ** 2;
    expect(computeModeAvailability(mode, plans)).toBeCloseTo(expected, 12);
  });

  test('as counted in an independent simulation of replicas that fail and come back, ten seeds', () => {
    // Up 99 hours on average, down 1: 99 %. Three of four are needed.
    const counted = Array.from({ length: 10 }, (_, seed) => {
      const random = createRandom(seed + 1);
      let enoughH = 0;
      const events = Array.from({ length: 4 }, () => {
        const changes: (readonly [atH: number, step: number])[] = [];
        for (let atH = 0; atH < 200_000; ) {
          atH += sampleExponential(random, 99);
          changes.push([atH, -1]);
          atH += sampleExponential(random, 1);
          changes.push([atH, 1]);
        }
        return changes;
      })
        .flat()
        .sort(([a], [b]) => a - b);
      let [up, lastH] = [4, 0];
      for (const [atH, step] of events) {
        if (up >= 3) enoughH += atH - lastH;
        [up, lastH] = [up + step, atH];
      }
      return enoughH / lastH;
    });
    const mean = counted.reduce((sum, value) => sum + value, 0) / counted.length;
    // One minus each: 0.06 % down, so a factor of 1000 would show at once.
    expect((1 - mean) / (1 - computeTierAvailability(4, 3, 0.99))).toBeGreaterThan(0.85);
    expect((1 - mean) / (1 - computeTierAvailability(4, 3, 0.99))).toBeLessThan(1.15);
  });
});
