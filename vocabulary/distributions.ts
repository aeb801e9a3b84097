import { z } from 'zod';
import { openUniform, type Random, sampleExponential, sampleGamma, sampleNormal } from './random.ts';

const bounds = { min: z.number().optional(), max: z.number().optional() };

/**
 * A distribution as data. The unit is that of the field that holds it. `min` and `max` clamp every draw.
 * `quantiles`: values at equally spaced probabilities 0 … 1, linear between them.
 * `histogram`: whole values with weights.
 */
export const distributionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant'), value: z.number() }),
  z.strictObject({ kind: z.literal('exponential'), mean: z.number().positive(), ...bounds }),
  z.strictObject({
    kind: z.literal('normal'),
    mean: z.number(),
    standardDeviation: z.number().nonnegative(),
    ...bounds,
  }),
  z.strictObject({
    kind: z.literal('log-normal'),
    mu: z.number(),
    sigma: z.number().nonnegative(),
    ...bounds,
  }),
  z.strictObject({
    kind: z.literal('gamma'),
    shape: z.number().positive(),
    scale: z.number().positive(),
    ...bounds,
  }),
  z.strictObject({ kind: z.literal('quantiles'), values: z.array(z.number()).min(2) }),
  z.strictObject({
    kind: z.literal('histogram'),
    values: z.array(z.number()).min(1),
    weights: z.array(z.number().nonnegative()).min(1),
  }),
]);

export type Distribution = z.infer<typeof distributionSchema>;

export type Sampler = (random: Random) => number;

function clamped(sampler: Sampler, limits: { min?: number | undefined; max?: number | undefined }): Sampler {
  const min = limits.min ?? Number.NEGATIVE_INFINITY;
  const max = limits.max ?? Number.POSITIVE_INFINITY;
  return (random) => Math.min(max, Math.max(min, sampler(random)));
}

function quantileSampler(values: readonly number[]): Sampler {
  return (random) => {
    const position = random.next() * (values.length - 1);
    const index = Math.floor(position);
    const low = values[index] ?? 0;
    const high = values[index + 1] ?? low;
    return low + (high - low) * (position - index);
  };
}

function histogramSampler(values: readonly number[], weights: readonly number[]): Sampler {
  const cumulative: number[] = [];
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    total += weights[i] ?? 0;
    cumulative.push(total);
  }
  return (random) => {
    const target = openUniform(random) * total;
    const index = cumulative.findIndex((sum) => sum >= target);
    return values[index < 0 ? values.length - 1 : index] ?? 0;
  };
}

/** A function that draws from the distribution. */
export function createSampler(distribution: Distribution): Sampler {
  switch (distribution.kind) {
    case 'constant':
      return () => distribution.value;
    case 'exponential':
      return clamped((random) => sampleExponential(random, distribution.mean), distribution);
    case 'normal':
      return clamped(
        (random) => distribution.mean + distribution.standardDeviation * sampleNormal(random),
        distribution,
      );
    case 'log-normal':
      return clamped(
        (random) => Math.exp(distribution.mu + distribution.sigma * sampleNormal(random)),
        distribution,
      );
    case 'gamma':
      return clamped((random) => sampleGamma(random, distribution.shape, distribution.scale), distribution);
    case 'quantiles':
      return quantileSampler(distribution.values);
    case 'histogram':
      return histogramSampler(distribution.values, distribution.weights);
  }
}

/** Mean of the distribution: exact where no clamp applies, else by 20,000 seeded draws of `random`. */
export function estimateMean(distribution: Distribution, random: Random): number {
  const draws = 20_000;
  if (distribution.kind === 'constant') return distribution.value;
  const sampler = createSampler(distribution);
  let sum = 0;
  for (let i = 0; i < draws; i++) sum += sampler(random);
  return sum / draws;
}
