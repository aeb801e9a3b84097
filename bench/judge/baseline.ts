import { appendFileSync } from 'node:fs';
import { createFailure, failed, type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import { type ResultFile, writeResultFile } from '../../vocabulary/result-file.ts';
import { findMismatches } from './comparability.ts';

/** Why a result must not become a baseline: it was stopped, its generator was the bottleneck, or it answers another question. */
export function findBaselineProblems(candidate: ResultFile, previous: ResultFile | undefined): Issue[] {
  const problems: Issue[] = [];
  const add = (path: string, expected: string, got: string, fix: string): void => {
    problems.push({ path, expected, got, fix });
  };
  if (candidate.state !== 'complete') add('state', 'complete', candidate.state, 'run the bench to its end');
  for (const { code, subject, message } of candidate.diagnostics)
    if (code === 'GENERATOR_SATURATED')
      add(
        `diagnostics ${subject ?? ''}`.trim(),
        'a generator that keeps up',
        message,
        'lower the rate or free CPU',
      );
  if (candidate.steps.length === 0 && (candidate.micro ?? []).length === 0)
    add('steps', 'at least one step or case', 'none', 'run the bench again');
  if (previous === undefined) return problems;
  const { wrong, machine } = findMismatches(previous, candidate);
  return [...problems, ...wrong, ...machine];
}

export interface BaselineUpdate {
  readonly path: string;
  readonly candidate: ResultFile;
  readonly previous: ResultFile | undefined;
  /** Why problems are overridden. */
  readonly force?: string | undefined;
  readonly atUnixMs: number;
}

/** One line per change beside the baseline, so that a forced one can be found: FILE.history.jsonl. */
function noteUpdate(update: BaselineUpdate, problems: readonly Issue[]): Result<string> {
  const path = `${update.path}.history.jsonl`;
  const entry = {
    atUnixMs: update.atUnixMs,
    runId: update.candidate.runId,
    previousRunId: update.previous?.runId ?? null,
    ...(problems.length === 0 ? {} : { forced: update.force, problems }),
  };
  try {
    appendFileSync(path, `${JSON.stringify(entry)}\n`);
    return ok(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed('OUTPUT_NOT_WRITABLE', `cannot write ${path}: ${reason}`, { cause });
  }
}

/** Replaces a baseline, whole or not at all. Refused for results that cannot be one, unless a reason is given. */
export function updateBaseline(update: BaselineUpdate): Result<string> {
  const problems = findBaselineProblems(update.candidate, update.previous);
  if (problems.length > 0 && update.force === undefined) {
    const message = `${update.path} was left as it is: the candidate has ${problems.length} problem${problems.length === 1 ? '' : 's'}`;
    return { kind: 'failed', failure: createFailure('BASELINE_REFUSED', message, { issues: problems }) };
  }
  const written = writeResultFile(update.path, update.candidate);
  if (written.kind === 'failed') return written;
  const noted = noteUpdate(update, problems);
  return noted.kind === 'failed' ? noted : written;
}
