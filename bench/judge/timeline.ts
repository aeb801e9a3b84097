import type { ResultStep } from '../../vocabulary/result-file.ts';

/** What can be read per second of a step's window. */
export type SecondsSeries = 'meanLatencyMs' | 'completed' | 'maxInFlight';

/**
 * One value per second of the window, by scheduled instant. Mean latency leaves out seconds without a completed request, and is empty
 * for results that hold no sums per second.
 */
export function secondsOf(step: ResultStep, series: SecondsSeries): number[] {
  if (series !== 'meanLatencyMs') return step.timeline.map((second) => second[series]);
  return step.timeline.flatMap(({ latencySumMs, completed }) =>
    latencySumMs === undefined || completed === 0 ? [] : [latencySumMs / completed],
  );
}
