import { DEFAULT_CONFIDENCE, estimateMean, type Interval } from './interval.ts';
import { deviationOf } from './series.ts';

/** Runs of the same experiment with other seeds, as one figure. */
export interface Replications {
  /** Of the mean over runs; undefined below two runs. */
  readonly interval: Interval | undefined;
  /** Standard deviation of the logarithms: 0.03 says that one run lies within about 3 % of another's figure. */
  readonly runToRunRatio: number | undefined;
  readonly runs: number;
}

/**
 * Combines one figure of several independent runs (independent replications: Law, Simulation Modeling and Analysis, ch.
 * 9). Runs, not requests, are the samples, so what differs from run to run is in the interval.
 */
export function combineReplications(
  values: readonly number[],
  confidence = DEFAULT_CONFIDENCE,
): Replications {
  const canTakeLog = values.length >= 2 && values.every((value) => value > 0);
  return {
    interval: estimateMean(values, confidence, `${values.length} replications`),
    runToRunRatio: canTakeLog ? deviationOf(values.map(Math.log)) : undefined,
    runs: values.length,
  };
}
