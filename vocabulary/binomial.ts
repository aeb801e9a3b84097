/** P(X ≤ k) for X binomial(n, p). */
export function computeBinomialCdf(k: number, n: number, p: number): number {
  if (k >= n || p <= 0) return 1;
  if (p >= 1) return 0;
  let logTerm = n * Math.log1p(-p);
  const ratio = Math.log(p) - Math.log1p(-p);
  let sum = Math.exp(logTerm);
  for (let i = 1; i <= k; i++) {
    logTerm += Math.log((n - i + 1) / i) + ratio;
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}

function bisect(decreasing: (p: number) => number, target: number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (decreasing(middle) > target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Exact one-sided bounds of a proportion (Clopper & Pearson 1934), each at `confidence`:
 * P(p ≤ high) ≥ confidence and P(p ≥ low) ≥ confidence.
 */
export function estimateBinomialInterval(
  successes: number,
  samples: number,
  confidence: number,
): { readonly low: number; readonly high: number } {
  // The sums below run over the successes: of nearly all of a million, those of the failures are a thousand times shorter.
  if (2 * successes > samples) {
    const { low, high } = estimateBinomialInterval(samples - successes, samples, confidence);
    return { low: 1 - high, high: 1 - low };
  }
  const tail = 1 - confidence;
  return {
    low: successes === 0 ? 0 : bisect((p) => computeBinomialCdf(successes - 1, samples, p), confidence),
    high: successes === samples ? 1 : bisect((p) => computeBinomialCdf(successes, samples, p), tail),
  };
}

/** P(X ≤ k) for X binomial(n, p), by the shorter of both sums. */
const cdfByShorterSum = (k: number, n: number, p: number): number =>
  2 * k > n ? 1 - computeBinomialCdf(n - k - 1, n, 1 - p) : computeBinomialCdf(k, n, p);

/**
 * Where the exact bounds of a proportion lie against `ratio`: `within` when the upper one is at most it, `beyond` when the
 * lower one is above it. The same as comparing the ends of estimateBinomialInterval, with two sums in place of a hundred.
 */
export function classifyProportion(
  successes: number,
  samples: number,
  ratio: number,
  confidence: number,
): 'within' | 'beyond' | 'open' {
  if (ratio >= 1) return 'within';
  if (successes < samples && cdfByShorterSum(successes, samples, ratio) <= 1 - confidence) return 'within';
  if (successes > 0 && cdfByShorterSum(successes - 1, samples, ratio) > confidence) return 'beyond';
  return 'open';
}
