/** Beyond this many standard deviations a double cannot tell Φ from 0 or 1 by the series below. */
export const NORMAL_SERIES_LIMIT = 7;

/**
 * Φ(x), the standard normal distribution function, by the series of G. Marsaglia, "Evaluating the Normal
 * Distribution", J. Stat. Software 11(4), 2004; good to about 1e-15 absolute.
 */
export function computeNormalCdf(x: number): number {
  if (x < -NORMAL_SERIES_LIMIT) return 0;
  if (x > NORMAL_SERIES_LIMIT) return 1;
  let term = x;
  let sum = x;
  for (let i = 3, before = Number.NaN; sum !== before; i += 2) {
    before = sum;
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
