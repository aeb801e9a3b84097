import type { ResultStep } from '../../vocabulary/result-file.ts';
import { runClosedStep } from './closed-step.ts';
import { runOpenStep } from './open-step.ts';
import type { RunContext } from './step-context.ts';
import { labelReplication, type StepLabel } from './step-label.ts';
import type { PlanRunner, StepsOutcome } from './steps-outcome.ts';

interface Repeated<T> {
  readonly steps: readonly T[];
  readonly replications: number;
}

/** All steps once, then all of them again: what drifts in the target falls on every step alike. */
async function runRepeated<T>(
  context: RunContext,
  { steps, replications }: Repeated<T>,
  run: (step: T, label: StepLabel) => Promise<ResultStep | undefined>,
): Promise<StepsOutcome> {
  const finished: ResultStep[] = [];
  for (let replication = 0; replication < replications; replication++) {
    for (const [i, step] of steps.entries()) {
      if (context.signal.aborted) return { steps: finished };
      const result = await run(step, labelReplication(`step ${i + 1}`, replication, replications));
      if (result !== undefined) finished.push(result);
    }
  }
  return { steps: finished };
}

/** Open-loop steps at given rates, in the order given. */
export const runStepsPlan: PlanRunner<'steps'> = (context, plan) =>
  runRepeated(context, plan, (step, label) => runOpenStep(context, step, label));

/** Closed-loop steps at given numbers of users, in the order given. */
export const runClosedPlan: PlanRunner<'closed'> = (context, plan) => {
  const { thinkTime } = plan;
  const { drainMs } = context.scenario;
  return runRepeated(context, plan, (step, label) =>
    runClosedStep(context, { ...step, thinkTime, drainMs }, label),
  );
};
