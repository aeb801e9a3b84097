/**
 * Cold starts of functions that are kept warm for a time T after each use, without a bound on instances. Calls arrive
 * independently with rate λ, take an exponential time with mean S, and go to the instance used last, so as many are warm
 * as were busy at once within the last T. A call that finds i busy is cold when fewer than i + 1 were busy throughout the
 * last T. Seen backwards in time, M/M/∞ behaves as it does forwards (it is reversible), so that is the probability that
 * it takes longer than T to get from i busy to i + 1:
 *
 *   cold share = Σ π(i) · P(τ(i → i+1) > T),   π Poisson with mean a = λS.
 *
 * The first passage has the Laplace transform φ(i) = λ ÷ (λ + s + i·μ·(1 − φ(i−1))) (Keilson 1979), which the Euler
 * method of Abate and Whitt (1995) inverts. Where one instance takes c calls at once, a call can be cold only when i is a
 * multiple of c.
 */

interface Complex {
  readonly re: number;
  readonly im: number;
}

const times = (a: Complex, b: Complex): Complex => ({
  re: a.re * b.re - a.im * b.im,
  im: a.re * b.im + a.im * b.re,
});

function divide(a: Complex, b: Complex): Complex {
  const square = b.re * b.re + b.im * b.im;
  return { re: (a.re * b.re + a.im * b.im) / square, im: (a.im * b.re - a.re * b.im) / square };
}

export interface FunctionLoad {
  readonly callsPerS: number;
  /** Mean time that a call occupies an instance. */
  readonly meanCallS: number;
  /** An idle instance is kept so long. */
  readonly keepAliveS: number;
  /** Calls that one instance takes at once; 1 on most function platforms. */
  readonly callsPerInstance?: number;
}

/** Terms of the alternating series before averaging, and of the binomial average (Abate & Whitt: 15 and 11). */
const TERMS = 15;
const AVERAGED = 11;
/** Discretisation error below e^−A. */
const A = 18.4;

const BINOMIAL_11 = [1, 11, 55, 165, 330, 462, 462, 330, 165, 55, 11, 1] as const;
const BINOMIAL_SUM = 2 ** AVERAGED;

const CONTOUR: readonly number[] = Array.from({ length: TERMS + AVERAGED + 1 }, (_, k) => k);

/** Probability that a passage with these transform values on the contour takes longer than `timeS`. */
function survivalAt(transforms: readonly Complex[], points: readonly Complex[], timeS: number): number {
  const parts = transforms.map((phi, k) => {
    const point = points[k] ?? { re: 1, im: 0 };
    return divide({ re: 1 - phi.re, im: -phi.im }, point).re;
  });
  const scale = Math.exp(A / 2) / timeS;
  let sum = (parts[0] ?? 0) / 2;
  let survival = 0;
  for (let k = 1; k <= TERMS + AVERAGED; k++) {
    sum += (k % 2 === 0 ? 1 : -1) * (parts[k] ?? 0);
    if (k >= TERMS) survival += (BINOMIAL_11[k - TERMS] ?? 0) * sum;
  }
  return Math.min(1, Math.max(0, (scale * survival) / BINOMIAL_SUM));
}

/** Contour of the Euler method for one instant. */
const contourFor = (timeS: number): Complex[] =>
  CONTOUR.map((k) => ({ re: A / (2 * timeS), im: (k * Math.PI) / timeS }));

/** Ranges of i that can be met with any weight: ten standard deviations about the mean, and a few. */
function rangeOf(erlangs: number): { readonly from: number; readonly to: number } {
  const reach = 10 * Math.sqrt(erlangs) + 20;
  return { from: Math.max(0, Math.floor(erlangs - reach)), to: Math.ceil(erlangs + reach) };
}

/** Next transform from that of the state below. */
function nextTransforms(
  below: readonly Complex[],
  points: readonly Complex[],
  state: { readonly busy: number; readonly load: FunctionLoad },
): Complex[] {
  const { callsPerS, meanCallS } = state.load;
  const rate = state.busy / meanCallS;
  return points.map((s, k) => {
    const phi = below[k] ?? { re: 0, im: 0 };
    const back = times({ re: rate, im: 0 }, { re: 1 - phi.re, im: -phi.im });
    return divide({ re: callsPerS, im: 0 }, { re: callsPerS + s.re + back.re, im: s.im + back.im });
  });
}

/** Share of calls that find no warm instance, 0…1. A load of none has none to share: 1, every call would be cold. */
export function computeColdStartRatio(load: FunctionLoad): number {
  const { callsPerS, meanCallS, keepAliveS, callsPerInstance = 1 } = load;
  if (!(callsPerS >= 0 && meanCallS > 0 && keepAliveS >= 0) || callsPerInstance < 1) {
    throw new RangeError('cold starts need a rate ≥ 0, a call longer than 0 and a keep-alive ≥ 0');
  }
  if (callsPerS === 0 || keepAliveS === 0) return 1;
  const erlangs = callsPerS * meanCallS;
  const { from, to } = rangeOf(erlangs);
  const points = contourFor(keepAliveS);
  let transforms: Complex[] = [];
  let logWeight = -erlangs;
  let cold = 0;
  for (let busy = 0; busy <= to; busy++) {
    transforms = nextTransforms(transforms, points, { busy, load });
    if (busy > 0) logWeight += Math.log(erlangs / busy);
    if (busy < from || busy % callsPerInstance !== 0) continue;
    cold += Math.exp(logWeight) * survivalAt(transforms, points, keepAliveS);
  }
  return Math.min(1, cold);
}
