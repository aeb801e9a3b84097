import { calibrateAtOnce } from '../calibrate/adaptive.ts';
import { latencyMsOf, requestsPerSOf, type ServingPoint } from '../calibrate/saturation.ts';
import { calibratedCapacityPerS } from './calibrated-capacity.ts';
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

function caseOf(configuration: ServingConfiguration, held: ServingPoint, limited: Limited): SloCapacityCase {
  const { key, outputTokens, points } = configuration;
  const limitMs = limitAt(held, limited, outputTokens);
  const limits = { [limited]: limitMs };
  const rest = points.filter((point) => point !== held);
  const fixed = chooseCalibration(rest);
  const available = rest.map(({ concurrency }) => concurrency);
  const adaptive = calibrateAtOnce(fixed, { outputTokens, limits, available }, (load) =>
    rest.find(({ concurrency }) => concurrency === load),
  );
  return {
    configuration: key,
    limited,
    limitMs,
    measuredPerS: requestsPerSOf(held, outputTokens),
    concurrency: held.concurrency,
    fixedPerS: calibratedCapacityPerS(fixed, outputTokens, limits),
    adaptivePerS: calibratedCapacityPerS(adaptive, outputTokens, limits),
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
