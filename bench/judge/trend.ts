import { createDiagnostic, type Diagnostic } from '../../vocabulary/diagnostics.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { classifySteadyState, type SteadyState } from './steady-state.ts';
import { secondsOf } from './timeline.ts';
import { findWarmUpEnd, type WarmUp } from './warm-up.ts';

const PERCENT = 100;

/** The verdict on a step's seconds, with the series that it rests on. */
export type StepTrend = SteadyState & { readonly series: 'mean latency' };

/**
 * Whether a step's latency came to rest in its window: by its mean per second. Unknown for steps of fewer than 20 such seconds and for
 * results that hold no sums per second; pile-ups of requests are judged by `classifySteadiness`.
 */
export const classifyStep = (step: ResultStep): StepTrend => ({
  ...classifySteadyState(secondsOf(step, 'meanLatencyMs')),
  series: 'mean latency',
});

/** How many seconds of a step's window are still warm-up, by MSER-5 on its mean latency per second. */
export const findWarmUpOfStep = (step: ResultStep): WarmUp => findWarmUpEnd(secondsOf(step, 'meanLatencyMs'));

/** The doubt that a step had no steady state; undefined when nothing speaks for it. Scheduled changes of load are trends, too. */
export function diagnoseTrend(step: ResultStep): Diagnostic | undefined {
  const trend = classifyStep(step);
  if (trend.kind !== 'no steady state') return undefined;
  const change = `${trend.changeRatio < 0 ? '−' : '+'}${Math.abs(trend.changeRatio * PERCENT).toFixed(0)} %`;
  const message = `no steady state: ${trend.series} changed by ${change} over the window (${trend.reason})`;
  return createDiagnostic('NOT_STEADY', message, step.name);
}
