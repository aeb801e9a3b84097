/**
 * Probabilities of a Poisson count, exact to rounding for counts from 0 to 10⁹ that need not be whole: the ground that
 * Erlang B, C and A stand on. Work grows with the square root of the count, not with the count.
 */

const HALF_LN_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** From here the series of Stirling's error is exact to rounding. */
const STIRLING_FROM = 16;
/** Terms below this share of the sum are left out. */
const NEGLIGIBLE = 1e-17;

/** ln Γ(n + 1) less Stirling's formula, n > 0: series of C. Loader (2000), by recurrence where n is small. */
function stirlingError(n: number): number {
  if (n < STIRLING_FROM) return (n + 0.5) * Math.log1p(1 / n) - 1 + stirlingError(n + 1);
  const square = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / n;
}

/** count · ln(count ÷ mean) + mean − count without the loss of digits where the two are close: Loader (2000). */
function deviance(count: number, mean: number): number {
  const difference = count - mean;
  if (Math.abs(difference) >= 0.1 * (count + mean)) return count * Math.log(count / mean) - difference;
  const v = difference / (count + mean);
  let sum = difference * v;
  let term = 2 * count * v;
  for (let j = 1; ; j++) {
    term *= v * v;
    const next = sum + term / (2 * j + 1);
    if (next === sum) return sum;
    sum = next;
  }
}

/**
 * ln of e^(−mean) · mean^count ÷ Γ(count + 1), mean > 0, count ≥ 0: C. Loader, "Fast and Accurate Computation of
 * Binomial Probabilities", 2000.
 */
export function computeLogPoisson(count: number, mean: number): number {
  if (count === 0) return -mean;
  return -stirlingError(count) - deviance(count, mean) - HALF_LN_TWO_PI - 0.5 * Math.log(count);
}

/**
 * Σ mean^j ÷ ((count + 1) … (count + j)) over j ≥ 1: the mass above the count, over that at the count. For mean at most
 * count + 1, where terms fall from the first on.
 */
export function sumAboveOverMass(count: number, mean: number): number {
  let term = 1;
  let sum = 0;
  for (let j = 1; term > NEGLIGIBLE * sum; j++) {
    term *= mean / (count + j);
    sum += term;
  }
  return sum;
}

/** The sums below end only for these. */
function assertCount(count: number, mean: number): void {
  if (count >= 0 && mean >= 0 && Number.isFinite(count) && Number.isFinite(mean)) return;
  throw new RangeError(`a Poisson count and its mean must be finite and ≥ 0, got ${count} and ${mean}`);
}

const TINY = 1e-300;

/**
 * The mass up to the count over that at the count, mean ≥ count: the continued fraction of the incomplete gamma
 * function (Abramowitz & Stegun 6.5.31) by the method of Lentz.
 */
function massUpToOverMass(count: number, mean: number): number {
  let b = mean - count || TINY;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1; ; i++) {
    const a = -i * (i - count - 1);
    b += 2;
    d = 1 / (a * d + b || TINY);
    c = b + a / c || TINY;
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < 2 * Number.EPSILON) return mean * fraction;
  }
}

/**
 * ln of (probability of at most `count`) ÷ (probability of `count`) of a Poisson count, mean > 0: −ln of Erlang's B for
 * `count` servers, whole or not.
 */
export function computeLogUpToOverMass(count: number, mean: number): number {
  assertCount(count, mean);
  if (mean >= count) return Math.log(massUpToOverMass(count, mean));
  const logMass = computeLogPoisson(count, mean);
  return Math.log1p(-Math.exp(logMass) * sumAboveOverMass(count, mean)) - logMass;
}

/** ln of the probability of more than `count`, mean ≥ 0; −∞ for no mean. */
export function computeLogAbove(count: number, mean: number): number {
  assertCount(count, mean);
  if (mean === 0) return Number.NEGATIVE_INFINITY;
  const logMass = computeLogPoisson(count, mean);
  if (mean <= count) return logMass + Math.log(sumAboveOverMass(count, mean));
  return Math.log1p(-Math.exp(logMass) * massUpToOverMass(count, mean));
}
