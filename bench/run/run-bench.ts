import { ok, type Result } from '../../vocabulary/errors.ts';
import type { ResultFile, ResultStep } from '../../vocabulary/result-file.ts';
import { runClosedStep } from './closed-step.ts';
import { runOpenStep } from './open-step.ts';
import { createResult } from './result.ts';
import { createContext, describeTarget, type RunBenchOptions } from './run-context.ts';
import { runSearchSteps } from './search-capacity.ts';
import type { RunContext } from './step-context.ts';
import type { StepsOutcome } from './steps-outcome.ts';
import { resolveTarget } from './target.ts';

async function runInTurn<T>(
  steps: readonly T[],
  context: RunContext,
  run: (step: T, name: string) => Promise<ResultStep | undefined>,
): Promise<StepsOutcome> {
  const finished: ResultStep[] = [];
  for (const [i, step] of steps.entries()) {
    if (context.signal.aborted) break;
    const result = await run(step, `step ${i + 1}`);
    if (result !== undefined) finished.push(result);
  }
  return { steps: finished };
}

/** Runs whatever the scenario's load plan asks for. A new kind of plan is one more branch here. */
function runLoadPlan(context: RunContext): Promise<StepsOutcome> {
  const { load, drainMs } = context.scenario;
  switch (load.kind) {
    case 'steps':
      return runInTurn(load.steps, context, (step, name) => runOpenStep(context, step, name));
    case 'closed':
      return runInTurn(load.steps, context, (step, name) =>
        runClosedStep(context, { ...step, thinkTime: load.thinkTime, drainMs }, name),
      );
    case 'find-capacity':
      return runSearchSteps(context, load);
  }
}

/**
 * Measures a target under a scenario. The only expected failure is a target that does not answer; an abort gives a
 * partial result.
 */
export async function runBench(options: RunBenchOptions): Promise<Result<ResultFile>> {
  const resolved = await resolveTarget(options.target, options.scenario);
  if (resolved.kind === 'failed') return resolved;
  const seed = options.seed ?? options.scenario.seed;
  const context = createContext(options, resolved.value, seed);
  const startedAtUnixMs = Date.now();
  context.onProgress({ kind: 'target', message: describeTarget(resolved.value) });
  try {
    const outcome = await runLoadPlan(context);
    return ok(
      createResult({
        context,
        outcome,
        target: resolved.value.target,
        seed,
        startedAtUnixMs,
        command: options.command ?? [],
      }),
    );
  } finally {
    await context.driver.close();
  }
}
