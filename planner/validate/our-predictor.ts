import { calibrateServing } from '../calibrate/serving-gates.ts';
import { planned } from '../refusal.ts';
import type { PredictorMaker } from './held-out.ts';

/** The planner's own curve, with its gates. Beyond the calibration's range it has no answer. */
export const servingPredictor: PredictorMaker = ({ calibration, configuration }) => {
  const curve = calibrateServing(calibration, configuration.outputTokens);
  if (curve.kind === 'refused') return curve;
  const { minConcurrency, maxConcurrency } = curve.value;
  return planned((concurrency) =>
    concurrency < minConcurrency || concurrency > maxConcurrency
      ? undefined
      : {
          concurrency,
          meanTimeToFirstTokenMs: curve.value.timeToFirstTokenMsAt(concurrency),
          meanTimePerOutputTokenMs: curve.value.timePerOutputTokenMsAt(concurrency),
        },
  );
};
