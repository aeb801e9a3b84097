import { formatNumber } from '../../presentation/numbers.ts';
import { formatLoad } from '../../presentation/step-reading.ts';
import type { ResultFile, ResultStep, StepLoad } from '../../vocabulary/result-file.ts';

/** Steps of one load, of both sides; `runs` keeps the steps of each result file apart. */
export interface LoadSubject {
  readonly name: string;
  readonly load: StepLoad;
  readonly baseline: readonly (readonly ResultStep[])[];
  readonly candidate: readonly (readonly ResultStep[])[];
}

/** Loads are the same when they ask for the same; what a trace really offered follows from its rows. */
export const loadKey = (load: StepLoad): string => JSON.stringify(load);

const stepsOf = (runs: readonly ResultFile[], key: string): ResultStep[][] =>
  runs
    .map((run) => run.steps.filter((step) => loadKey(step.load) === key))
    .filter((steps) => steps.length > 0);

/** Every load that any result holds, in the order met. A side without it is empty. */
export function pairLoads(baseline: readonly ResultFile[], candidate: readonly ResultFile[]): LoadSubject[] {
  const loads = new Map<string, StepLoad>();
  for (const { load } of [...baseline, ...candidate].flatMap((run) => run.steps))
    if (!loads.has(loadKey(load))) loads.set(loadKey(load), load);
  return [...loads].map(([key, load]) => ({
    name: formatLoad(load, formatNumber),
    load,
    baseline: stepsOf(baseline, key),
    candidate: stepsOf(candidate, key),
  }));
}

/** Median times of blocks of one hot path, of both sides, one list per result file. */
export interface CaseSubject {
  readonly name: string;
  readonly baseline: readonly (readonly number[])[];
  readonly candidate: readonly (readonly number[])[];
}

const blocksOf = (runs: readonly ResultFile[], name: string): (readonly number[])[] =>
  runs.flatMap((run) =>
    (run.micro ?? []).flatMap(({ case: own, nsPerOp }) =>
      own === name && nsPerOp.length > 0 ? [nsPerOp] : [],
    ),
  );

export function pairCases(baseline: readonly ResultFile[], candidate: readonly ResultFile[]): CaseSubject[] {
  const names = new Set(
    [...baseline, ...candidate].flatMap((run) => (run.micro ?? []).map((each) => each.case)),
  );
  return [...names].map((name) => ({
    name,
    baseline: blocksOf(baseline, name),
    candidate: blocksOf(candidate, name),
  }));
}

export const BASELINE_VARIANT = 'a';
export const CANDIDATE_VARIANT = 'b';

/** The two sides of one result of `busyhour bench` with variants; undefined when it has not both. */
export function splitVariants(
  result: ResultFile,
): { readonly baseline: ResultFile; readonly candidate: ResultFile } | undefined {
  const withVariant = (variant: string): ResultFile => ({
    ...result,
    steps: result.steps.filter((step) => step.variant === variant),
  });
  const [baseline, candidate] = [withVariant(BASELINE_VARIANT), withVariant(CANDIDATE_VARIANT)];
  return baseline.steps.length > 0 && candidate.steps.length > 0 ? { baseline, candidate } : undefined;
}

/** Whether two results came about side by side: their times overlap, as of interleaved blocks. */
export const ranSideBySide = (a: ResultFile, b: ResultFile): boolean =>
  a.startedAtUnixMs <= b.finishedAtUnixMs && b.startedAtUnixMs <= a.finishedAtUnixMs;
