import type { ResultFile } from '../../vocabulary/result-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { type CapacityCurve, estimateCapacity, shownRate, soundPoints } from '../calibrate/capacity.ts';
import { predictLatency } from '../calibrate/latency-curve.ts';
import { groupMeasurements, type Measurement } from '../calibrate/measurements.ts';
import type { MeasuredPoint } from '../calibrate/points.ts';
import { relativeError } from './error-summary.ts';

/** A prediction held against a measurement that the fit did not see. */
export type HeldPrediction =
  | {
      readonly kind: 'judged';
      readonly subject: string;
      readonly quantity: HeldQuantity;
      readonly predicted: number;
      readonly measured: number;
      readonly errorRatio: number;
    }
  | {
      readonly kind: 'refused';
      readonly subject: string;
      readonly reason: string;
      readonly liftedBy: string;
    };

export const HELD_QUANTITIES = {
  meanLatencyMs: 'mean latency of a turn, ms',
  p50Ms: 'p50 latency of a turn, ms',
  p95Ms: 'p95 latency of a turn, ms',
  capacityTurnsPerS: 'turns/s at the objectives',
} as const;
export type HeldQuantity = keyof typeof HELD_QUANTITIES;

const judged = (
  subject: string,
  quantity: HeldQuantity,
  predicted: number,
  measured: number,
): HeldPrediction => ({
  kind: 'judged',
  subject,
  quantity,
  predicted,
  measured,
  errorRatio: relativeError(predicted, measured),
});

/** The latency that a curve gives at the rate of a point, `share` of it per measured target, held against the point's own. */
function judgeLatency(
  curvePoints: readonly MeasuredPoint[],
  point: MeasuredPoint,
  share: number,
  subject: string,
): HeldPrediction[] {
  const rate = point.turnsPerS * share;
  const predicted = predictLatency(curvePoints, rate);
  if (predicted?.kind !== 'interpolated') {
    const rates = curvePoints.map(({ turnsPerS }) => turnsPerS);
    return [
      {
        kind: 'refused',
        subject,
        reason: `${shownRate(rate)} turns/s lies outside what was fitted, ${shownRate(Math.min(...rates))} to ${shownRate(Math.max(...rates))}`,
        liftedBy: 'fit on a range that holds it',
      },
    ];
  }
  const pairs = [
    ['meanLatencyMs', predicted.meanMs, point.meanLatencyMs],
    ['p50Ms', predicted.p50Ms, point.p50Ms],
    ['p95Ms', predicted.p95Ms, point.p95Ms],
  ] as const;
  return pairs.flatMap(([quantity, value, measured]) =>
    value === undefined || !measured ? [] : [judged(subject, quantity, value, measured)],
  );
}

/** Steps needed so that one can be left out and a curve still has three. */
const MIN_STEPS_TO_LEAVE_ONE_OUT = 4;

/** Each inner step predicted from the others; the lowest and the highest have nothing around them. */
export function validateByLeavingOut(measurement: Measurement): HeldPrediction[] {
  const points = soundPoints(measurement.curve);
  const { name } = measurement.result.target;
  if (points.length < MIN_STEPS_TO_LEAVE_ONE_OUT) {
    return [
      {
        kind: 'refused',
        subject: name,
        reason: `${points.length} sound steps: none can be left out of a curve that needs three`,
        liftedBy: `measure at least ${MIN_STEPS_TO_LEAVE_ONE_OUT} rates, or name other results with --against`,
      },
    ];
  }
  return points.slice(1, -1).flatMap((point) =>
    judgeLatency(
      points.filter((other) => other !== point),
      point,
      1,
      `${name} at ${shownRate(point.turnsPerS)} turns/s`,
    ),
  );
}

const sameSystem = (fit: ResultFile, held: ResultFile): boolean =>
  fit.target.engine === held.target.engine &&
  fit.target.model === held.target.model &&
  fit.target.hardware === held.target.hardware;

function judgeCapacity(
  fit: CapacityCurve,
  held: CapacityCurve,
  replicas: number,
  subject: string,
): HeldPrediction {
  const [from, to] = [fit.capacity, held.capacity];
  const refused = from.kind === 'refused' ? from : to.kind === 'refused' ? to : undefined;
  if (refused !== undefined) {
    return { kind: 'refused', subject, reason: refused.reason, liftedBy: refused.liftedBy };
  }
  if (from.kind !== 'bracketed' || to.kind !== 'bracketed') {
    const which = from.kind === 'bracketed' ? 'the results held against it' : 'the fit';
    return {
      kind: 'refused',
      subject,
      reason: `${which} met the objectives at every rate: its capacity is only a lower bound`,
      liftedBy: 'measure up to a rate that misses the objectives',
    };
  }
  return judged(subject, 'capacityTurnsPerS', from.turnsPerS * replicas, to.turnsPerS);
}

/**
 * Predictions of a fit held against results that it did not see, of the same engine, model and hardware, with any
 * number of replicas: the rate is shared evenly and capacities add up, which is what this tests.
 */
export function validateAgainst(
  fitted: readonly Measurement[],
  against: readonly ResultFile[],
  slos: readonly Slo[],
): HeldPrediction[] {
  return groupMeasurements(against, slos).flatMap((held) => {
    const fit = fitted.find(({ result }) => sameSystem(result, held.result));
    const { name, replicas } = held.result.target;
    const subject = `${name} (${replicas} replica${replicas === 1 ? '' : 's'})`;
    if (fit === undefined) {
      return [
        {
          kind: 'refused' as const,
          subject,
          reason: 'no fitted result has its engine, model and hardware',
          liftedBy: 'fit on a result of the same engine, model and hardware',
        },
      ];
    }
    const share = fit.result.target.replicas / held.result.target.replicas;
    const points = soundPoints(fit.curve);
    return [
      ...soundPoints(held.curve).flatMap((point) =>
        judgeLatency(points, point, share, `${subject} at ${shownRate(point.turnsPerS)} turns/s`),
      ),
      judgeCapacity(fit.curve, estimateCapacity(held.results, slos), 1 / share, subject),
    ];
  });
}
