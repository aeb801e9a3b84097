import type { Scenario } from '../../scenarios/scenario.ts';
import { ok, type Result } from '../../vocabulary/errors.ts';
import { createRandom } from '../../vocabulary/random.ts';
import type { ResultFile, ResultStep } from '../../vocabulary/result-file.ts';
import { createDriver } from '../drive/drivers.ts';
import { estimateMeanShape } from '../workload/interaction.ts';
import { runClosedStep } from './closed-step.ts';
import { runOpenStep } from './open-step.ts';
import type { ProgressListener } from './progress.ts';
import { createResult } from './result.ts';
import { runSearchSteps } from './search-capacity.ts';
import type { MetricsUrl, RunContext } from './step-context.ts';
import type { StepsOutcome } from './steps-outcome.ts';
import { type ResolvedTarget, resolveTarget, type TargetOptions } from './target.ts';

export interface RunBenchOptions {
  readonly scenario: Scenario;
  readonly target: TargetOptions;
  readonly metricsUrls?: readonly MetricsUrl[];
  /** The scenario's own seed where absent. */
  readonly seed?: number;
  /** Aborting ends the run at once with a valid result of state `partial`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
  /** Recorded in the result; empty where absent. */
  readonly command?: readonly string[];
}

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

function createContext(options: RunBenchOptions, resolved: ResolvedTarget, seed: number): RunContext {
  const { scenario, target } = options;
  const random = createRandom(seed);
  return {
    scenario,
    shape: estimateMeanShape(scenario.workload, createRandom(seed).fork('shape')),
    driver: createDriver(scenario.protocol, {
      url: target.url,
      timeouts: scenario.timeouts,
      maxConnections: scenario.maxInFlight,
      ...(target.apiKey === undefined ? {} : { apiKey: target.apiKey }),
      ...(resolved.model === undefined ? {} : { model: resolved.model }),
    }),
    random,
    metricsUrls: options.metricsUrls ?? [],
    signal: options.signal ?? new AbortController().signal,
    onProgress: options.onProgress ?? (() => {}),
    startedAtMs: performance.now(),
  };
}

function describeTarget({ target }: ResolvedTarget): string {
  const what = target.engine === 'unknown' ? target.protocol : `${target.engine} engine`;
  const hardware = target.hardware === undefined ? '' : ` on ${target.hardware}`;
  return `target ${target.name}: ${what}${target.simulated ? ' (simulated)' : ''}${hardware}`;
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
