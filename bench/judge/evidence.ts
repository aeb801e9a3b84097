import { createRandom } from '../../vocabulary/random.ts';
import type { ResultFile, ResultStep } from '../../vocabulary/result-file.ts';
import { type Assessment, assessPairedShares, assessPairs, assessSides, widenByRuns } from './assessment.ts';
import type { ComparePolicy } from './comparison.ts';
import { assessSingleRuns } from './single-run.ts';
import { readPositive, type Statistic } from './statistic.ts';
import type { CaseSubject, LoadSubject } from './subjects.ts';

export interface EvidenceOptions {
  readonly policy: ComparePolicy;
  readonly isPaired: boolean;
}

/** What there is to judge, or why there is nothing. */
export type Evidence =
  | { readonly kind: 'assessed'; readonly assessment: Assessment }
  | { readonly kind: 'none'; readonly reason: string; readonly blocks: number };

const none = (reason: string, blocks = 0): Evidence => ({ kind: 'none', reason, blocks });
const assessed = (assessment: Assessment): Evidence => ({ kind: 'assessed', assessment });

/** Blocks of both sides with the same number, in order. */
export function pairBlocks(
  baseline: readonly ResultStep[],
  candidate: readonly ResultStep[],
): (readonly [ResultStep, ResultStep])[] {
  const byBlock = new Map(candidate.map((step, i) => [step.block ?? i, step]));
  return baseline.flatMap((step, i) => {
    const partner = byBlock.get(step.block ?? i);
    return partner === undefined ? [] : [[step, partner] as const];
  });
}

function valuesOf(statistic: Statistic, groups: readonly (readonly ResultStep[])[]): number[] {
  return groups.flatMap((steps) => readPositive(statistic, steps) ?? []);
}

const hasNoLogarithm = (values: readonly number[]): boolean => values.some((value) => value <= 0);

function assessPairedSteps(
  statistic: Statistic,
  pairs: readonly (readonly [ResultStep, ResultStep])[],
  seed: number,
): Evidence {
  const values = pairs.flatMap(([before, after]) => {
    const [a, b] = [readPositive(statistic, [before]), readPositive(statistic, [after])];
    return a === undefined || b === undefined ? [] : [[a, b] as const];
  });
  if (values.length < 2) return none(`${values.length} pairs of blocks`, values.length);
  if (statistic.kind === 'error-ratio') return assessed(assessPairedShares(values, createRandom(seed)));
  if (hasNoLogarithm(values.flat())) return none('a block of zero has no ratio', values.length);
  return assessed(assessPairs(values));
}

function assessUnpairedSteps(
  statistic: Statistic,
  groups: {
    readonly baseline: readonly (readonly ResultStep[])[];
    readonly candidate: readonly (readonly ResultStep[])[];
  },
  unit: 'blocks' | 'runs',
): Evidence {
  const [before, after] = [valuesOf(statistic, groups.baseline), valuesOf(statistic, groups.candidate)];
  const scale = statistic.kind === 'error-ratio' ? 'difference' : 'log';
  const fewer = Math.min(before.length, after.length);
  if (fewer === 0) return none('one side has no value', 0);
  if (scale === 'log' && hasNoLogarithm([...before, ...after]))
    return none('a block of zero has no ratio', fewer);
  return assessed(assessSides(before, after, { scale, unit }));
}

const alone = (steps: readonly ResultStep[]): (readonly ResultStep[])[] => steps.map((step) => [step]);

/** How one statistic of one load differs between the two sides, by the strongest method that the results allow. */
export function weighLoad(subject: LoadSubject, statistic: Statistic, options: EvidenceOptions): Evidence {
  const { policy, isPaired } = options;
  if (subject.baseline.length > 1 || subject.candidate.length > 1)
    return assessUnpairedSteps(statistic, subject, 'runs');
  const [before = [], after = []] = [subject.baseline[0], subject.candidate[0]];
  if (isPaired && before.length > 1)
    return assessPairedSteps(statistic, pairBlocks(before, after), policy.seed);
  const [first, second] = [before[0], after[0]];
  if (before.length === 1 && after.length === 1 && first !== undefined && second !== undefined) {
    const assessment = assessSingleRuns(statistic, first, second, createRandom(policy.seed));
    if (assessment === undefined) return none('a run is too short or too bare to be judged alone', 1);
    return assessed(widenByRuns(assessment, policy.runToRunRatio));
  }
  const blocks = { baseline: alone(before), candidate: alone(after) };
  const evidence = assessUnpairedSteps(statistic, blocks, 'blocks');
  if (evidence.kind === 'none') return evidence;
  return assessed(widenByRuns(evidence.assessment, policy.runToRunRatio));
}

const medianPerRun = (
  runs: readonly (readonly number[])[],
  medianOf: (v: readonly number[]) => number,
): number[] => runs.map(medianOf);

/** The same for a hot path: blocks paired by their place, or runs by their medians. */
export function weighCase(
  subject: CaseSubject,
  medianOf: (values: readonly number[]) => number,
  { policy, isPaired }: EvidenceOptions,
): Evidence {
  const { baseline, candidate } = subject;
  if (baseline.length > 1 || candidate.length > 1)
    return assessed(
      assessSides(medianPerRun(baseline, medianOf), medianPerRun(candidate, medianOf), {
        scale: 'log',
        unit: 'runs',
      }),
    );
  const [before = [], after = []] = [baseline[0], candidate[0]];
  const fewer = Math.min(before.length, after.length);
  if (fewer < 2) return none(`${fewer} blocks`, fewer);
  if (!isPaired)
    return assessed(
      widenByRuns(assessSides(before, after, { scale: 'log', unit: 'blocks' }), policy.runToRunRatio),
    );
  const pairs = before.slice(0, fewer).map((value, i) => [value, after[i] ?? value] as const);
  return assessed(assessPairs(pairs));
}

const SATURATED = 'GENERATOR_SATURATED';

/** Names of the steps in which the generator was the bottleneck; `true` where that is said of the whole run. */
export function saturatedSteps(result: ResultFile): ReadonlySet<string> | true {
  const doubts = result.diagnostics.filter(({ code }) => code === SATURATED);
  if (doubts.some(({ subject }) => subject === undefined)) return true;
  return new Set(doubts.flatMap(({ subject }) => subject ?? []));
}
