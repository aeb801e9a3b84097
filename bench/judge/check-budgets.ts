import { formatNumber } from '../../presentation/numbers.ts';
import { METRICS } from '../../vocabulary/metrics.ts';
import { emptyOutcomeCounts, mergeOutcomeCounts } from '../../vocabulary/outcomes.ts';
import { createRandom } from '../../vocabulary/random.ts';
import type { ResultFile, ResultStep } from '../../vocabulary/result-file.ts';
import { evaluateSlo, formatSlo, type Slo } from '../../vocabulary/slo.ts';
import { estimateByBootstrap } from './bootstrap.ts';
import { type Budget, scenarioNameOf } from './budgets.ts';
import { saturatedSteps } from './evidence.ts';
import { estimateBatchMean, estimateRatio, type Interval, scaleInterval } from './interval.ts';
import { medianOf } from './series.ts';
import {
  countOf,
  mergeHistograms,
  type RateMetric,
  readStatistic,
  type Statistic,
  windowSOf,
} from './statistic.ts';
import { CANDIDATE_VARIANT, pairCases, pairLoads } from './subjects.ts';
import { wholeSecondsOf } from './timeline.ts';

export type BudgetVerdict = 'met' | 'missed' | 'not enough evidence';

/** One budget held against one load or hot path of the candidate. */
export interface BudgetCheck {
  readonly subject: string;
  /** `p95 turn latency ≤ 2000 ms`. */
  readonly budget: string;
  readonly observed: string;
  readonly verdict: BudgetVerdict;
  readonly reason: string;
  /** Of the budget in its file, from 1. */
  readonly line: number | undefined;
}

/** Above, below or across a bound. */
function verdictOf(interval: Interval | undefined, bound: { min?: number; max?: number }): BudgetVerdict {
  if (interval === undefined) return 'not enough evidence';
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = bound;
  if (interval.low >= min && interval.high <= max) return 'met';
  return interval.high < min || interval.low > max ? 'missed' : 'not enough evidence';
}

const describeInterval = (interval: Interval | undefined): string =>
  interval === undefined
    ? 'no interval'
    : `95 %: ${formatNumber(interval.low)} to ${formatNumber(interval.high)} (${interval.method})`;

type Finding = Omit<BudgetCheck, 'subject' | 'line'>;

/** The limits of the scenario language are judged as everywhere else: exact bounds of the share beyond them. */
function checkObjective(slo: Slo, steps: readonly ResultStep[]): Finding {
  const verdict = evaluateSlo(slo, {
    counts: steps.map(({ counts }) => counts).reduce(mergeOutcomeCounts, emptyOutcomeCounts()),
    histogramOf: (metric) => mergeHistograms(steps, metric),
  });
  const statistic: Statistic =
    slo.kind === 'latency'
      ? { kind: 'percentile', metric: slo.metric, percent: slo.percentile }
      : { kind: 'error-ratio', metric: 'errorRatio' };
  const value = readStatistic(statistic, steps);
  const share =
    verdict.exceedRatio === undefined ? 'no samples' : `${formatNumber(100 * verdict.exceedRatio)} % beyond`;
  return {
    budget: formatSlo(slo),
    observed:
      value === undefined
        ? '—'
        : slo.kind === 'latency'
          ? `${formatNumber(value)} ms`
          : `${formatNumber(100 * value)} %`,
    verdict: verdict.kind === 'not-enough-evidence' ? 'not enough evidence' : verdict.kind,
    reason: `${share} of ${verdict.samples}`,
  };
}

/** Completed requests per second over whole seconds; short blocks that have too few of them are samples themselves. */
function estimateThroughput(steps: readonly ResultStep[]): Interval | undefined {
  const seconds = steps.flatMap((step) => wholeSecondsOf(step, 'completed'));
  if (seconds.length >= steps.length) return estimateBatchMean(seconds);
  return estimateBatchMean(steps.map((step) => countOf([step], 'throughputPerS') / windowSOf([step])));
}

/** A rate with its interval: goodput by the share of good requests, the others by their seconds. */
function estimateRate(metric: RateMetric, steps: readonly ResultStep[]): Interval | undefined {
  const windowS = windowSOf(steps);
  if (metric === 'goodputPerS') {
    const offered = steps.reduce((sum, { counts }) => sum + counts.offered, 0);
    const share = estimateRatio(countOf(steps, metric), offered);
    return share === undefined ? undefined : scaleInterval(share, offered / windowS);
  }
  const completed = countOf(steps, 'throughputPerS');
  const perS = estimateThroughput(steps);
  if (perS === undefined || completed === 0) return undefined;
  return scaleInterval(perS, countOf(steps, metric) / completed);
}

