import { ok, type Result } from '../../vocabulary/errors.ts';
import type { ResultFile, ResultTarget } from '../../vocabulary/result-file.ts';
import { createTargetTexts } from '../workload/target-texts.ts';
import { ActionSchedule, NO_MEANS } from './actions/action-schedule.ts';
import { runGuarded } from './checkpoint.ts';
import { runLoadPlan } from './load-plans.ts';
import { createResult } from './result.ts';
import { createComparison, createContext, describeTarget, type RunBenchOptions } from './run-context.ts';
import type { RunContext } from './step-context.ts';
import type { StepsOutcome } from './steps-outcome.ts';
import { type ResolvedTarget, resolveTarget } from './target.ts';
import { gatherCrew } from './with-crew.ts';

/** A run that is set up: what it measures, and what to write of that. */
export interface PreparedRun {
  readonly context: RunContext;
  readonly target: ResultTarget;
  readonly seed: number;
  readonly startedAtUnixMs: number;
  readonly notes: Readonly<Record<string, unknown>>;
  readonly actions: ActionSchedule;
}

/** Whether both sides ask one server for one model, so that texts are counted once. */
const isSameTarget = (a: RunBenchOptions, b: RunBenchOptions): boolean =>
  a.target.url === b.target.url &&
  a.target.model === b.target.model &&
  a.scenario.workload.tokenCount === b.scenario.workload.tokenCount;

/** Each side's prompts have the lengths asked for by its own target's count. */
async function prepareSideB(options: RunBenchOptions, seed: number, a: RunContext, ofA: ResolvedTarget) {
  const { variantB } = options;
  if (variantB === undefined) return ok({ context: a, notes: {} });
  const ofB: RunBenchOptions = {
    ...options,
    ...(variantB.scenario === undefined ? {} : { scenario: variantB.scenario }),
    target: variantB.target ?? options.target,
    metricsUrls: variantB.metricsUrls ?? options.metricsUrls ?? [],
  };
  const resolved = await resolveTarget(ofB.target, ofB.scenario);
  if (resolved.kind === 'failed') return resolved;
  a.onProgress({ kind: 'target', message: `b: ${describeTarget(resolved.value)}` });
  const { workload } = ofB.scenario;
  const texts = isSameTarget(options, ofB) ? a.texts : await textsFor(ofB, resolved.value);
  const tokenCount = texts === undefined ? {} : { tokenCount: texts.basis };
  const variants = {
    a: { target: ofA.target },
    b: { target: resolved.value.target, workload, ...tokenCount },
  };
  return ok({
    context: createComparison(a, { options: ofB, resolved: resolved.value, texts }, seed),
    notes: { variants },
  });
}

/** The target's own count of tokens, where the scenario asks for it. */
async function textsFor({ scenario, target }: RunBenchOptions, { model }: ResolvedTarget) {
  if (scenario.workload.tokenCount !== 'target') return undefined;
  const { url, apiKey } = target;
  return createTargetTexts({
    url,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(model === undefined ? {} : { model }),
  });
}

async function prepareTarget(
  options: RunBenchOptions,
  actions: ActionSchedule,
): Promise<Result<PreparedRun>> {
  const resolved = await resolveTarget(options.target, options.scenario);
  if (resolved.kind === 'failed') return resolved;
  const seed = options.seed ?? options.scenario.seed;
  const plain = createContext(options, resolved.value, seed);
  const texts = await textsFor(options, resolved.value);
  const a = texts === undefined ? plain : { ...plain, texts };
  if (texts !== undefined) a.onProgress({ kind: 'target', message: `prompts: ${texts.basis}` });
  a.onProgress({ kind: 'target', message: describeTarget(resolved.value) });
  const both = await prepareSideB(options, seed, a, resolved.value);
  if (both.kind === 'failed') {
    await a.driver.close();
    return both;
  }
  const { target } = resolved.value;
  const notes = texts === undefined ? both.value.notes : { ...both.value.notes, tokenCount: texts.basis };
  return ok({ ...both.value, notes, target, seed, startedAtUnixMs: Date.now(), actions });
}

/** A run that is set up, with its generator threads where it has several. */
async function prepareWithCrew(options: RunBenchOptions): Promise<Result<PreparedRun>> {
  const prepared = await prepareRun(options);
  if (prepared.kind === 'failed') return prepared;
  const context = await gatherCrew(options, prepared.value.context);
  if (context.kind === 'ok') return ok({ ...prepared.value, context: context.value });
  await prepared.value.context.driver.close();
  await prepared.value.actions.close();
  return context;
}

/** Fault proxies stand before the target is asked what it is: its provider may be behind one. */
export async function prepareRun(options: RunBenchOptions): Promise<Result<PreparedRun>> {
  const actions = await ActionSchedule.prepare(options.scenario, options.means ?? NO_MEANS);
  if (actions.kind === 'failed') return actions;
  const run = await prepareTarget(options, actions.value);
  if (run.kind === 'failed') await actions.value.close();
  return run;
}

/** The result of what has been measured. */
export function resultOf(run: PreparedRun, options: RunBenchOptions, outcome: StepsOutcome): ResultFile {
  const { context, target, seed, startedAtUnixMs, notes } = run;
  const actions = run.actions.records(outcome.steps);
  const { command = [] } = options;
  const noted = { ...outcome, notes: { ...outcome.notes, ...notes } };
  return createResult({
    context,
    outcome: noted,
    target,
    seed,
    startedAtUnixMs,
    command,
    ...(actions.length === 0 ? {} : { actions }),
  });
}

/**
 * Measures a target under a scenario. The only expected failure is a target that does not answer; an abort gives a
 * partial result.
 */
export async function runBench(options: RunBenchOptions): Promise<Result<ResultFile>> {
  const prepared = await prepareWithCrew(options);
  if (prepared.kind === 'failed') return prepared;
  const run = prepared.value;
  const { context } = run;
  try {
    return ok(
      await runGuarded(context, options, {
        readSoFar: () => resultOf(run, options, { steps: context.journal?.read() ?? [] }),
        body: async () => {
          run.actions.start(context.startedAtMs, context.onProgress);
          const outcome = await runLoadPlan(context);
          await run.actions.close();
          return resultOf(run, options, outcome);
        },
      }),
    );
  } finally {
    await context.crew?.close();
    await run.actions.close();
  }
}
