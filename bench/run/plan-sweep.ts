import type { SweepPlan } from '../../scenarios/load.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { isSustained } from '../judge/read-step.ts';
import { geometricPoints } from '../workload/geometric-points.ts';
import { runLoadPoint, snapToAxis } from './load-point.ts';
import type { RunContext } from './step-context.ts';
import { labelReplication } from './step-label.ts';
import type { PlanRunner } from './steps-outcome.ts';

/** The points of a sweep in the order run; numbers of users are whole and appear once. */
export function pointsOf({ values, range, over }: SweepPlan): number[] {
  const wanted = range === undefined ? (values ?? []) : geometricPoints(range.from, range.to, range.points);
  const snapped = wanted.map((value) => snapToAxis(over, value));
  return range === undefined ? snapped : [...new Set(snapped)];
}

/** All repetitions of one point. */
async function runPoint(
  context: RunContext,
  plan: SweepPlan,
  point: { readonly value: number; readonly name: string },
): Promise<ResultStep[]> {
  const steps: ResultStep[] = [];
  for (let i = 0; i < plan.replications && !context.signal.aborted; i++) {
    const label = labelReplication(point.name, i, plan.replications);
    const step = await runLoadPoint(context, { ...plan, value: point.value }, label);
    if (step !== undefined) steps.push(step);
  }
  return steps;
}

/** A point is missed when more than half of its repetitions miss; one that saw no arrival says nothing. */
function isMissed(steps: readonly ResultStep[], context: RunContext): boolean {
  const telling = steps.filter(({ counts }) => counts.offered > 0);
  const missed = telling.filter((step) => !isSustained(step, context.scenario.slos));
  return missed.length * 2 > telling.length;
}

/** Runs the points in order and ends after so many misses in a row: beyond them the target only suffers. */
export const runSweepPlan: PlanRunner<'sweep'> = async (context, plan) => {
  const steps: ResultStep[] = [];
  let missesInRow = 0;
  for (const [i, value] of pointsOf(plan).entries()) {
    if (context.signal.aborted) break;
    const ofPoint = await runPoint(context, plan, { value, name: `step ${i + 1}` });
    steps.push(...ofPoint);
    missesInRow = isMissed(ofPoint, context) ? missesInRow + 1 : 0;
    if (plan.stopAfterMisses > 0 && missesInRow >= plan.stopAfterMisses) {
      return { steps, notes: { sweep: { endedAt: value, missesInRow } } };
    }
  }
  return { steps };
};
