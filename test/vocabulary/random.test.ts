import { describe, expect, it } from 'vitest';
import {
  createSampler,
  type Distribution,
  distributionSchema,
  estimateMean,
} from '../../vocabulary/distributions.ts';
import {
  createRandom,
  openUniform,
  type Random,
  sampleExponential,
  sampleGamma,
  sampleNormal,
  samplePoisson,
} from '../../vocabulary/random.ts';

const SEEDS = [0, 1, 2, 3, 5, 8, 13, 21, 34, 4_294_967_295];
const DRAWS = 20_000;

const draw = (random: Random, sampler: (random: Random) => number, draws = DRAWS): number[] =>
  Array.from({ length: draws }, () => sampler(random));
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]): number => {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
};

/** Five standard errors of the mean: passes all but about one in two million draws of a correct sampler. */
const meanTolerance = (trueVariance: number): number => 5 * Math.sqrt(trueVariance / DRAWS);

describe('createRandom', () => {
  it.each(SEEDS)('is uniform for seed %d (chi-square over 100 cells)', (seed) => {
    const random = createRandom(seed);
    const cells = new Array<number>(100).fill(0);
    for (let i = 0; i < DRAWS; i++) {
      const cell = Math.floor(random.next() * 100);
      cells[cell] = (cells[cell] ?? 0) + 1;
    }
    const expected = DRAWS / 100;
    const chiSquare = cells.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
    // 99 degrees of freedom: mean 99, standard deviation √198 = 14.07; five of them either way.
    expect(Math.abs(chiSquare - 99)).toBeLessThan(70);
  });

  it.each(SEEDS)('has no serial correlation at lags 1 to 5 for seed %d', (seed) => {
    const values = draw(createRandom(seed), (random) => random.next() - 0.5);
    for (const lag of [1, 2, 3, 4, 5]) {
      const products = values.slice(lag).map((value, index) => value * (values[index] ?? 0));
      // Under independence each product has variance (1/12)²; five standard errors.
      expect(Math.abs(mean(products))).toBeLessThan(5 / 12 / Math.sqrt(DRAWS));
    }
  });

  it('repeats itself for a seed and differs between seeds', () => {
    expect(draw(createRandom(7), (random) => random.next(), 50)).toEqual(
      draw(createRandom(7), (random) => random.next(), 50),
    );
    const firsts = new Set(Array.from({ length: 2000 }, (_, seed) => createRandom(seed).next()));
    expect(firsts.size).toBeGreaterThan(1998);
  });

  it('forks by name: the same stream for a name, however much was drawn before', () => {
    const parent = createRandom(3);
    const before = parent.fork('arrivals').next();
    draw(parent, (random) => random.next(), 100);
    expect(parent.fork('arrivals').next()).toBe(before);
    expect(parent.fork('lengths').next()).not.toBe(before);
  });

  it('has forks that do not follow each other', () => {
    const parent = createRandom(11);
    const [a, b] = ['a', 'b'].map((name) => draw(parent.fork(name), (random) => random.next() - 0.5));
    const covariance = mean((a ?? []).map((value, index) => value * (b?.[index] ?? 0)));
    expect(Math.abs(covariance)).toBeLessThan(5 / 12 / Math.sqrt(DRAWS));
  });

  it('stays inside its interval', () => {
    const random = createRandom(1);
    for (let i = 0; i < 100_000; i++) {
      const value = random.next();
      if (!(value >= 0 && value < 1)) throw new Error(`outside [0, 1): ${value}`);
    }
    expect(openUniform({ next: () => 0, fork: () => random })).toBeGreaterThan(0);
  });
});

interface Moments {
  readonly name: string;
  readonly sampler: (random: Random) => number;
  readonly mean: number;
  readonly variance: number;
}

