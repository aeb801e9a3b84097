import { ADAPTIVE_POINTS, chooseNextConcurrency } from '../calibrate/adaptive.ts';
import { latencyMsOf, requestsPerSOf, type ServingPoint } from '../calibrate/saturation.ts';
import { findServingCapacity, type ServingLimits } from '../calibrate/serving-capacity.ts';
import { calibrateServing } from '../calibrate/serving-gates.ts';
import { chooseCalibration } from './held-out.ts';
import type { ServingConfiguration } from './measured-file.ts';

/** Which mean time the objective limits. */
export const LIMITED = ['latencyMs', 'timePerOutputTokenMs', 'timeToFirstTokenMs'] as const;
export type Limited = (typeof LIMITED)[number];

/**
 * One capacity at an objective. The limit is what was measured at a point that no calibration may use, so the true
 * capacity is measured and not interpolated.
 */
export interface SloCapacityCase {
  readonly configuration: string;
  readonly limited: Limited;
  readonly limitMs: number;
  /** Requests/s at the held-out point. */
  readonly measuredPerS: number;
  readonly concurrency: number;
  /** From three fixed points; undefined where they do not straddle the limit. */
  readonly fixedPerS: number | undefined;
  /** From three fixed and up to two adaptive points. */
  readonly adaptivePerS: number | undefined;
  /** Points that the adaptive prediction used. */
  readonly pointsUsed: number;
}

const limitAt = (point: ServingPoint, limited: Limited, outputTokens: number): number => {
  if (limited === 'latencyMs') return latencyMsOf(point, outputTokens);
  return limited === 'timeToFirstTokenMs' ? point.meanTimeToFirstTokenMs : point.meanTimePerOutputTokenMs;
};

function capacityOf(
  points: readonly ServingPoint[],
  outputTokens: number,
  limits: ServingLimits,
): number | undefined {
  const curve = calibrateServing(points, outputTokens);
  if (curve.kind === 'refused') return undefined;
  const capacity = findServingCapacity(curve.value, limits);
  return capacity.kind === 'crossed' ? capacity.requestsPerS : undefined;
}

/** Adds up to two of the remaining points, each where the limit is then predicted to be crossed. */
function addAdaptive(
  start: readonly ServingPoint[],
  rest: readonly ServingPoint[],
  input: { readonly outputTokens: number; readonly limits: ServingLimits },
): ServingPoint[] {
  let points = [...start];
  for (let i = 0; i < ADAPTIVE_POINTS; i++) {
    const available = rest.filter((point) => !points.includes(point)).map(({ concurrency }) => concurrency);
    const next = chooseNextConcurrency({ ...input, points, available });
    const point = rest.find(({ concurrency }) => concurrency === next);
    if (point === undefined) break;
    points = [...points, point].sort((a, b) => a.concurrency - b.concurrency);
  }
  return points;
}

function caseOf(configuration: ServingConfiguration, held: ServingPoint, limited: Limited): SloCapacityCase {
  const { key, outputTokens, points } = configuration;
  const limitMs = limitAt(held, limited, outputTokens);
  const limits = { [limited]: limitMs };
  const rest = points.filter((point) => point !== held);
  const fixed = chooseCalibration(rest);
  const adaptive = addAdaptive(fixed, rest, { outputTokens, limits });
  return {
    configuration: key,
    limited,
    limitMs,
    measuredPerS: requestsPerSOf(held, outputTokens),
    concurrency: held.concurrency,
    fixedPerS: capacityOf(fixed, outputTokens, limits),
    adaptivePerS: capacityOf(adaptive, outputTokens, limits),
    pointsUsed: adaptive.length,
  };
}

/** Points needed: the ends, a middle, and one to hold out. */
const MIN_POINTS = 5;

/** Every inner point of every configuration as the limit of an objective in turn. */
export const sloCapacityCases = (
  configurations: readonly ServingConfiguration[],
  limited: Limited,
): SloCapacityCase[] =>
  configurations
    .filter(({ points }) => points.length >= MIN_POINTS)
    .flatMap((configuration) =>
      configuration.points.slice(1, -1).map((held) => caseOf(configuration, held, limited)),
    );
