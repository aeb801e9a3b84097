import { appendFileSync, existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { updateBaseline } from '../../bench/judge/baseline.ts';
import {
  baselinesFor,
  NO_BUDGETS,
  type ReadBudgets,
  readBudgets,
  scenarioNameOf,
} from '../../bench/judge/budgets.ts';
import { findMismatches } from '../../bench/judge/comparability.ts';
import { type GateOutcome, runGate } from '../../bench/judge/gate.ts';
import {
  type AnnotationStyle,
  buildGitlabReport,
  detectAnnotations,
  formatGithubAnnotations,
} from '../../bench/judge/gate-annotations.ts';
import { formatJunit } from '../../bench/judge/gate-junit.ts';
import { formatGate, formatGateMarkdown } from '../../bench/judge/gate-text.ts';
import { BusyhourError, createFailure, unwrap } from '../../vocabulary/errors.ts';
import { writeFileAtomic } from '../../vocabulary/files.ts';
import { type ResultFile, readResultFile } from '../../vocabulary/result-file.ts';
import type { Command } from '../boundary.ts';

export interface GateOptions {
  readonly candidate: readonly string[];
  readonly baseline?: readonly string[];
  readonly budgets?: string;
  readonly junit?: string;
  readonly markdown?: string;
  readonly annotations: AnnotationStyle | 'auto';
  readonly codeQuality: string;
  readonly update?: boolean;
  readonly force?: string;
  readonly json?: boolean;
}

const DEFAULT_BUDGETS = 'budgets.yaml';

function usage(message: string): BusyhourError {
  return new BusyhourError(createFailure('USAGE', message));
}

/** The budgets file in use, if any. */
const budgetsPathOf = ({ budgets }: GateOptions): string | undefined =>
  budgets ?? (existsSync(DEFAULT_BUDGETS) ? DEFAULT_BUDGETS : undefined);

/** Paths in a budgets file are relative to it. */
function baselinePaths(options: GateOptions, budgets: ReadBudgets, candidate: ResultFile): readonly string[] {
  if (options.baseline !== undefined) return options.baseline;
  const folder = dirname(budgetsPathOf(options) ?? '');
  return baselinesFor(budgets.file, scenarioNameOf(candidate)).map((path) =>
    isAbsolute(path) ? path : join(folder, path),
  );
}

/** Baselines that exist; a missing one is a failure unless this run makes it. */
function readBaselines(paths: readonly string[], isUpdate: boolean): ResultFile[] {
  const missing = paths.filter((path) => !existsSync(path));
  if (missing.length > 0 && !isUpdate) {
    const hint = 'Run the gate with --update on a result that you trust to make it the baseline.';
    const message = `the baseline ${missing.join(', ')} does not exist`;
    throw new BusyhourError(createFailure('INPUT_NOT_FOUND', message, { hint }));
  }
  return paths.filter((path) => existsSync(path)).map((path) => unwrap(readResultFile(path)));
}

/** Another target or scenario is another question; with a reason, the figures are compared as far as they go. */
function assertComparable(
  baselines: readonly ResultFile[],
  candidates: readonly ResultFile[],
  force?: string,
): void {
  const [first] = baselines;
  if (first === undefined || force !== undefined) return;
  const issues = candidates.flatMap((candidate) => findMismatches(first, candidate).wrong);
  if (issues.length === 0) return;
  const message = 'the candidate does not answer the question of its baseline';
  throw new BusyhourError(createFailure('NOT_COMPARABLE', message, { issues }));
}

/** A forced comparison takes the candidate's target, scenario and machine for the baseline's. */
const alignedTo = (candidate: ResultFile, baseline: ResultFile): ResultFile => ({
  ...baseline,
  target: candidate.target,
  scenario: candidate.scenario,
  machine: candidate.machine,
});

function writeSummary(outcome: GateOutcome, path: string | undefined): void {
  const markdown = formatGateMarkdown(outcome);
  if (path !== undefined) unwrap(writeFileAtomic(path, markdown));
  const summary = process.env.GITHUB_STEP_SUMMARY;
  if (summary !== undefined && summary !== '') appendFileSync(summary, `${markdown}\n`);
}

function annotate(outcome: GateOutcome, options: GateOptions): void {
  const style = options.annotations === 'auto' ? detectAnnotations(process.env) : options.annotations;
  const path = budgetsPathOf(options);
  if (style === 'github') {
    // Runners read both streams; standard output belongs to --json.
    const stream = options.json === true ? process.stderr : process.stdout;
    for (const line of formatGithubAnnotations(outcome, path)) stream.write(`${line}\n`);
  }
  if (style === 'gitlab') {
    const report = JSON.stringify(buildGitlabReport(outcome, path), null, 1);
    unwrap(writeFileAtomic(options.codeQuality, `${report}\n`));
  }
}

/** A gate that held nothing against anything must not pass: a name that is spelt wrong would switch it off. */
function assertJudged({ comparison, budgets }: GateOutcome): void {
  if (comparison === undefined && budgets.length === 0)
    throw usage(
      'nothing to judge: expected --baseline, a budgets file with a baseline or a budget for this scenario, or a result with variants a and b',
    );
}

interface UpdateInput {
  readonly paths: readonly string[];
  readonly baselines: readonly ResultFile[];
  readonly candidates: readonly ResultFile[];
  readonly force: string | undefined;
}

/** One result replaces one baseline; which of several would be a guess. */
function update({ paths, baselines, candidates, force }: UpdateInput): string {
  const [path, ...otherPaths] = paths;
  const [candidate, ...otherCandidates] = candidates;
  if (path === undefined || candidate === undefined)
    throw usage('--update: name the baseline with --baseline, or under baselines in the budgets file');
  if (otherPaths.length > 0 || otherCandidates.length > 0)
    throw usage('--update: expected one candidate and one baseline');
  return unwrap(updateBaseline({ path, candidate, previous: baselines[0], force, atUnixMs: Date.now() }));
}

/** `busyhour gate`: judges a result, writes what a CI reads, and ends with 0, 30 (budget missed) or 31 (regression). */
export const gate: Command<GateOptions> = async (options, { say }) => {
  if (options.force?.trim() === '') throw usage('--force: expected a reason');
  const budgetsPath = budgetsPathOf(options);
  const budgets = budgetsPath === undefined ? NO_BUDGETS : unwrap(readBudgets(budgetsPath));
  const candidates = options.candidate.map((path) => unwrap(readResultFile(path)));
  const [first] = candidates;
  if (first === undefined) throw usage('--candidate: expected a result file');
  const paths = baselinePaths(options, budgets, first);
  const isUpdate = options.update === true;
  const baselines = readBaselines(paths, isUpdate);
  if (!isUpdate) assertComparable(baselines, candidates, options.force);
  const baseline =
    options.force === undefined ? baselines : baselines.map((result) => alignedTo(first, result));
  const outcome = runGate({ baseline, candidate: candidates, budgets });
  if (!isUpdate) assertJudged(outcome);
  if (options.force !== undefined) say(`forced: ${options.force}`);
  say(formatGate(outcome));
  if (options.junit !== undefined) unwrap(writeFileAtomic(options.junit, formatJunit(outcome)));
  writeSummary(outcome, options.markdown);
  annotate(outcome, options);
  if (isUpdate) say(`baseline: ${update({ paths, baselines, candidates, force: options.force })}`);
  return { exitCode: outcome.exitCode, json: outcome };
};
