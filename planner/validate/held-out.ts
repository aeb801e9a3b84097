import { latencyMsOf, requestsPerSOf, type ServingPoint } from '../calibrate/saturation.ts';
import type { Planned, Refusal } from '../refusal.ts';
import { type ErrorSummary, type RelativeError, relativeError, summariseErrors } from './error-summary.ts';
import type { ServingConfiguration } from './measured-file.ts';

/** Predicted mean times at a concurrency; undefined where the predictor has no answer there. */
export type ServingPredictor = (concurrency: number) => ServingPoint | undefined;

/** What a predictor may read: its calibration points, the configuration's labels, and other configurations in full. */
export interface PredictorInput {
  readonly calibration: readonly ServingPoint[];
  readonly configuration: Omit<ServingConfiguration, 'points'>;
  readonly others: readonly ServingConfiguration[];
}

export type PredictorMaker = (input: PredictorInput) => Planned<ServingPredictor>;

/** Calibration takes this many points, so a configuration needs one more to be judged. */
export const CALIBRATION_POINTS = 3;

/** Lowest, highest, and the one nearest to their geometric mean: latencies bend in the logarithm of the load. */
export function chooseCalibration<T extends ServingPoint>(points: readonly T[]): T[] {
  const [first, last] = [points[0], points[points.length - 1]];
  if (first === undefined || last === undefined || points.length < CALIBRATION_POINTS) return [...points];
  const middleLog = (Math.log(first.concurrency) + Math.log(last.concurrency)) / 2;
  const distance = ({ concurrency }: T): number => Math.abs(Math.log(concurrency) - middleLog);
  const inner = points.slice(1, -1);
  const middle = inner.reduce((best, next) => (distance(next) < distance(best) - 1e-9 ? next : best));
  return [first, middle, last];
}

/** One concurrency that the calibration left out. */
export interface HeldOutPoint {
  readonly configuration: string;
  readonly outputTokens: number;
  /** Measured requests/s over the highest of the configuration. */
  readonly utilisation: number;
  readonly measured: ServingPoint;
  readonly predicted: ServingPoint;
}

export interface RefusedConfiguration {
  readonly configuration: string;
  readonly reason: string;
  readonly liftedBy: string;
}

export interface HeldOut {
  readonly points: readonly HeldOutPoint[];
  readonly refused: readonly RefusedConfiguration[];
}

const refusedAs = (configuration: string, { reason, liftedBy }: Refusal): RefusedConfiguration => ({
  configuration,
  reason,
  liftedBy,
});

/** The highest measured rate of a configuration, in requests/s. */
export const peakRequestsPerS = ({ points, outputTokens }: ServingConfiguration): number =>
  Math.max(...points.map((point) => requestsPerSOf(point, outputTokens)));

function heldOutOf(
  configuration: ServingConfiguration,
  calibration: readonly ServingPoint[],
  predict: ServingPredictor,
): HeldOutPoint[] {
  const { key, outputTokens, points } = configuration;
  const peak = peakRequestsPerS(configuration);
  return points.flatMap((measured) => {
    if (calibration.includes(measured)) return [];
    const predicted = predict(measured.concurrency);
    if (predicted === undefined) return [];
    const utilisation = requestsPerSOf(measured, outputTokens) / peak;
    return [{ configuration: key, outputTokens, utilisation, measured, predicted }];
  });
}

/** Configurations with at least one concurrency beyond the calibration's three. */
export const judgeable = (configurations: readonly ServingConfiguration[]): ServingConfiguration[] =>
  configurations.filter(({ points }) => points.length > CALIBRATION_POINTS);

/** Calibrates every configuration on three of its points and predicts the rest of them. */
export function predictHeldOut(
  configurations: readonly ServingConfiguration[],
  make: PredictorMaker,
): HeldOut {
  const points: HeldOutPoint[] = [];
  const refused: RefusedConfiguration[] = [];
  for (const configuration of judgeable(configurations)) {
    const calibration = chooseCalibration(configuration.points);
    const { points: _, ...labels } = configuration;
    const others = configurations.filter((other) => other !== configuration);
    const predictor = make({ calibration, configuration: labels, others });
    if (predictor.kind === 'refused') refused.push(refusedAs(configuration.key, predictor));
    else points.push(...heldOutOf(configuration, calibration, predictor.value));
  }
  return { points, refused };
}

/** Below this share of its peak rate a configuration's first tokens wait for prefill, above it for a place. */
const BUSY_UTILISATION = 0.8;

export interface HeldOutFigures {
  readonly requestsPerS: ErrorSummary | undefined;
  readonly timePerOutputToken: ErrorSummary | undefined;
  /** Below 80 % utilisation. */
  readonly timeToFirstToken: ErrorSummary | undefined;
  readonly latency: ErrorSummary | undefined;
}

/** Relative error of predicted requests/s at one point. */
export const rateErrorOf = ({ predicted, measured, outputTokens }: HeldOutPoint): number =>
  relativeError(requestsPerSOf(predicted, outputTokens), requestsPerSOf(measured, outputTokens));

/** Sums up how far predictions were off, quantity by quantity. */
export function figuresOf(points: readonly HeldOutPoint[]): HeldOutFigures {
  const errors = (of: (point: HeldOutPoint) => number, from = points): RelativeError[] =>
    from.map((point) => ({ configuration: point.configuration, ratio: of(point) }));
  const idle = points.filter(({ utilisation }) => utilisation < BUSY_UTILISATION);
  const times = ({ predicted, measured }: HeldOutPoint, field: keyof ServingPoint): number =>
    relativeError(predicted[field], measured[field]);
  return {
    requestsPerS: summariseErrors(errors(rateErrorOf)),
    timePerOutputToken: summariseErrors(errors((point) => times(point, 'meanTimePerOutputTokenMs'))),
    timeToFirstToken: summariseErrors(errors((point) => times(point, 'meanTimeToFirstTokenMs'), idle)),
    latency: summariseErrors(
      errors(({ predicted, measured, outputTokens }) =>
        relativeError(latencyMsOf(predicted, outputTokens), latencyMsOf(measured, outputTokens)),
      ),
    ),
  };
}
