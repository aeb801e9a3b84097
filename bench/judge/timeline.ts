import type { ResultStep } from '../../vocabulary/result-file.ts';
import { sFromMs } from '../../vocabulary/units.ts';

/** What can be read per second of a step's window. */
export type SecondsSeries = 'meanLatencyMs' | 'completed' | 'unsuccessful' | 'maxInFlight';

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

/**
 * Counts of the window's whole seconds. The last second of a window that is no whole number of them holds fewer requests, and as a
 * rate would be too low; a window of less than a second has none.
 */
export const wholeSecondsOf = (step: ResultStep, series: 'completed' | 'unsuccessful'): number[] =>
  secondsOf(step, series).slice(0, Math.floor(sFromMs(step.windowMs)));