function checkRate(budget: Budget & { kind: 'rate' }, steps: readonly ResultStep[]): Finding {
  const interval = estimateRate(budget.metric, steps);
  const value = countOf(steps, budget.metric) / windowSOf(steps);
  return {
    budget: `${METRICS[budget.metric].label} ≥ ${budget.minPerS}/s`,
    observed: `${formatNumber(value)}/s`,
    verdict: verdictOf(interval, { min: budget.minPerS }),
    reason: describeInterval(interval),
  };
}

function checkCase(budget: Budget & { kind: 'case' }, nsPerOp: readonly number[]): Finding {
  const interval = estimateByBootstrap(nsPerOp, medianOf, { random: createRandom(1) });
  return {
    budget: `median ≤ ${budget.maxNsPerOp} ns`,
    observed: nsPerOp.length === 0 ? '—' : `${formatNumber(medianOf(nsPerOp))} ns`,
    verdict: verdictOf(interval, { max: budget.maxNsPerOp }),
    reason: describeInterval(interval),
  };
}

function checkLoad(budget: Exclude<Budget, { kind: 'case' }>, steps: readonly ResultStep[]): Finding {
  if (budget.kind === 'rate') return checkRate(budget, steps);
  const { load: _load, scenario: _scenario, ...slo } = budget;
  return checkObjective(slo, steps);
}

/** Doubt about the steps that a finding rests on turns it into no evidence. */
function doubted(finding: Finding, steps: readonly ResultStep[], results: readonly ResultFile[]): Finding {
  const isSaturated = results.some((result) => {
    const names = saturatedSteps(result);
    return names === true || steps.some(({ name }) => names.has(name));
  });
  return isSaturated
    ? {
        ...finding,
        verdict: 'not enough evidence',
        reason: 'the generator was the bottleneck in a step of it',
      }
    : finding;
}

/**
 * A budget for what a whole candidate does not have is missed: it may be misspelt, and would be kept for ever. A candidate that was
 * stopped may not have come to it.
 */
function absent(
  finding: Finding,
  what: string,
  names: readonly string[],
  results: readonly ResultFile[],
): Finding {
  const isStopped = results.some(({ state }) => state === 'partial');
  const present = names.length === 0 ? 'none' : names.join(', ');
  return {
    ...finding,
    observed: '—',
    verdict: isStopped ? 'not enough evidence' : 'missed',
    reason: `the candidate has no such ${what}; it has ${present}`,
  };
}

const candidateSteps = (result: ResultFile): ResultFile => ({
  ...result,
  steps: result.steps.filter(({ variant }) => variant === undefined || variant === CANDIDATE_VARIANT),
});

function checkOne(budget: Budget, candidates: readonly ResultFile[]): Omit<BudgetCheck, 'line'>[] {
  if (budget.kind === 'case') {
    const cases = pairCases([], candidates);
    const nsPerOp = cases.find(({ name }) => name === budget.case)?.candidate.flat() ?? [];
    const finding = checkCase(budget, nsPerOp);
    const names = cases.map(({ name }) => name);
    return [
      {
        subject: budget.case,
        ...(nsPerOp.length === 0 ? absent(finding, 'case', names, candidates) : finding),
      },
    ];
  }
  const asked = candidates.filter(
    (result) => budget.scenario === undefined || scenarioNameOf(result) === budget.scenario,
  );
  if (asked.length === 0) return [];
  const all = pairLoads([], asked.map(candidateSteps)).filter(({ candidate }) => candidate.length > 0);
  const loads = all.filter(({ name }) => budget.load === undefined || name === budget.load);
  if (loads.length === 0) {
    const names = all.map(({ name }) => name);
    return [{ subject: budget.load ?? '—', ...absent(checkLoad(budget, []), 'load', names, asked) }];
  }
  return loads.map(({ name, candidate }) => {
    const steps = candidate.flat();
    return { subject: name, ...doubted(checkLoad(budget, steps), steps, asked) };
  });
}

/** Every budget against every load of the candidate that it is about, in the order of the file. */
export const checkBudgets = (
  budgets: readonly Budget[],
  lines: readonly number[],
  candidates: readonly ResultFile[],
): BudgetCheck[] =>
  budgets.flatMap((budget, i) => checkOne(budget, candidates).map((check) => ({ ...check, line: lines[i] })));
