import { computeNormalCdf, NORMAL_SERIES_LIMIT } from '../../vocabulary/normal.ts';

export { computeNormalCdf } from '../../vocabulary/normal.ts';

const BISECTIONS = 80;

/** The x at which an increasing function reaches `probability`. */
function bisect(increasing: (x: number) => number, probability: number, limit: number): number {
  let low = -limit;
  let high = limit;
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (increasing(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Inverse of Φ for a probability in (0, 1); ±7 at the ends. */
export const computeNormalQuantile = (probability: number): number =>
  bisect(computeNormalCdf, probability, NORMAL_SERIES_LIMIT);

/** P(|Z| ≥ |z|) for a standard normal Z. */
export const computeTwoSidedNormalP = (z: number): number => 2 * (1 - computeNormalCdf(Math.abs(z)));

/** Lanczos coefficients (g = 7, 9 terms; P. Godfrey 2001). */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
const LANCZOS_G = 7;

/** ln Γ(x) for x > 0.5 or so, by Lanczos' approximation. */
export function computeLogGamma(x: number): number {
  const shifted = x - 1;
  const sum = LANCZOS.reduce((total, value, i) => total + (i === 0 ? value : value / (shifted + i)), 0);
  const t = shifted + LANCZOS_G + 0.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

const FRACTION_TERMS = 300;
const FRACTION_TOLERANCE = 1e-15;
const TINY = 1e-300;

const awayFromZero = (value: number): number => (Math.abs(value) < TINY ? TINY : value);

/** Continued fraction of the incomplete beta function, by Lentz's method (Abramowitz & Stegun 26.5.8). */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= FRACTION_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < FRACTION_TOLERANCE) break;
  }
  return fraction;
}

/** Regularised incomplete beta I_x(a, b) for x in [0, 1]. */
function computeIncompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - computeIncompleteBeta(1 - x, b, a);
  const logFront =
    computeLogGamma(a + b) - computeLogGamma(a) - computeLogGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  return (Math.exp(logFront) * betaFraction(x, a, b)) / a;
}

/** P(T ≤ t) for Student's t with `degrees` of freedom (Abramowitz & Stegun 26.7.1). */
export function computeStudentCdf(t: number, degrees: number): number {
  const tail = computeIncompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
  return t > 0 ? 1 - tail : tail;
}

const STUDENT_LIMIT = 1e6;

/** The t that Student's t with `degrees` ≥ 1 of freedom stays below with this probability. */
export const computeStudentQuantile = (probability: number, degrees: number): number =>
  bisect((t) => computeStudentCdf(t, degrees), probability, STUDENT_LIMIT);
