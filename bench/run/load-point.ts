import type { LoadAxis, ThinkTime } from '../../scenarios/load.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { runClosedStep } from './closed-step.ts';
import { runOpenStep } from './open-step.ts';
import type { RunContext } from './step-context.ts';
import type { StepLabel } from './step-label.ts';

/** One load of a curve: a rate of an open loop, or a number of users. */
export interface LoadPoint {
  readonly over: LoadAxis;
  readonly value: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly thinkTime: ThinkTime;
}

/** A number of users is whole; a rate is taken as it is. */
export const snapToAxis = (over: LoadAxis, value: number): number =>
  over === 'concurrency' ? Math.max(1, Math.round(value)) : value;

/** Runs a step at one point of a curve. */
export function runLoadPoint(
  context: RunContext,
  point: LoadPoint,
  label: StepLabel,
): Promise<ResultStep | undefined> {
  const { over, value, warmUpMs, windowMs, thinkTime } = point;
  if (over === 'concurrency') {
    const { drainMs } = context.scenario;
    return runClosedStep(context, { concurrency: value, warmUpMs, windowMs, thinkTime, drainMs }, label);
  }
  return runOpenStep(context, { [over]: value, warmUpMs, windowMs }, label);
}

/** The value of a step on an axis, as it was asked for; undefined for a step of another kind. */
export function valueOnAxis({ load }: ResultStep, over: LoadAxis): number | undefined {
  if (over === 'concurrency') return load.kind === 'closed' ? load.concurrency : undefined;
  return load.kind === 'open' ? load[over] : undefined;
}
