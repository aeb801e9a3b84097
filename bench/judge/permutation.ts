import type { Random } from '../../vocabulary/random.ts';
import { computeLogGamma } from './normal.ts';
import { meanOf } from './series.ts';

const EXACT_PAIRS = 14;
const DRAWS = 20_000;
/** Sums of the same numbers in another order differ in the last places. */
const ROUNDING = 1e-12;

/**
 * Two-sided probability of a mean difference as large when each pair's sign is up to chance (R. A. Fisher, The Design of
 * Experiments, 1935, § 21): every pattern to 14 pairs, 20,000 seeded ones beyond. Zero differences stay in, for they are evidence
 * of equality here.
 */
export function computeSignFlipP(differences: readonly number[], random: Random): number {
  if (differences.length === 0) return 1;
  const observed = Math.abs(meanOf(differences)) * (1 - ROUNDING);
  const isExact = differences.length <= EXACT_PAIRS;
  const patterns = isExact ? 2 ** differences.length : DRAWS;
  let asFar = isExact ? 0 : 1;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let sum = 0;
    for (const [i, value] of differences.entries()) {
      const isFlipped = isExact ? (pattern >> i) & 1 : random.next() < 0.5;
      sum += isFlipped ? -value : value;
    }
    if (Math.abs(sum) / differences.length >= observed) asFar++;
  }
  return asFar / (isExact ? patterns : patterns + 1);
}

/** ln of the ways to choose `k` of `n`. */
const logChoose = (n: number, k: number): number =>
  computeLogGamma(n + 1) - computeLogGamma(k + 1) - computeLogGamma(n - k + 1);

/**
 * Two-sided probability of Fisher's exact test for two shares: every table of the same margins that is no more likely than the
 * one seen (R. A. Fisher, Statistical Methods for Research Workers, 1934, § 21.02).
 */
export function computeFisherP(
  a: { readonly successes: number; readonly samples: number },
  b: { readonly successes: number; readonly samples: number },
): number {
  const successes = a.successes + b.successes;
  const all = logChoose(a.samples + b.samples, successes);
  const likelihoodOf = (k: number): number =>
    Math.exp(logChoose(a.samples, k) + logChoose(b.samples, successes - k) - all);
  const seen = likelihoodOf(a.successes) * (1 + 1e-9);
  let sum = 0;
  const to = Math.min(a.samples, successes);
  for (let k = Math.max(0, successes - b.samples); k <= to; k++) {
    const likelihood = likelihoodOf(k);
    if (likelihood <= seen) sum += likelihood;
  }
  return Math.min(1, sum);
}
