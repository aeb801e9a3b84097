import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bootstrapReplicates } from '../../../planner/calibrate/bootstrap.ts';
import {
  computeConformalQuantile,
  computeDerate,
  computeLeaveOneOutQuantiles,
} from '../../../planner/calibrate/conformal.ts';
import { createRandom, type Random, sampleExponential, sampleNormal } from '../../../vocabulary/random.ts';

describe('split-conformal quantile', () => {
  test('with one score each: the ⌈(n + 1)·coverage⌉-th smallest', () => {
    const arbitrary = fc.tuple(
      fc.uniqueArray(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 99 }),
    );
    fc.assert(
      fc.property(arbitrary, ([scores, percent]) => {
        const sorted = [...scores].sort((a, b) => a - b);
        const rank = Math.ceil(((scores.length + 1) * percent) / 100);
        const found = computeConformalQuantile(
          scores.map((score) => [score]),
          percent / 100,
        );
        expect(found).toBe(rank > scores.length ? undefined : sorted[rank - 1]);
      }),
    );
  });

  test('a configuration with a thousand points weighs no more than one with a single point', () => {
    const crowd = Array.from({ length: 1000 }, () => 9);
    const single = [1, 2, 3, 4, 5, 6, 7, 8].map((score) => [score]);
    expect(computeConformalQuantile([...single, crowd], 0.8)).toBe(8);
    expect(computeConformalQuantile([...single, crowd], 0.9)).toBe(9);
  });

  test('each from the others, sorted once: the same as sorting the others each time', () => {
    const groups = fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 5 }), { maxLength: 25 });
    fc.assert(
      fc.property(groups, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (given, coverage) => {
        const naive = given.map((_, i) =>
          computeConformalQuantile(
            given.filter((__, j) => j !== i),
            coverage,
          ),
        );
        expect(computeLeaveOneOutQuantiles(given, coverage)).toEqual(naive);
      }),
    );
  });

  /** Configurations with an offset of their own and as many points as chance gives, some of them wild. */
  function drawConfiguration(random: Random): number[] {
    const offset = sampleNormal(random);
    const points = 1 + Math.floor(random.next() * 6);
    return Array.from({ length: points }, () => offset + sampleExponential(random, 0.5));
  }

  test('a new configuration is covered at least as often as promised and no more than one rank above: 4,000 worlds', () => {
    const random = createRandom(11);
    const [worlds, configurations, coverage] = [4_000, 24, 0.8];
    let covered = 0;
    for (let world = 0; world < worlds; world++) {
      const known = Array.from({ length: configurations }, () => drawConfiguration(random));
      const limit = computeConformalQuantile(known, coverage) ?? Number.POSITIVE_INFINITY;
      const next = drawConfiguration(random);
      covered += next.filter((score) => score <= limit).length / next.length;
    }
    const share = covered / worlds;
    const noise = 3 * Math.sqrt((coverage * (1 - coverage)) / worlds);
    expect(share).toBeGreaterThanOrEqual(coverage - noise);
    expect(share).toBeLessThanOrEqual(coverage + 2 / (configurations + 1) + noise);
  });
});

describe('derate', () => {
  const rates = (ratios: readonly number[]) =>
    ratios.map((ratio) => [{ predicted: 100 * ratio, measured: 100 }]);

  test('the factor that covers nine of ten: a prediction 25 % too high is brought down to what was measured', () => {
    const derate = computeDerate(rates([0.9, 0.95, 1, 1, 1, 1.05, 1.1, 1.15, 1.25]), 0.9);
    expect(derate).toBeCloseTo(1 / 1.25, 12);
  });

  test('never above 1: predictions that are always too low earn nothing', () => {
    expect(computeDerate(rates([0.5, 0.6, 0.7, 0.8]), 0.5)).toBe(1);
  });

  test('too few configurations for the coverage: undefined, not a guess', () => {
    expect(computeDerate(rates([1, 1.1]), 0.95)).toBeUndefined();
    expect(computeDerate([], 0.5)).toBeUndefined();
  });
});

describe('bootstrap over replicate runs', () => {
  const mean = (loads: readonly (readonly number[])[]): number => {
    const all = loads.flat();
    return all.reduce((sum, value) => sum + value, 0) / all.length;
  };

  test('spread of a mean: s·√((n − 1)/n)/√n, by the formula, over ten seeds', () => {
    const values = [4, 7, 9, 12, 15, 20, 21, 30];
    const average = mean([values]);
    const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
    const expected = Math.sqrt(variance / values.length);
    for (let seed = 0; seed < 10; seed++) {
      const draws = bootstrapReplicates([values], mean, { random: createRandom(seed), draws: 4_000 });
      const middle = draws.reduce((sum, value) => sum + value, 0) / draws.length;
      const spread = Math.sqrt(draws.reduce((sum, value) => sum + (value - middle) ** 2, 0) / draws.length);
      expect(Math.abs(spread / expected - 1)).toBeLessThan(0.06);
    }
  });

  test('loads measured once do not move; a draw without an estimate is left out; the same seed gives the same', () => {
    const once = bootstrapReplicates([[1], [2], [6]], mean, { random: createRandom(1), draws: 50 });
    expect(new Set(once)).toEqual(new Set([3]));
    const some = bootstrapReplicates([[1, 2]], (loads) => (mean(loads) > 1.4 ? 1 : undefined), {
      random: createRandom(1),
      draws: 400,
    });
    expect(some.length).toBeGreaterThan(250);
    expect(some.length).toBeLessThan(350);
    const again = () => bootstrapReplicates([[1, 2, 9]], mean, { random: createRandom(5), draws: 30 });
    expect(again()).toEqual(again());
  });
});
