import { computeNormalQuantile, computeTwoSidedNormalP } from './normal.ts';
import { medianOf } from './series.ts';

/** A shift between two sets of values, with its interval and the probability of one as large without a difference. */
export interface ShiftEstimate {
  readonly shift: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided. */
  readonly probability: number;
  readonly test: string;
}

/** Exact distributions up to here; the normal form with ties and continuity beyond. */
const EXACT_PAIRS = 60;
const EXACT_UNPAIRED = 20;

/** Ranks from 1 of ascending values, ties sharing their mean rank; with Σ(t³ − t) over groups of ties. */
function rankOf(values: readonly number[]): { ranks: number[]; tieTerm: number } {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Array<number>(values.length).fill(0);
  let tieTerm = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to++;
    for (let i = from; i < to; i++) ranks[order[i] ?? 0] = (from + 1 + to) / 2;
    tieTerm += (to - from) ** 3 - (to - from);
    from = to;
  }
  return { ranks, tieTerm };
}

/** Ways in which each sum of half-ranks of a subset comes about: ranks are doubled, so that shared ones are whole. */
function subsetSums(ranks: readonly number[]): Float64Array {
  const total = ranks.reduce((sum, rank) => sum + Math.round(2 * rank), 0);
  const ways = new Float64Array(total + 1);
  ways[0] = 1;
  for (const rank of ranks) {
    const step = Math.round(2 * rank);
    for (let sum = total; sum >= step; sum--) ways[sum] = (ways[sum] ?? 0) + (ways[sum - step] ?? 0);
  }
  return ways;
}

/**
 * Two-sided probability of Wilcoxon's signed-rank test (F. Wilcoxon, Biometrics Bull. 1, 1945) for differences of pairs: exact,
 * ties included, to 60 pairs; normal with tie and continuity correction beyond. Zero differences are left out.
 */
export function computeSignedRankP(differences: readonly number[]): number {
  const values = differences.filter((value) => value !== 0);
  const n = values.length;
  if (n === 0) return 1;
  const { ranks, tieTerm } = rankOf(values.map(Math.abs));
  const positive = ranks.reduce((sum, rank, i) => sum + ((values[i] ?? 0) > 0 ? rank : 0), 0);
  const mean = (n * (n + 1)) / 4;
  const distance = Math.abs(positive - mean);
  if (n > EXACT_PAIRS) {
    const variance = (n * (n + 1) * (2 * n + 1)) / 24 - tieTerm / 48;
    return computeTwoSidedNormalP(Math.max(0, distance - 0.5) / Math.sqrt(variance));
  }
  const ways = subsetSums(ranks);
  const limit = Math.round(2 * (mean - distance));
  let tail = 0;
  for (let sum = 0; sum <= limit; sum++) tail += ways[sum] ?? 0;
  return Math.min(1, (2 * tail) / 2 ** n);
}

