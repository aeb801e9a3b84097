import { batchMeansOf, meanOf } from './series.ts';

/** How much of a series is still warm-up. */
export type WarmUp =
  | { readonly kind: 'found'; readonly truncated: number }
  /** The rule points into the second half: the run was too short to see its warm-up end. */
  | { readonly kind: 'not-over'; readonly truncated: number }
  | { readonly kind: 'too-short' };

const BATCH = 5;
const MIN_BATCHES = 10;

/** Squared deviations of the values from `from` on, divided by their number squared: MSER's statistic. */
function standardErrorSquared(values: readonly number[], from: number): number {
  const kept = values.slice(from);
  const mean = meanOf(kept);
  return kept.reduce((sum, value) => sum + (value - mean) ** 2, 0) / kept.length ** 2;
}

/**
 * MSER-5: K. P. White Jr, "An effective truncation heuristic for bias reduction in simulation output", Simulation
 * 69(6), 1997; batches of five after K. P. White, M. J. Cobb & S. C. Spratt, WSC 2000. Leaves out so many values at
 * the start that the standard error of the mean of the rest is least; a least one in the second half is no end of it. `truncated`
 * counts values of the series. Fewer than 50 values are too few.
 */
export function findWarmUpEnd(values: readonly number[]): WarmUp {
  const batches = batchMeansOf(values, BATCH);
  if (batches.length < MIN_BATCHES) return { kind: 'too-short' };
  const dropped = values.length - batches.length * BATCH;
  let best = { from: 0, score: Number.POSITIVE_INFINITY };
  // The last five batches are always kept: a handful of equal values would have no error at all.
  for (let from = 0; from <= batches.length - BATCH; from++) {
    const score = standardErrorSquared(batches, from);
    if (score < best.score) best = { from, score };
  }
  const truncated = best.from === 0 ? 0 : dropped + best.from * BATCH;
  return best.from > batches.length / 2 ? { kind: 'not-over', truncated } : { kind: 'found', truncated };
}