/** Means and variances as any table of distributions has them. */
const MOMENTS: readonly Moments[] = [
  { name: 'exponential, mean 3', sampler: (random) => sampleExponential(random, 3), mean: 3, variance: 9 },
  { name: 'standard normal', sampler: sampleNormal, mean: 0, variance: 1 },
  { name: 'gamma 4, 0.5', sampler: (random) => sampleGamma(random, 4, 0.5), mean: 2, variance: 1 },
  { name: 'gamma 0.3, 2', sampler: (random) => sampleGamma(random, 0.3, 2), mean: 0.6, variance: 1.2 },
  { name: 'Poisson 4', sampler: (random) => samplePoisson(random, 4), mean: 4, variance: 4 },
  { name: 'Poisson 100.5', sampler: (random) => samplePoisson(random, 100.5), mean: 100.5, variance: 100.5 },
];

describe.each(MOMENTS)('$name', ({ sampler, mean: trueMean, variance: trueVariance }) => {
  it.each(SEEDS)('has its mean and variance for seed %d', (seed) => {
    const values = draw(createRandom(seed), sampler);
    expect(Math.abs(mean(values) - trueMean)).toBeLessThan(meanTolerance(trueVariance));
    expect(variance(values) / trueVariance).toBeGreaterThan(0.85);
    expect(variance(values) / trueVariance).toBeLessThan(1.15);
  });
});

describe('the exponential', () => {
  it('is past its mean with probability 1/e', () => {
    const past = draw(createRandom(5), (random) => sampleExponential(random, 2)).filter(
      (value) => value > 2,
    ).length;
    const p = Math.exp(-1);
    expect(Math.abs(past / DRAWS - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / DRAWS));
  });
});

describe('the normal', () => {
  it('has 68.27 % within one and 95.45 % within two standard deviations', () => {
    const values = draw(createRandom(5), sampleNormal);
    for (const [bound, share] of [
      [1, 0.682689],
      [2, 0.9545],
    ] as const) {
      const inside = values.filter((value) => Math.abs(value) < bound).length / DRAWS;
      expect(Math.abs(inside - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / DRAWS));
    }
  });
});

describe('a Poisson of mean zero', () => {
  it('is zero', () => expect(samplePoisson(createRandom(1), 0)).toBe(0));
});

const DISTRIBUTIONS: readonly (readonly [Distribution, number])[] = [
  [{ kind: 'constant', value: 7 }, 7],
  [{ kind: 'exponential', mean: 20 }, 20],
  [{ kind: 'normal', mean: 50, standardDeviation: 5 }, 50],
  // Mean of a log-normal: exp(mu + sigma² ÷ 2).
  [{ kind: 'log-normal', mu: 3, sigma: 0.5 }, Math.exp(3.125)],
  [{ kind: 'gamma', shape: 2, scale: 10 }, 20],
  // Linear between 0, 10 and 40: halves with means 5 and 25.
  [{ kind: 'quantiles', values: [0, 10, 40] }, 15],
  [{ kind: 'histogram', values: [1, 2, 10], weights: [1, 2, 1] }, 3.75],
];

describe('distributions as data', () => {
  it.each(DISTRIBUTIONS)('%j has its mean', (distribution, trueMean) => {
    const means = SEEDS.map((seed) =>
      estimateMean(distributionSchema.parse(distribution), createRandom(seed)),
    );
    expect(mean(means) / trueMean).toBeGreaterThan(0.99);
    expect(mean(means) / trueMean).toBeLessThan(1.01);
  });

  it('clamps to its bounds', () => {
    const sampler = createSampler({ kind: 'log-normal', mu: 3, sigma: 2, min: 5, max: 50 });
    const values = draw(createRandom(1), sampler);
    expect(Math.min(...values)).toBe(5);
    expect(Math.max(...values)).toBe(50);
  });

  it('draws histogram values by their weights, none of weight zero', () => {
    const sampler = createSampler({ kind: 'histogram', values: [1, 2, 3], weights: [3, 0, 1] });
    const values = draw(createRandom(2), sampler);
    expect(values).not.toContain(2);
    const share = values.filter((value) => value === 1).length / DRAWS;
    expect(Math.abs(share - 0.75)).toBeLessThan(5 * Math.sqrt((0.75 * 0.25) / DRAWS));
  });

  it('refuses what is no distribution', () => {
    expect(distributionSchema.safeParse({ kind: 'gamma', shape: 0, scale: 1 }).success).toBe(false);
    expect(distributionSchema.safeParse({ kind: 'uniform', min: 0, max: 1 }).success).toBe(false);
  });
});
