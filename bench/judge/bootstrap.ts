import { sortSamples } from '../../vocabulary/percentiles.ts';
import type { Random } from '../../vocabulary/random.ts';
import { DEFAULT_CONFIDENCE, type Interval } from './interval.ts';
import { computeNormalCdf, computeNormalQuantile } from './normal.ts';
import { meanOf } from './series.ts';

export interface BootstrapOptions {
  readonly random: Random;
  readonly draws?: number;
  readonly confidence?: number;
  /** Values drawn together, so that correlation between neighbours is kept (H. R. Künsch, Ann. Statist. 17, 1989). */
  readonly blockLength?: number;
}

const DEFAULT_DRAWS = 2_000;

/** One resample of the same length: blocks of neighbours from random places, the series closed to a circle. */
export function resample(values: readonly number[], random: Random, blockLength = 1): number[] {
  const drawn: number[] = [];
  while (drawn.length < values.length) {
    const from = Math.floor(random.next() * values.length);
    for (let i = 0; i < blockLength && drawn.length < values.length; i++)
      drawn.push(values[(from + i) % values.length] ?? Number.NaN);
  }
  return drawn;
}

/** Skewness of the jackknife values over 6: the acceleration of BCa. 0 where leaving one out changes nothing. */
function accelerationOf(values: readonly number[], statistic: (values: readonly number[]) => number): number {
  const left = values.map((_, i) => statistic(values.toSpliced(i, 1)));
  const mean = meanOf(left);
  const cubes = left.reduce((sum, value) => sum + (mean - value) ** 3, 0);
  const squares = left.reduce((sum, value) => sum + (mean - value) ** 2, 0);
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
}

/**
 * Bootstrap interval of any statistic, bias-corrected and accelerated (B. Efron, J. Am. Stat. Assoc. 82, 1987). Seeded: the
 * same random gives the same interval. Undefined below three values.
 */
export function estimateByBootstrap(
  values: readonly number[],
  statistic: (values: readonly number[]) => number,
  options: BootstrapOptions,
): Interval | undefined {
  if (values.length < 3) return undefined;
  const { random, draws = DEFAULT_DRAWS, confidence = DEFAULT_CONFIDENCE, blockLength = 1 } = options;
  const estimate = statistic(values);
  const sorted = sortSamples(
    Array.from({ length: draws }, () => statistic(resample(values, random, blockLength))),
  );
  const below = sorted.filter((value) => value < estimate).length;
  const ties = sorted.filter((value) => value === estimate).length;
  // Half of the ties count as below, and never none or all: the correction must stay finite.
  const share = Math.min(1 - 1 / draws, Math.max(1 / draws, (below + ties / 2) / draws));
  const bias = computeNormalQuantile(share);
  const acceleration = accelerationOf(values, statistic);
  const at = (probability: number): number => {
    const z = bias + computeNormalQuantile(probability);
    const adjusted = computeNormalCdf(bias + z / (1 - acceleration * z));
    const index = Math.floor(adjusted * draws);
    return sorted[Math.min(draws - 1, Math.max(0, index))] ?? estimate;
  };
  return {
    estimate,
    low: at((1 - confidence) / 2),
    high: at((1 + confidence) / 2),
    confidence,
    method: blockLength === 1 ? 'bootstrap (BCa)' : `block bootstrap of ${blockLength} (BCa)`,
    samples: values.length,
  };
}
