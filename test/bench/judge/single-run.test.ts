import { describe, expect, it } from 'vitest';
import { parseBudgets } from '../../../bench/judge/budgets.ts';
import { checkBudgets } from '../../../bench/judge/check-budgets.ts';
import { compareResults } from '../../../bench/judge/compare.ts';
import type { Comparison } from '../../../bench/judge/comparison.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import type { ResultFile, ResultStep } from '../../../vocabulary/result-file.ts';
import { latenciesOf, resultOf, stepOf } from './result-of.ts';

const at = (startedAtUnixMs: number, steps: ResultStep[]): ResultFile =>
  resultOf({ startedAtUnixMs, finishedAtUnixMs: startedAtUnixMs + 1, steps });

/** Ten loads, each measured once. */
const sweep = (startedAtUnixMs: number, factor: number): ResultFile =>
  at(
    startedAtUnixMs,
    Array.from({ length: 10 }, (_, i) =>
      stepOf({
        name: `step ${i}`,
        load: { kind: 'closed', concurrency: i + 1 },
        latenciesMs: latenciesOf(startedAtUnixMs + i, { count: 1_000, medianMs: 20 * factor }),
        windowMs: 20_000,
      }),
    ),
  );

describe('a sweep against a stored baseline', () => {
  const verdictsOf = ({ metrics }: Comparison, metric: string): string[] =>
    metrics.filter((row) => row.metric === metric).map(({ verdict }) => verdict);

  it('is worse at every load where latency doubled, however many figures are compared', () => {
    const comparison = compareResults(sweep(1_000, 1), sweep(50_000, 2));
    expect(comparison.metrics.length).toBeGreaterThan(40);
    expect(verdictsOf(comparison, 'p50 turn latency')).toEqual(Array<string>(10).fill('worse'));
    expect(verdictsOf(comparison, 'p95 turn latency')).toEqual(Array<string>(10).fill('worse'));
  });

  it('is worse nowhere where nothing changed', () => {
    const verdicts = [1, 2, 3].map((i) =>
      compareResults(sweep(1_000 + 20 * i, 1), sweep(50_000 + 20 * i, 1)),
    );
    expect(verdicts.every(({ verdict }) => verdict !== 'worse')).toBe(true);
  });
});

/** A minute of twenty requests a second, of which so many failed in each second. */
function failing(startedAtUnixMs: number, failedIn: (second: number) => number): ResultFile {
  const perSecond = Array.from({ length: 60 }, (_, second) => failedIn(second));
  const failed = perSecond.reduce((sum, count) => sum + count, 0);
  const step = stepOf({ latenciesMs: Array<number>(1_200 - failed).fill(20), failed, windowMs: 60_000 });
  const timeline = step.timeline.map((second, i) => ({ ...second, unsuccessful: perSecond[i] ?? 0 }));
  return at(startedAtUnixMs, [{ ...step, timeline }]);
}

const errorRow = (candidate: ResultFile) =>
  compareResults(
    failing(1_000, () => 0),
    candidate,
  ).metrics.find(({ metric }) => metric === 'error ratio');

describe('errors of two single runs', () => {
  it('are worse when they go on for the whole run, and one event when they come in one second', () => {
    expect(errorRow(failing(50_000, (second) => second % 2))).toMatchObject({ verdict: 'worse' });
    const blip = errorRow(failing(50_000, (second) => (second === 30 ? 20 : 0)));
    expect(blip).toMatchObject({ verdict: 'not enough evidence' });
    expect(blip?.reason).toContain('failures come in clusters: counted 20.0 as one');
    expect(blip?.change?.estimate).toBeCloseTo(20 / 1_200, 10);
  });

  it('are worse when everything fails, and the rates of nothing with them', () => {
    const dead = failing(50_000, () => 20);
    const { metrics } = compareResults(
      failing(1_000, () => 0),
      dead,
    );
    const verdictOf = (metric: string) => metrics.find((row) => row.metric === metric)?.verdict;
    expect(verdictOf('error ratio')).toBe('worse');
    expect(verdictOf('goodput')).toBe('worse');
  });
});

describe('a budget for throughput', () => {
  const budgetOf = (minPerS: number) =>
    unwrap(
      parseBudgets(
        `kind: busyhour-budgets\nschemaVersion: 1\nbudgets:\n  - { kind: rate, metric: throughputPerS, minPerS: ${minPerS} }\n`,
        'budgets.yaml',
      ),
    ).file.budgets;

  /** Blocks of 100 requests/s that last so long. */
  const blocksOf = (windowMs: number): ResultFile => {
    const steps = Array.from({ length: 20 }, (_, block) => {
      const perS = 100 + (block % 3) - 1;
      const count = Math.round((perS * windowMs) / 1_000);
      const step = stepOf({ block, windowMs, latenciesMs: Array<number>(count).fill(10) });
      const timeline = step.timeline.map((second, i) => ({
        ...second,
        completed: Math.round((perS * Math.min(1_000, windowMs - i * 1_000)) / 1_000),
      }));
      return { ...step, timeline };
    });
    return at(1_000, steps);
  };

  it.each([500, 1_000, 1_500, 3_200])(
    'is met by 100/s in windows of %d ms, also where the last second is not whole',
    (windowMs) => {
      expect(checkBudgets(budgetOf(95), [], [blocksOf(windowMs)])).toMatchObject([{ verdict: 'met' }]);
      expect(checkBudgets(budgetOf(110), [], [blocksOf(windowMs)])).toMatchObject([{ verdict: 'missed' }]);
    },
  );
});
