import { ok, type Result } from '../../vocabulary/errors.ts';
import type { RunBenchOptions } from './run-context.ts';
import type { RunContext } from './step-context.ts';
import type { StepCrew } from './step-crew.ts';
import { gatherThreads } from './threads/thread-crew.ts';

/** The context, and both sides of its comparison, with their steps carried out by a crew. */
export function withCrew(context: RunContext, crew: StepCrew): RunContext {
  const { variants } = context;
  if (variants === undefined) return { ...context, crew };
  return { ...context, crew, variants: { a: { ...variants.a, crew }, b: { ...variants.b, crew } } };
}

/** The context with the generator threads that the options ask for; as it is where they ask for none. */
export async function gatherCrew(options: RunBenchOptions, context: RunContext): Promise<Result<RunContext>> {
  const { threads = 1 } = options;
  if (threads === 1) return ok(context);
  const crew = await gatherThreads(options, threads);
  return crew.kind === 'failed' ? crew : ok(withCrew(context, crew.value));
}
