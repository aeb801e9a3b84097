import type { CalibratePlan } from '../../scenarios/load.ts';
import type { HistogramMetricId } from '../../vocabulary/metrics.ts';
import { nearestRank } from '../../vocabulary/percentiles.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { histogramOf, isSustained } from '../judge/read-step.ts';
import { geometricPoints } from '../workload/geometric-points.ts';
import { runLoadPoint, snapToAxis, valueOnAxis } from './load-point.ts';
import { type CurveSample, predictCapacity } from './predict-crossing.ts';
import { probeCapacity } from './probe.ts';
import { type Bracket, isNarrow, narrowBracket, OPEN_BRACKET } from './search-capacity.ts';
import type { RunContext } from './step-context.ts';
import type { PlanRunner } from './steps-outcome.ts';

const SPREAD_POINTS = 3;
/** The spread around the probe's estimate; a closed loop without thinking overstates. */
const FROM_SHARE_RATIO = 0.2;
const TO_SHARE_RATIO = 1.2;
/** How far beyond the range the next point lies while all of it meets the objectives, or none. */
const BEYOND_RATIO = 1.6;

/**
 * A percentile in which requests that timed out or were dropped are slower than any that completed; where it falls
 * among them it is the largest latency seen, times two, or `atLeastMs` where that is more. Undefined without samples.
 */
export function effectivePercentileMs(
  step: ResultStep,
  wanted: { readonly metric: HistogramMetricId; readonly percentile: number; readonly atLeastMs: number },
): number | undefined {
  const histogram = histogramOf(step, wanted.metric);
  const unfinished = step.counts.timedOut + step.counts.dropped;
  const completed = histogram?.count ?? 0;
  if (completed + unfinished === 0) return undefined;
  const rank = nearestRank(wanted.percentile, completed + unfinished);
  if (rank > completed) return Math.max(wanted.atLeastMs, 2 * (histogram?.maxMs ?? 0));
  return histogram?.percentileMs((100 * rank) / completed);
}

interface Calibration {
  readonly context: RunContext;
  readonly plan: CalibratePlan;
  readonly steps: ResultStep[];
  bracket: Bracket;
}

function samplesOf(
  { context, plan, steps }: Calibration,
  metric: HistogramMetricId,
  percentile: number,
): CurveSample[] {
  const atLeastMs = context.scenario.timeouts.totalMs;
  return steps.flatMap((step) => {
    const value = valueOnAxis(step, plan.over);
    const spanMs = effectivePercentileMs(step, { metric, percentile, atLeastMs });
    return value === undefined || spanMs === undefined ? [] : [{ value, spanMs }];
  });
}

const predict = (calibration: Calibration) =>
  predictCapacity(calibration.context.scenario.slos, (metric, percentile) =>
    samplesOf(calibration, metric, percentile),
  );

/**
 * The next point: beyond the range while one end of the bracket is unseen, else where the objective is predicted to be
 * crossed. A prediction beside a point that was measured moves to its other side, so that it narrows the bracket.
 */
export function chooseNextPoint(
  bracket: Bracket,
  predicted: number | undefined,
  resolutionRatio: number,
): number {
  const { metPerS: met, missedPerS: missed } = bracket;
  if (met === 0) return missed / BEYOND_RATIO;
  if (missed === Number.POSITIVE_INFINITY) return met * BEYOND_RATIO;
  const middle = Math.sqrt(met * missed);
  if (predicted === undefined || predicted < met || predicted > missed) return middle;
  const margin = Math.min(1 + resolutionRatio / 2, Math.sqrt(missed / met));
  return Math.min(missed / margin, Math.max(met * margin, predicted));
}

async function measure(calibration: Calibration, value: number): Promise<boolean> {
  const { context, plan, steps } = calibration;
  const step = await runLoadPoint(context, { ...plan, value }, { name: `step ${steps.length + 1}` });
  if (step === undefined) return false;
  steps.push(step);
  if (step.counts.offered > 0) {
    const isMet = isSustained(step, context.scenario.slos);
    calibration.bracket = narrowBracket(calibration.bracket, value, isMet);
  }
  return !context.signal.aborted;
}

/** Where to look first: as the plan says, or around what a probe saw. */
async function chooseRange(context: RunContext, plan: CalibratePlan) {
  if (plan.from !== undefined && plan.to !== undefined) return { from: plan.from, to: plan.to };
  const probe = await probeCapacity(context, { budgetMs: plan.probeMs, probeShareRatio: 1 });
  const best = probe.levels.reduce((max, level) => Math.max(max, level.concurrency), 1);
  const perInteraction = context.shape.meanTurnsPerInteraction;
  const estimate = {
    turnsPerS: probe.estimateTurnsPerS,
    interactionsPerS: probe.estimateTurnsPerS / perInteraction,
    concurrency: best,
  }[plan.over];
  const from = snapToAxis(plan.over, estimate * FROM_SHARE_RATIO);
  return { from, to: Math.max(from * 2, estimate * TO_SHARE_RATIO), probe };
}

async function placePoints(calibration: Calibration): Promise<void> {
  const { plan, steps } = calibration;
  while (steps.length < plan.points && !isNarrow(calibration.bracket, plan.resolutionRatio)) {
    const predicted = predict(calibration)?.value;
    const wanted = chooseNextPoint(calibration.bracket, predicted, plan.resolutionRatio);
    const value = snapToAxis(plan.over, Math.min(plan.maxPoint, wanted));
    // Whole users, or the ceiling: there is nothing between or beyond to measure.
    if (steps.some((step) => valueOnAxis(step, plan.over) === value)) return;
    if (!(await measure(calibration, value))) return;
  }
}

/**
 * The capacity curve with few points: three spread evenly in log space, then each next one where the points so far
 * predict that an objective is crossed.
 */
export const runCalibratePlan: PlanRunner<'calibrate'> = async (context, plan) => {
  const { from, to, probe } = await chooseRange(context, plan);
  const calibration: Calibration = { context, plan, steps: [], bracket: OPEN_BRACKET };
  const notes = () => {
    const crossing = predict(calibration);
    return {
      ...(probe === undefined ? {} : { probe }),
      calibration: { over: plan.over, ...(crossing === undefined ? {} : { crossing }) },
    };
  };
  const spread = geometricPoints(from, to, SPREAD_POINTS).map((value) =>
    snapToAxis(plan.over, Math.min(plan.maxPoint, value)),
  );
  for (const value of new Set(spread)) {
    if (context.signal.aborted || !(await measure(calibration, value)))
      return { steps: calibration.steps, notes: notes() };
  }
  await placePoints(calibration);
  return { steps: calibration.steps, notes: notes() };
};
