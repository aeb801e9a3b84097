import type { LoadPlan } from '../../scenarios/load.ts';
import { runAbPlan } from './plan-ab.ts';
import { runCalibratePlan } from './plan-calibrate.ts';
import { runClosedPlan, runStepsPlan } from './plan-steps.ts';
import { runSweepPlan } from './plan-sweep.ts';
import { runSearchSteps } from './search-capacity.ts';
import type { RunContext } from './step-context.ts';
import type { PlanRunner, StepsOutcome } from './steps-outcome.ts';

const RUNNERS: { readonly [Kind in LoadPlan['kind']]: PlanRunner<Kind> } = {
  steps: runStepsPlan,
  closed: runClosedPlan,
  sweep: runSweepPlan,
  calibrate: runCalibratePlan,
  'find-capacity': runSearchSteps,
  ab: runAbPlan,
};

/** Runs whatever the scenario's load plan asks for. */
export function runLoadPlan(context: RunContext): Promise<StepsOutcome> {
  const { load } = context.scenario;
  const run = RUNNERS[load.kind] as PlanRunner<LoadPlan['kind']>;
  return run(context, load);
}
