import { computeNormalCdf } from '../../vocabulary/normal.ts';
import { createRandom, openUniform, sampleNormal } from '../../vocabulary/random.ts';
import { correlatedKeys, factorise, normalMatrix, type RankCorrelation } from './correlation.ts';
import { computeQuantile, type Uncertainty } from './distribution.ts';

/** Draws behind every P10, P50 and P90. */
export const DRAWS = 10_000;

/**
 * Draws of any number of inputs. The stream of an input is named by its key alone, so that modes, and plans with the same
 * seed, differ in nothing but what differs between them.
 */
export interface Draws {
  readonly count: number;
  /** Uniform in (0, 1), one per draw, correlated with those of other inputs as stated. */
  uniformsOf(key: string): Float64Array;
}

const streamOf = (seed: number, key: string) => createRandom(seed).fork(`input ${key}`);

function independentUniforms(seed: number, key: string, count: number): Float64Array {
  const random = streamOf(seed, key);
  return Float64Array.from({ length: count }, () => openUniform(random));
}

function normals(seed: number, key: string, count: number): Float64Array {
  const random = streamOf(seed, key);
  return Float64Array.from({ length: count }, () => sampleNormal(random));
}

/** Σ weight × column, each through Φ. */
function mixedUniforms(
  weights: readonly number[],
  columnOf: (index: number) => Float64Array,
  count: number,
): Float64Array {
  const mixed = new Float64Array(count);
  for (const [index, weight] of weights.entries()) {
    if (weight === 0) continue;
    const column = columnOf(index);
    for (let row = 0; row < count; row++) mixed[row] = (mixed[row] ?? 0) + weight * (column[row] ?? 0);
  }
  return mixed.map(computeNormalCdf);
}

const memoised = <T>(make: (key: string) => T): ((key: string) => T) => {
  const known = new Map<string, T>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
};

/**
 * Seeded draws with stated rank correlations by a Gaussian copula (normal-to-anything; Cario & Nelson 1997): normals with
 * the correlation that the ranks need, each through Φ. Contradictory correlations throw: they are checked on input.
 */
export function createDraws(options: {
  readonly seed: number;
  readonly count: number;
  readonly correlations: readonly RankCorrelation[];
}): Draws {
  const { seed, count, correlations } = options;
  const keys = correlatedKeys(correlations);
  const factor = factorise(normalMatrix(keys, correlations));
  if (factor === undefined) throw new RangeError('the correlations contradict each other');
  const normalsOf = memoised((key) => normals(seed, key, count));
  return {
    count,
    uniformsOf: memoised((key) => {
      const weights = factor[keys.indexOf(key)];
      if (weights === undefined) return independentUniforms(seed, key, count);
      return mixedUniforms(weights, (index) => normalsOf(keys[index] ?? ''), count);
    }),
  };
}

/** One value per draw of a figure with this uncertainty. */
export const drawColumn = (draws: Draws, key: string, uncertainty: Uncertainty): Float64Array =>
  draws.uniformsOf(key).map((uniform) => computeQuantile(uncertainty, uniform));

/**
 * Spearman's rank correlation of two columns of uniforms: Pearson's, since a uniform is its own rank up to sampling
 * noise of 1/√n. 0 where a column does not vary.
 */
export function computeCorrelation(a: Float64Array, b: Float64Array): number {
  const mean = (column: Float64Array): number =>
    column.reduce((sum, value) => sum + value, 0) / column.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [(a[i] ?? 0) - meanA, (b[i] ?? 0) - meanB];
    both += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  const product = Math.sqrt(squaresA * squaresB);
  return product === 0 ? 0 : Math.max(-1, Math.min(1, both / product));
}
