import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  diffPlans,
  type NamedPlan,
  PLAN_INPUTS_NAME,
  type PlanInput,
  planModes,
  readPlanInputs,
  writePlanInputs,
} from '../../planner/index.ts';
import { budgetLines } from '../../presentation/budget-section.ts';
import { buildPlanDiffReport } from '../../presentation/plan-diff/report.ts';
import { formatPlanDiff } from '../../presentation/plan-diff/terminal.ts';
import { renderHtml } from '../../presentation/render-html.ts';
import { renderMarkdown } from '../../presentation/render-markdown.ts';
import { BusyhourError, createFailure, unwrap } from '../../vocabulary/errors.ts';
import { ensureWritableFolder, writeFileAtomic } from '../../vocabulary/files.ts';
import type { PlanDiff } from '../../vocabulary/plan-diff.ts';
import { type PlanFile, readPlanFile } from '../../vocabulary/plan-file.ts';
import { type ResultFile, readResultFile } from '../../vocabulary/result-file.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import type { Command, CommandContext, CommandResult } from '../boundary.ts';
import {
  appendStepSummary,
  type BudgetOptions,
  budgetExitCode,
  judgePlan,
  readCeilings,
} from '../plan-gate.ts';
import { planInputFrom, plannableResults, writePlanOutputs } from '../planning.ts';

export interface PlanOptions extends BudgetOptions {
  readonly result?: readonly string[];
  readonly demand?: string;
  readonly interactionsPerDay?: number;
  readonly modes?: readonly string[];
  readonly slo?: readonly Slo[];
  readonly prices?: readonly string[];
  readonly diff?: readonly string[];
  readonly out?: string;
  readonly seed: number;
  readonly json?: boolean;
}

type Say = CommandContext['say'];

const DEFAULT_OUT = 'report';

const usage = (message: string): BusyhourError => new BusyhourError(createFailure('USAGE', message));

/** What a plan was made from lies beside it, unless that is of another plan: then it is as if there were none. */
function inputsBeside(path: string, plan: PlanFile): PlanInput | undefined {
  const beside = join(dirname(path), PLAN_INPUTS_NAME);
  if (!existsSync(beside)) return undefined;
  const input = unwrap(readPlanInputs(beside));
  return input.nowUnixMs === plan.createdAtUnixMs && input.seed === plan.seed ? input : undefined;
}

function namedPlan(path: string): NamedPlan {
  const plan = unwrap(readPlanFile(path));
  return { name: path, plan, input: inputsBeside(path, plan) };
}

/** Old and new as files; results would be a second new plan. */
function assertUse({ result, diff = [] }: PlanOptions): void {
  if (result === undefined && diff.length === 0)
    throw usage('-r: expected result files of busyhour bench, or --diff OLD NEW with two plans');
  if (result === undefined && diff.length !== 2)
    throw usage(`--diff: expected two plan files, or one with -r, got ${diff.length}`);
  if (result !== undefined && diff.length > 1)
    throw usage('--diff: expected one plan file beside -r: the new plan is the one that is made now');
}

function writeDiff(folder: string, diff: PlanDiff): void {
  unwrap(ensureWritableFolder(folder));
  const report = buildPlanDiffReport(diff);
  const files = [
    ['plan-diff.json', `${JSON.stringify(diff, null, 1)}\n`],
    ['plan-diff.md', renderMarkdown(report)],
    ['plan-diff.html', renderHtml(report)],
  ] as const;
  for (const [name, content] of files) unwrap(writeFileAtomic(join(folder, name), content));
}

/** Prints, writes and sums up a comparison. */
function tellDiff(diff: PlanDiff, folder: string | undefined, say: Say): void {
  say(formatPlanDiff(diff));
  if (folder !== undefined) {
    writeDiff(folder, diff);
    say(`comparison: ${resolve(folder, 'plan-diff.html')}`);
  }
  appendStepSummary(renderMarkdown(buildPlanDiffReport(diff)));
}

const withBudget = (diff: PlanDiff, budget: PlanDiff['budget']): PlanDiff =>
  budget === undefined ? diff : { ...diff, budget };

/** `--diff OLD NEW`: two files and nothing else. */
function compareFiles(
  options: PlanOptions,
  [old = '', now = '']: readonly string[],
  say: Say,
): CommandResult {
  const ceilings = readCeilings(options);
  const [before, after] = [namedPlan(old), namedPlan(now)];
  const budget = ceilings === undefined ? undefined : judgePlan(after.plan, ceilings, before.plan);
  const diff = withBudget(diffPlans(before, after), budget);
  tellDiff(diff, options.out, say);
  if (budget !== undefined) for (const line of budgetLines(budget)) say(line);
  return { exitCode: budgetExitCode(budget), json: diff };
}

/** Plans from results, and compares with an earlier plan where one is given. */
function planAndCompare(options: PlanOptions, results: readonly ResultFile[], say: Say): CommandResult {
  const out = options.out ?? DEFAULT_OUT;
  const ceilings = readCeilings(options);
  const [old] = options.diff ?? [];
  const before = old === undefined ? undefined : namedPlan(old);
  const input = planInputFrom({
    ...options,
    results,
    slos: options.slo,
    demandFile: options.demand,
    priceFiles: options.prices,
  });
  const made = unwrap(planModes(input));
  const budget = ceilings === undefined ? undefined : judgePlan(made, ceilings, before?.plan);
  const planned = budget === undefined ? made : { ...made, budget };
  say(writePlanOutputs(out, planned, results));
  unwrap(writePlanInputs(join(out, PLAN_INPUTS_NAME), input));
  say(`report: ${resolve(out, 'report.html')}`);
  const after = { name: join(out, 'plan.json'), plan: planned, input };
  const diff = before === undefined ? undefined : withBudget(diffPlans(before, after), budget);
  if (diff !== undefined) {
    say('');
    tellDiff(diff, out, say);
  }
  if (budget !== undefined) for (const line of budgetLines(budget)) say(line);
  return { exitCode: budgetExitCode(budget), json: diff ?? planned };
}

/**
 * `busyhour plan`: results and a demand to replicas and cost for each mode, with the report; or what changed between two
 * plans. Ends with 30 where a stated ceiling is broken.
 */
export const plan: Command<PlanOptions> = async (options, { say }) => {
  assertUse(options);
  const { result: paths, diff = [] } = options;
  if (paths === undefined) return compareFiles(options, diff, say);
  unwrap(ensureWritableFolder(options.out ?? DEFAULT_OUT));
  const results = plannableResults(paths.map((path) => ({ path, result: unwrap(readResultFile(path)) })));
  return planAndCompare(options, results, say);
};
