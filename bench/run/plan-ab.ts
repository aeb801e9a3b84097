import type { AbPlan } from '../../scenarios/load.ts';
import { BusyhourError, createFailure } from '../../vocabulary/errors.ts';
import type { ResultStep } from '../../vocabulary/result-file.ts';
import { type LoadPoint, runLoadPoint } from './load-point.ts';
import type { RunContext, Variant } from './step-context.ts';
import type { PlanRunner } from './steps-outcome.ts';

/** `a` first, then `b`; turned round in every second block, so a steady drift falls on both alike (ABBA). */
export const orderOfBlock = (block: number): readonly Variant[] =>
  block % 2 === 0 ? ['a', 'b'] : ['b', 'a'];

function pointOf(plan: AbPlan): LoadPoint {
  const { concurrency, turnsPerS, interactionsPerS } = plan;
  if (concurrency !== undefined) return { ...plan, over: 'concurrency', value: concurrency };
  return turnsPerS === undefined
    ? { ...plan, over: 'interactionsPerS', value: interactionsPerS ?? Number.NaN }
    : { ...plan, over: 'turnsPerS', value: turnsPerS };
}

/**
 * Measures two variants side by side: blocks of one step each, with the same schedule and the same texts for both of a
 * block and new ones for every block.
 */
export const runAbPlan: PlanRunner<'ab'> = async (context, plan) => {
  const { variants } = context;
  if (variants === undefined) {
    const message = 'the load plan compares two variants, and only one is given';
    const hint = 'Give the other with --b-url, --b-model or --b-scenario.';
    throw new BusyhourError(createFailure('USAGE', message, { hint }));
  }
  const point = pointOf(plan);
  const steps: ResultStep[] = [];
  const inOrder: { block: number; variant: Variant; of: RunContext }[] = Array.from(
    { length: plan.blocks },
    (_, block) => orderOfBlock(block).map((variant) => ({ block, variant, of: variants[variant] })),
  ).flat();
  for (const { block, variant, of } of inOrder) {
    if (context.signal.aborted) break;
    const label = { name: `${variant} ${block + 1}`, stream: `block ${block + 1}`, variant, block };
    const step = await runLoadPoint(of, point, label);
    if (step !== undefined) steps.push(step);
  }
  return { steps };
};
