import { METRICS } from '../../vocabulary/metrics.ts';
import type { ResultFile, ResultStep } from '../../vocabulary/result-file.ts';
import { describeMismatches } from './comparability.ts';
import { areSearches, readCapacity, weighCapacity } from './compare-capacity.ts';
import { type ComparePolicy, type Comparison, type MetricComparison, overallVerdict } from './comparison.ts';
import { type Evidence, type EvidenceOptions, saturatedSteps, weighCase, weighLoad } from './evidence.ts';
import { adjustByHolm } from './holm.ts';
import { medianOf } from './series.ts';
import {
  betterOf,
  DEFAULT_STATISTICS,
  labelOf,
  parseStatistic,
  readStatistic,
  type Statistic,
  withheldReasonOf,
} from './statistic.ts';
import { type LoadSubject, pairCases, pairLoads, ranSideBySide } from './subjects.ts';
import { judge } from './verdict.ts';

/** One false alarm in a hundred comparisons at most; differences below 2 % and half a percentage point do not matter. */
export const DEFAULT_POLICY: ComparePolicy = {
  falseAlarmProbability: 0.01,
  minEffectRatio: 0.02,
  minErrorRatioChange: 0.005,
  runToRunRatio: 0.05,
  maxNoiseRatio: 0.15,
  metrics: DEFAULT_STATISTICS,
  pairing: 'auto',
  seed: 1,
};

/** A row before the correction for the number of rows. */
interface Draft {
  readonly row: Omit<MetricComparison, 'verdict' | 'reason' | 'probability'>;
  readonly evidence: Evidence;
  /** Why the row may not be judged whatever it shows. */
  readonly doubt?: string | undefined;
}

const flat = (runs: readonly (readonly ResultStep[])[]): readonly ResultStep[] => runs.flat();

function missingSide(subject: LoadSubject): string | undefined {
  if (subject.baseline.length === 0) return 'the baseline has no step at this load';
  return subject.candidate.length === 0 ? 'the candidate has no step at this load' : undefined;
}

/** One row of a load; undefined where neither side has the figure. */
function draftLoad(subject: LoadSubject, statistic: Statistic, options: EvidenceOptions): Draft | undefined {
  const better = betterOf(statistic.metric);
  if (better === 'neither') return undefined;
  const [before, after] = [flat(subject.baseline), flat(subject.candidate)];
  const [baseline, candidate] = [readStatistic(statistic, before), readStatistic(statistic, after)];
  if (baseline === undefined && candidate === undefined) return undefined;
  const missing = missingSide(subject);
  const evidence: Evidence =
    missing === undefined
      ? weighLoad(subject, statistic, options)
      : { kind: 'none', reason: missing, blocks: 0 };
  const withheld = withheldReasonOf(statistic, before) ?? withheldReasonOf(statistic, after);
  return {
    row: {
      subject: subject.name,
      metric: labelOf(statistic),
      unit: METRICS[statistic.metric].unit,
      better,
      baseline,
      candidate,
      blocks: evidence.kind === 'assessed' ? evidence.assessment.blocks : evidence.blocks,
    },
    evidence,
    doubt: missing === undefined ? withheld : undefined,
  };
}

/** Rows of all loads. Throughput is a figure of closed loops: in an open one the schedule decides it. */
function draftLoads(subjects: readonly LoadSubject[], options: EvidenceOptions): Draft[] {
  const statistics = options.policy.metrics.flatMap((text) => parseStatistic(text) ?? []);
  return subjects.flatMap((subject) =>
    statistics
      .filter(({ metric }) => metric !== 'throughputPerS' || subject.load.kind === 'closed')
      .flatMap((statistic) => draftLoad(subject, statistic, options) ?? []),
  );
}

function draftCases(
  baseline: readonly ResultFile[],
  candidate: readonly ResultFile[],
  options: EvidenceOptions,
): Draft[] {
  return pairCases(baseline, candidate).map((subject) => {
    const [before, after] = [subject.baseline.flat(), subject.candidate.flat()];
    const missing = before.length === 0 ? 'the baseline has no such case' : 'the candidate has no such case';
    const evidence: Evidence =
      before.length === 0 || after.length === 0
        ? { kind: 'none', reason: missing, blocks: 0 }
        : weighCase(subject, medianOf, options);
    return {
      row: {
        subject: subject.name,
        metric: 'median time per operation',
        unit: 'ns',
        better: 'lower' as const,
        baseline: before.length === 0 ? undefined : medianOf(before),
        candidate: after.length === 0 ? undefined : medianOf(after),
        blocks: evidence.kind === 'assessed' ? evidence.assessment.blocks : evidence.blocks,
      },
      evidence,
    };
  });
}

