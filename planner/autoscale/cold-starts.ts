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

const POINTS = TERMS + AVERAGED + 1;

/** Complex numbers, one for each point of the contour on which a transform is inverted. */
interface OnContour {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

const createOnContour = (): OnContour => ({ re: new Float64Array(POINTS), im: new Float64Array(POINTS) });

/** Contour of the Euler method for one instant: A ÷ 2t + i·kπ ÷ t. */
function contourFor(timeS: number): OnContour {
  const contour = createOnContour();
  contour.re.fill(A / (2 * timeS));
  for (let k = 0; k < POINTS; k++) contour.im[k] = (k * Math.PI) / timeS;
  return contour;
}

/** Probability that a passage with these transform values takes longer than `timeS`: of (1 − φ) ÷ s. */
function survivalAt(phi: OnContour, contour: OnContour, timeS: number): number {
  const partAt = (k: number): number => {
    const [sRe, sIm] = [contour.re[k] ?? 1, contour.im[k] ?? 0];
    return ((1 - (phi.re[k] ?? 0)) * sRe - (phi.im[k] ?? 0) * sIm) / (sRe * sRe + sIm * sIm);
  };
  let sum = partAt(0) / 2;
  let survival = 0;
  for (let k = 1; k < POINTS; k++) {
    sum += (k % 2 === 0 ? 1 : -1) * partAt(k);
    if (k >= TERMS) survival += (BINOMIAL_11[k - TERMS] ?? 0) * sum;
  }
  const scale = Math.exp(A / 2) / timeS;
  return Math.min(1, Math.max(0, (scale * survival) / BINOMIAL_SUM));
}

/** From the transform of the state below to that of a state with so many calls leaving per second, in place. */
function stepUp(phi: OnContour, contour: OnContour, callsPerS: number, leavingPerS: number): void {
  for (let k = 0; k < POINTS; k++) {
    const re = callsPerS + (contour.re[k] ?? 0) + leavingPerS * (1 - (phi.re[k] ?? 0));
    const im = (contour.im[k] ?? 0) - leavingPerS * (phi.im[k] ?? 0);
    const square = re * re + im * im;
    phi.re[k] = (callsPerS * re) / square;
    phi.im[k] = (-callsPerS * im) / square;
  }
}

/** Ranges of i that can be met with any weight: seven standard deviations about the mean, and a few. */
function rangeOf(erlangs: number): { readonly from: number; readonly to: number } {
  const reach = 7 * Math.sqrt(erlangs) + 15;
  return { from: Math.max(0, Math.floor(erlangs - reach)), to: Math.ceil(erlangs + reach) };
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
  const contour = contourFor(keepAliveS);
  const phi = createOnContour();
  let logWeight = -erlangs;
  let cold = 0;
  for (let busy = 0; busy <= to; busy++) {
    stepUp(phi, contour, callsPerS, busy / meanCallS);
    if (busy > 0) logWeight += Math.log(erlangs / busy);
    if (busy < from || busy % callsPerInstance !== 0) continue;
    cold += Math.exp(logWeight) * survivalAt(phi, contour, keepAliveS);
  }
  return Math.min(1, cold);
}