/** Half-sums of all pairs, each value with itself included, ascending: their median is the Hodges–Lehmann estimate. */
function walshAverages(values: readonly number[]): Float64Array {
  const n = values.length;
  const sums = new Float64Array((n * (n + 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) sums[at++] = ((values[i] ?? 0) + (values[j] ?? 0)) / 2;
  return sums.sort();
}

/** The largest c with P(sum < c or so) within `tail`, from the distribution of the signed-rank sum without ties. */
function signedRankCut(n: number, tail: number): number {
  if (n > EXACT_PAIRS) {
    const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
    return Math.max(0, Math.floor((n * (n + 1)) / 4 + computeNormalQuantile(tail) * deviation));
  }
  const ways = subsetSums(Array.from({ length: n }, (_, i) => i + 1));
  let probability = 0;
  for (let sum = 0; 2 * sum < ways.length; sum++) {
    probability += (ways[2 * sum] ?? 0) / 2 ** n;
    if (probability > tail) return sum;
  }
  return 0;
}

/** Order statistics `cut` from both ends; infinite when so few values cannot give that confidence. */
function between(sorted: Float64Array, cut: number): { low: number; high: number } {
  return cut === 0
    ? { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }
    : { low: sorted[cut - 1] ?? Number.NaN, high: sorted[sorted.length - cut] ?? Number.NaN };
}

/**
 * Shift of paired differences: Hodges–Lehmann estimate with the interval that belongs to the signed-rank test (M. Hollander & D.
 * A. Wolfe, Nonparametric Statistical Methods, 3.2 and 3.3).
 */
export function estimatePairedShift(differences: readonly number[], confidence: number): ShiftEstimate {
  const averages = walshAverages(differences);
  const cut = signedRankCut(differences.length, (1 - confidence) / 2);
  return {
    shift: medianOf([...averages]),
    ...between(averages, cut),
    probability: computeSignedRankP(differences),
    test: 'Wilcoxon signed rank',
  };
}

/** Ways in which each value of Mann and Whitney's U comes about without ties: the recurrence of their paper. */
function whitneyWays(n: number, m: number): Float64Array {
  let rows = Array.from({ length: m + 1 }, () => Float64Array.of(1));
  for (let i = 1; i <= n; i++) {
    const next = [Float64Array.of(1)];
    for (let j = 1; j <= m; j++) {
      const ways = new Float64Array(i * j + 1);
      const [withFirst, withSecond] = [rows[j] ?? ways, next[j - 1] ?? ways];
      for (let u = 0; u <= i * j; u++) ways[u] = (withFirst[u - j] ?? 0) + (withSecond[u] ?? 0);
      next.push(ways);
    }
    rows = next;
  }
  return rows[m] ?? Float64Array.of(1);
}

function whitneyTail(n: number, m: number, u: number): number {
  const ways = whitneyWays(n, m);
  const all = ways.reduce((sum, value) => sum + value, 0);
  let tail = 0;
  for (let i = 0; i <= u; i++) tail += ways[i] ?? 0;
  return tail / all;
}

/**
 * Two-sided probability of the Mann–Whitney U test (H. B. Mann & D. R. Whitney, Ann. Math. Statist. 18, 1947): exact to 20 values a
 * side without ties; normal with tie and continuity correction otherwise.
 */
export function computeMannWhitneyP(a: readonly number[], b: readonly number[]): number {
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0) return 1;
  const { ranks, tieTerm } = rankOf([...a, ...b]);
  const u = ranks.slice(0, n).reduce((sum, rank) => sum + rank, 0) - (n * (n + 1)) / 2;
  const distance = Math.abs(u - (n * m) / 2);
  if (tieTerm === 0 && Math.max(n, m) <= EXACT_UNPAIRED)
    return Math.min(1, 2 * whitneyTail(n, m, Math.round((n * m) / 2 - distance)));
  const all = n + m;
  const variance = ((n * m) / 12) * (all + 1 - tieTerm / (all * (all - 1)));
  return variance === 0 ? 1 : computeTwoSidedNormalP(Math.max(0, distance - 0.5) / Math.sqrt(variance));
}

function whitneyCut(n: number, m: number, tail: number): number {
  if (Math.max(n, m) > EXACT_UNPAIRED) {
    const deviation = Math.sqrt((n * m * (n + m + 1)) / 12);
    return Math.max(0, Math.floor((n * m) / 2 + computeNormalQuantile(tail) * deviation));
  }
  const ways = whitneyWays(n, m);
  const all = ways.reduce((sum, value) => sum + value, 0);
  let probability = 0;
  for (let u = 0; u < ways.length; u++) {
    probability += (ways[u] ?? 0) / all;
    if (probability > tail) return u;
  }
  return 0;
}

/** Shift of b against a: Hodges–Lehmann estimate with the interval that belongs to the Mann–Whitney test (Hollander & Wolfe, 4.2, 4.3). */
export function estimateUnpairedShift(
  a: readonly number[],
  b: readonly number[],
  confidence: number,
): ShiftEstimate {
  const differences = Float64Array.from(b.flatMap((second) => a.map((first) => second - first))).sort();
  const cut = whitneyCut(a.length, b.length, (1 - confidence) / 2);
  return {
    shift: medianOf([...differences]),
    ...between(differences, cut),
    probability: computeMannWhitneyP(a, b),
    test: 'Mann–Whitney',
  };
}