/** One row for two searches: what a search for capacity answers, whatever rates it went through. */
function draftCapacity(
  baseline: readonly ResultFile[],
  candidate: readonly ResultFile[],
  { policy }: EvidenceOptions,
): Draft[] {
  if (!areSearches(baseline, candidate)) return [];
  const evidence = weighCapacity(baseline, candidate, policy);
  const { label, unit, better } = METRICS.capacityTurnsPerS;
  const row = {
    subject: 'all rates',
    metric: label,
    unit,
    better,
    baseline: readCapacity(baseline),
    candidate: readCapacity(candidate),
    blocks: evidence.kind === 'assessed' ? evidence.assessment.blocks : evidence.blocks,
  };
  return [{ row, evidence }];
}

/** Loads to compare. Searches choose their rates as they go: of theirs only those that both sides have. */
function subjectsOf(baseline: readonly ResultFile[], candidate: readonly ResultFile[]): LoadSubject[] {
  const subjects = pairLoads(baseline, candidate);
  if (!areSearches(baseline, candidate)) return subjects;
  return subjects.filter((subject) => missingSide(subject) === undefined);
}

function changeOf(evidence: Evidence): Pick<MetricComparison, 'change' | 'test' | 'noiseRatio'> {
  if (evidence.kind === 'none') return {};
  const { shift, low, high, scale, test, noiseRatio } = evidence.assessment;
  const as = scale === 'log' ? Math.exp : (value: number): number => value;
  return {
    change: {
      kind: scale === 'log' ? 'ratio' : 'difference',
      estimate: as(shift),
      low: as(low),
      high: as(high),
    },
    test,
    ...(noiseRatio === undefined ? {} : { noiseRatio }),
  };
}

/** Judges all rows together: the correction needs to know how many there are. */
function judgeDrafts(drafts: readonly Draft[], policy: ComparePolicy): MetricComparison[] {
  const isJudged = ({ evidence, doubt }: Draft): boolean =>
    evidence.kind === 'assessed' && doubt === undefined;
  const judged = drafts.filter(isJudged);
  const adjusted = adjustByHolm(
    judged.map(({ evidence }) => (evidence.kind === 'assessed' ? evidence.assessment.probability : 1)),
  );
  return drafts.map((draft) => {
    const { row, evidence, doubt } = draft;
    const shown = { ...row, ...changeOf(evidence) };
    if (doubt !== undefined) return { ...shown, verdict: 'not enough evidence', reason: doubt };
    if (evidence.kind === 'none')
      return { ...shown, verdict: 'not enough evidence', reason: evidence.reason };
    const probability = adjusted[judged.indexOf(draft)] ?? 1;
    const judgement = judge(evidence.assessment, {
      policy,
      better: row.better,
      probability,
      figures: judged.length,
    });
    return { ...shown, probability, ...judgement };
  });
}

/** The result without steps in which the generator was the bottleneck. */
function withoutSaturated(result: ResultFile): ResultFile {
  const saturated = saturatedSteps(result);
  if (saturated === true) return { ...result, steps: [] };
  return { ...result, steps: result.steps.filter(({ name }) => !saturated.has(name)) };
}

const droppedSteps = (runs: readonly ResultFile[], kept: readonly ResultFile[]): number =>
  runs.reduce((sum, run, i) => sum + run.steps.length - (kept[i]?.steps.length ?? 0), 0);

/**
 * Compares any number of runs of two versions. With one run each, blocks that ran side by side are paired; otherwise what one run
 * cannot show of the next is assumed by the policy. With several, runs are the samples.
 */
export function compareRuns(
  baseline: readonly ResultFile[],
  candidate: readonly ResultFile[],
  policy: ComparePolicy = DEFAULT_POLICY,
): Comparison {
  const [before, after] = [baseline.map(withoutSaturated), candidate.map(withoutSaturated)];
  const [first, second] = [baseline[0], candidate[0]];
  const isAlone = baseline.length === 1 && candidate.length === 1;
  const overlaps = first !== undefined && second !== undefined && ranSideBySide(first, second);
  const isPaired = isAlone && (policy.pairing === 'auto' ? overlaps : policy.pairing === 'paired');
  const options = { policy, isPaired };
  const dropped = droppedSteps(baseline, before) + droppedSteps(candidate, after);
  const doubts = describeMismatches(baseline, candidate, isPaired);
  const drafts = [
    ...draftCapacity(before, after, options),
    ...draftLoads(subjectsOf(before, after), options),
    ...draftCases(before, after, options),
  ].map((draft) => ({ ...draft, doubt: doubts[0] ?? draft.doubt }));
  const metrics = judgeDrafts(drafts, policy);
  return {
    pairing: isPaired ? 'paired' : 'unpaired',
    metrics,
    verdict: overallVerdict(metrics.map(({ verdict }) => verdict)),
    notes: [
      ...doubts,
      ...(dropped === 0 ? [] : [`${dropped} steps were left out: the generator was the bottleneck`]),
      ...(metrics.length === 0 ? ['the results have no figure in common'] : []),
    ],
  };
}

/** Compares two results: the gate's one question. */
export const compareResults = (
  baseline: ResultFile,
  candidate: ResultFile,
  policy: ComparePolicy = DEFAULT_POLICY,
): Comparison => compareRuns([baseline], [candidate], policy);
