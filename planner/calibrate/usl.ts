import { type Planned, planned, refuse } from '../refusal.ts';
import {
  computeNormalMatrix,
  computeR2,
  fitLeastSquares,
  type LeastSquaresFit,
  solveLinear,
} from './least-squares.ts';

/** A load (users, processors, concurrency) and the work done per time at it. */
export interface ThroughputPoint {
  readonly load: number;
  readonly throughput: number;
}

/** γ: work per time of one user alone; σ: share that is serial; κ: cost of keeping each other informed. */
export interface UslParameters {
  readonly gamma: number;
  readonly sigma: number;
  readonly kappa: number;
}

export interface UslFit extends UslParameters {
  /** In the order γ, σ, κ; undefined without a degree of freedom or where a coefficient is held at 0. */
  readonly standardErrors: readonly number[] | undefined;
  readonly residualStandardError: number | undefined;
  readonly r2: number;
  /** Load of the highest throughput, √((1 − σ)/κ); undefined where it never falls. */
  readonly peakLoad: number | undefined;
  readonly peakThroughput: number | undefined;
  readonly minLoad: number;
  readonly maxLoad: number;
}

/** X(N) = γN / (1 + σ(N − 1) + κN(N − 1)) (Gunther, Guerrilla Capacity Planning, 2007, §4). */
export const computeUslThroughput = ({ gamma, sigma, kappa }: UslParameters, load: number): number =>
  (gamma * load) / (1 + sigma * (load - 1) + kappa * load * (load - 1));

/** Below this a fit that is no interpolation explains too little to size from. */
export const MIN_FIT_R2 = 0.7;
/** Three coefficients need three loads. */
const MIN_LOADS = 3;

const denominator = (sigma: number, kappa: number, load: number): number =>
  1 + sigma * (load - 1) + kappa * load * (load - 1);

/** Which of σ and κ are free; the other is 0. */
type Free = { readonly sigma: boolean; readonly kappa: boolean };
const COMBINATIONS: readonly Free[] = [
  { sigma: true, kappa: true },
  { sigma: true, kappa: false },
  { sigma: false, kappa: true },
  { sigma: false, kappa: false },
];

const named = (values: readonly number[], free: Free): UslParameters => ({
  gamma: values[0] ?? Number.NaN,
  sigma: free.sigma ? (values[1] ?? 0) : 0,
  kappa: free.kappa ? (values[free.sigma ? 2 : 1] ?? 0) : 0,
});

/** The law with N/X = (1 + σ(N − 1) + κN(N − 1))/γ is linear in 1/γ, σ/γ and κ/γ: where the search starts. */
function startOf(points: readonly ThroughputPoint[], free: Free): number[] {
  const rows = points.map(({ load }) => [
    1,
    ...(free.sigma ? [load - 1] : []),
    ...(free.kappa ? [load * (load - 1)] : []),
  ]);
  const size = rows[0]?.length ?? 1;
  const right = Array.from({ length: size }, (_, i) =>
    rows.reduce((sum, row, k) => {
      const point = points[k];
      return sum + (row[i] ?? 0) * (point === undefined ? 0 : point.load / point.throughput);
    }, 0),
  );
  const solved = solveLinear(computeNormalMatrix(rows, size), right);
  const inverse = solved?.[0] ?? 0;
  const first = points[0];
  if (solved === undefined || !(inverse > 0)) {
    return [
      first === undefined ? 1 : first.throughput / first.load,
      ...new Array<number>(size - 1).fill(0.01),
    ];
  }
  return [1 / inverse, ...solved.slice(1).map((value) => value / inverse)];
}

function derivatives({ gamma, sigma, kappa }: UslParameters, load: number, free: Free): number[] {
  const below = denominator(sigma, kappa, load);
  const shared = (-gamma * load * (load - 1)) / below ** 2;
  return [load / below, ...(free.sigma ? [shared] : []), ...(free.kappa ? [shared * load] : [])];
}

function fitFree(points: readonly ThroughputPoint[], free: Free): LeastSquaresFit {
  return fitLeastSquares({
    start: startOf(points, free),
    observed: points.map(({ throughput }) => throughput),
    modelAt: (values) => points.map(({ load }) => computeUslThroughput(named(values, free), load)),
    jacobianAt: (values) => points.map(({ load }) => derivatives(named(values, free), load, free)),
  });
}

const isPossible = ({ gamma, sigma, kappa }: UslParameters): boolean =>
  Number.isFinite(gamma) && gamma > 0 && sigma >= 0 && sigma <= 1 && kappa >= 0;

interface Candidate {
  readonly fit: LeastSquaresFit;
  readonly parameters: UslParameters;
  readonly free: Free;
}

function bestCandidate(points: readonly ThroughputPoint[]): Candidate | undefined {
  return COMBINATIONS.map((free) => {
    const fit = fitFree(points, free);
    return { fit, free, parameters: named(fit.parameters, free) };
  })
    .filter(({ parameters }) => isPossible(parameters))
    .reduce<Candidate | undefined>(
      (best, next) => (best === undefined || next.fit.sumOfSquares < best.fit.sumOfSquares ? next : best),
      undefined,
    );
}

function peakOf(parameters: UslParameters): number | undefined {
  const { sigma, kappa } = parameters;
  return kappa > 0 ? Math.max(1, Math.sqrt((1 - sigma) / kappa)) : undefined;
}

/**
 * The universal scalability law by least squares of the throughput, with σ and κ held at 0 or more. Refused below three
 * loads and where it explains less than 70 % of the variance. The curve holds between the lowest and highest load.
 */
export function fitUsl(points: readonly ThroughputPoint[]): Planned<UslFit> {
  const loads = new Set(points.map(({ load }) => load));
  const isSound = points.every(
    ({ load, throughput }) =>
      Number.isFinite(load) && load > 0 && Number.isFinite(throughput) && throughput > 0,
  );
  if (!isSound || loads.size < MIN_LOADS) {
    return refuse(
      `the scalability law needs ${MIN_LOADS} loads with a throughput above 0`,
      `measure at least ${MIN_LOADS} loads`,
    );
  }
  const best = bestCandidate(points);
  const r2 =
    best === undefined
      ? 0
      : computeR2(
          points.map(({ throughput }) => throughput),
          best.fit.fitted,
        );
  if (best === undefined || r2 < MIN_FIT_R2) {
    return refuse(
      `the scalability law explains ${(100 * Math.max(0, r2)).toFixed(0)} % of the variance, less than ${100 * MIN_FIT_R2} %`,
      'measure more loads, each longer',
    );
  }
  const { parameters, fit, free } = best;
  const peakLoad = peakOf(parameters);
  return planned({
    ...parameters,
    standardErrors: free.sigma && free.kappa ? fit.standardErrors : undefined,
    residualStandardError: fit.residualStandardError,
    r2,
    peakLoad,
    peakThroughput: peakLoad === undefined ? undefined : computeUslThroughput(parameters, peakLoad),
    minLoad: Math.min(...loads),
    maxLoad: Math.max(...loads),
  });
}
