import { describe, expect, it } from 'vitest';
import { compareResults, compareRuns, DEFAULT_POLICY } from '../../../bench/judge/compare.ts';
import type { ComparePolicy, Comparison } from '../../../bench/judge/comparison.ts';
import { formatComparison } from '../../../bench/judge/gate-text.ts';
import { computeFisherP, computeSignFlipP } from '../../../bench/judge/permutation.ts';
import { parseStatistic } from '../../../bench/judge/statistic.ts';
import { splitVariants } from '../../../bench/judge/subjects.ts';
import { createRandom, sampleNormal } from '../../../vocabulary/random.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { abResult, latenciesOf, resultOf, stepOf } from './result-of.ts';

const MEDIAN: ComparePolicy = { ...DEFAULT_POLICY, metrics: ['p50:latencyMs'] };

function compareAb(result: ResultFile, policy: ComparePolicy = DEFAULT_POLICY): Comparison {
  const sides = splitVariants(result);
  if (sides === undefined) throw new Error('the result has not both variants');
  return compareResults(sides.baseline, sides.candidate, policy);
}

const rowOf = (comparison: Comparison, metric: string) =>
  comparison.metrics.find((row) => row.metric === metric);

const micro = (nsPerOp: number[], times: Partial<ResultFile> = {}): ResultFile =>
  resultOf({ micro: [{ case: 'encode', nsPerOp }], ...times });

const blocks = (seed: number, count: number, median: number): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => median * Math.exp(0.02 * sampleNormal(random)));
};

describe('tests of shares', () => {
  it('agree with SciPy, and with all patterns of signs', () => {
    const p = computeFisherP({ successes: 3, samples: 1000 }, { successes: 15, samples: 1000 });
    expect(p).toBeCloseTo(0.007283223744560448, 8);
    expect(computeFisherP({ successes: 0, samples: 200 }, { successes: 5, samples: 200 })).toBeCloseTo(
      0.06093950240841397,
      8,
    );
    // Of the 16 patterns of these four, only all plus and all minus are as far from zero.
    expect(computeSignFlipP([1, 2, 3, 4], createRandom(1))).toBeCloseTo(2 / 16, 12);
    const many = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 1 : -1) * (1 + i / 40));
    expect(computeSignFlipP(many, createRandom(1))).toBeGreaterThan(0.3);
  });
});

describe('a comparison of interleaved blocks', () => {
  it('finds a slowdown of 5 %, and says by how much, through noise twice as large that hits both', () => {
    const row = rowOf(compareAb(abResult(3, { blocks: 40, ratio: 1.05 })), 'p50 turn latency');
    expect(row?.verdict).toBe('worse');
    expect(row?.change?.low).toBeGreaterThan(1.02);
    expect(row?.change?.high).toBeLessThan(1.08);
    expect(row?.test).toBe('Wilcoxon signed rank');
    expect(row?.blocks).toBe(40);
  });

  it('calls a speed-up better, and throughput by its own direction', () => {
    const comparison = compareAb(abResult(4, { blocks: 40, ratio: 0.9 }));
    expect(rowOf(comparison, 'p50 turn latency')?.verdict).toBe('better');
    expect(comparison.verdict).not.toBe('worse');
  });

  it('calls equal ones same, and hardly ever worse in forty', () => {
    const verdicts = Array.from(
      { length: 40 },
      (_, i) =>
        compareAb(abResult(100 + i, { blocks: 30, ratio: 1, perBlock: 60, sigma: 0.08 }), MEDIAN).verdict,
    );
    expect(verdicts.filter((verdict) => verdict === 'worse').length).toBeLessThanOrEqual(1);
    expect(verdicts.filter((verdict) => verdict === 'same').length).toBeGreaterThan(20);
  });

  it('catches 5 % in at least 38 of 40', () => {
    const caught = Array.from(
      { length: 40 },
      (_, i) =>
        compareAb(abResult(500 + i, { blocks: 24, ratio: 1.05, perBlock: 60, sigma: 0.08 }), MEDIAN).verdict,
    ).filter((verdict) => verdict === 'worse');
    expect(caught.length).toBeGreaterThanOrEqual(38);
  });

  it('does not take an effect below the floor for a regression, however sure', () => {
    const row = rowOf(
      compareAb(abResult(5, { blocks: 200, ratio: 1.009, noise: 0.01, perBlock: 200 })),
      'p50 turn latency',
    );
    expect(row?.probability).toBeLessThan(0.01);
    expect(row?.verdict).toBe('same');
  });

  it('names the blocks still needed, and with so many more it can tell', () => {
    const few = rowOf(compareAb(abResult(6, { blocks: 5, ratio: 1.05 }), MEDIAN), 'p50 turn latency');
    expect(few?.verdict).toBe('not enough evidence');
    expect(few?.reason).toContain('too few pairs');
    const needed = 5 + (few?.blocksNeeded ?? 0);
    expect(needed).toBeGreaterThanOrEqual(8);
    expect(compareAb(abResult(6, { blocks: needed, ratio: 1.1 }), MEDIAN).verdict).toBe('worse');
  });

  it('believes no small difference on a disturbed machine, but a large one', () => {
    const random = createRandom(11);
    const noisy = Array.from({ length: 60 }, () => 100 * Math.exp(0.4 * sampleNormal(random)));
    const beside = { startedAtUnixMs: 1_500, finishedAtUnixMs: 2_500 };
    const against = (factor: number) =>
      compareResults(
        micro(noisy),
        micro(
          noisy.map((v, i) => v * factor * (i % 2 === 0 ? 1.5 : 0.75)),
          beside,
        ),
      );
    expect(against(1.25).metrics[0]).toMatchObject({ verdict: 'not enough evidence' });
    expect(against(1.25).metrics[0]?.reason).toContain('too disturbed');
    expect(against(3).metrics[0]?.verdict).toBe('worse');
  });

  it('sees errors that only one side has', () => {
    const row = rowOf(compareAb(abResult(7, { blocks: 20, ratio: 1, failEach: 4 })), 'error ratio');
    expect(row?.verdict).toBe('worse');
    expect(row?.change).toMatchObject({ kind: 'difference', estimate: expect.closeTo(4 / 104, 6) });
  });

  it('says a reason that many figures share once, and of how many', () => {
    const result = abResult(9, { blocks: 12, ratio: 1 });
    const sides = splitVariants(result);
    if (sides === undefined) throw new Error('the result has not both variants');
    const other = { ...sides.candidate, scenario: { ...sides.candidate.scenario, drainMs: 7 } };
    const comparison = compareResults(sides.baseline, other);
    const why = formatComparison(comparison)
      .split('\n')
      .filter((line) => line.startsWith('  ') && line.includes('scenario.drainMs'));
    expect(comparison.metrics.length).toBeGreaterThan(1);
    expect(why).toHaveLength(1);
    expect(why[0]).toContain(` and ${comparison.metrics.length - 1} more: scenario.drainMs`);
  });

  it('leaves out steps of a saturated generator, and says so', () => {
    const result = abResult(8, { blocks: 12, ratio: 1 });
    const name = result.steps[0]?.name ?? '';
    const diagnostics = [{ code: 'GENERATOR_SATURATED' as const, message: 'late', subject: name }];
    const comparison = compareAb({ ...result, diagnostics });
    expect(comparison.notes.join()).toContain('left out');
    expect(rowOf(comparison, 'p50 turn latency')?.blocks).toBe(11);
  });
});

describe('a comparison of hot paths', () => {
  const beside = { startedAtUnixMs: 1_500, finishedAtUnixMs: 2_500 };
  const later = { startedAtUnixMs: 9_000, finishedAtUnixMs: 9_900 };

  it('pairs blocks of results that ran side by side, by their place', () => {
    const comparison = compareResults(micro(blocks(1, 20, 100)), micro(blocks(2, 20, 105), beside));
    expect(comparison.pairing).toBe('paired');
    expect(comparison.metrics[0]).toMatchObject({
      subject: 'encode',
      verdict: 'worse',
      blocks: 20,
      unit: 'ns',
    });
  });

  it('does not pair results of different times, and allows for what runs differ by', () => {
    const comparison = compareResults(micro(blocks(1, 20, 100)), micro(blocks(2, 20, 105), later));
    expect(comparison.pairing).toBe('unpaired');
    expect(comparison.metrics[0]).toMatchObject({ verdict: 'not enough evidence', test: 'Mann–Whitney' });
    expect(comparison.metrics[0]?.reason).toContain('is assumed');
    const doubled = compareResults(micro(blocks(1, 20, 100)), micro(blocks(2, 20, 200), later));
    expect(doubled.metrics[0]?.verdict).toBe('worse');
  });

  it('names cases that one side has not', () => {
    const other = resultOf({ micro: [{ case: 'decode', nsPerOp: [1, 2] }] });
    const comparison = compareResults(micro([1, 2]), other);
    expect(comparison.metrics.map(({ reason }) => reason)).toEqual([
      'the candidate has no such case',
      'the baseline has no such case',
    ]);
  });

  it('corrects for their number: one in twelve equal cases is no alarm', () => {
    const many = (seed: number): ResultFile =>
      resultOf({
        micro: Array.from({ length: 12 }, (_, i) => ({
          case: `case ${i}`,
          nsPerOp: blocks(seed * 100 + i, 16, 100),
        })),
      });
    const verdicts = Array.from(
      { length: 100 },
      (_, i) => compareResults(many(2 * i + 1), many(2 * i + 2)).verdict,
    );
    expect(verdicts.filter((verdict) => verdict === 'worse').length).toBeLessThanOrEqual(2);
  });
});

describe('a comparison of two runs of other times', () => {
  const run = (seed: number, medianMs: number, at: number): ResultFile =>
    resultOf({
      runId: `run-${seed}`,
      startedAtUnixMs: at,
      finishedAtUnixMs: at + 1,
      steps: [stepOf({ latenciesMs: latenciesOf(seed, { count: 3_000, medianMs }), windowMs: 30_000 })],
    });

  it('does not trust a tenth between single runs, since the next run might differ as much', () => {
    const comparison = compareResults(run(1, 20, 1_000), run(2, 22, 5_000), MEDIAN);
    expect(rowOf(comparison, 'p50 turn latency')?.verdict).toBe('not enough evidence');
    const known = { ...MEDIAN, runToRunRatio: 0.005 };
    expect(
      rowOf(compareResults(run(1, 20, 1_000), run(2, 22, 5_000), known), 'p50 turn latency')?.verdict,
    ).toBe('worse');
    expect(
      rowOf(compareResults(run(1, 20, 1_000), run(2, 40, 5_000), MEDIAN), 'p50 turn latency')?.verdict,
    ).toBe('worse');
  });

  it('takes runs as samples where there are several, and then needs to assume nothing', () => {
    const runs = (from: number, medianMs: number) =>
      Array.from({ length: 6 }, (_, i) => run(from + i, medianMs, from * 10_000 + i * 100));
    const row = rowOf(compareRuns(runs(10, 20), runs(20, 22), MEDIAN), 'p50 turn latency');
    expect(row).toMatchObject({ verdict: 'worse', blocks: 6, test: 'Mann–Whitney' });
    expect(row?.reason).not.toContain('assumed');
    const three = compareRuns(runs(10, 20).slice(0, 3), runs(20, 22).slice(0, 3), MEDIAN);
    expect(rowOf(three, 'p50 turn latency')).toMatchObject({
      verdict: 'not enough evidence',
      blocksNeeded: 2,
    });
  });

  it('judges nothing of another machine, another target or a run that was stopped', () => {
    const [a, b] = [run(1, 20, 1_000), run(2, 60, 5_000)];
    const verdictOf = (candidate: ResultFile) => compareResults(a, candidate, MEDIAN);
    expect(verdictOf(b).verdict).toBe('worse');
    for (const other of [
      { ...b, machine: { ...b.machine, cpuModel: 'y' } },
      { ...b, target: { ...b.target, model: 'another' } },
      { ...b, scenario: { ...b.scenario, protocol: 'openai-chat' } },
      { ...b, state: 'partial' as const },
    ]) {
      expect(verdictOf(other).verdict).toBe('not enough evidence');
      expect(verdictOf(other).notes).toHaveLength(1);
    }
    expect(verdictOf({ ...b, seed: 9, scenario: { ...b.scenario, seed: 9 } }).verdict).toBe('worse');
  });

  it('withholds a percentile that too few samples certify', () => {
    const short = (at: number) =>
      resultOf({
        startedAtUnixMs: at,
        finishedAtUnixMs: at,
        steps: [stepOf({ latenciesMs: latenciesOf(at, { count: 100, medianMs: 20 }) })],
      });
    const row = rowOf(compareResults(short(1_000), short(5_000)), 'p95 turn latency');
    expect(row).toMatchObject({
      verdict: 'not enough evidence',
      reason: 'p95 rests on 100 samples, 130 certify it',
    });
  });

  it('says when loads differ', () => {
    const open = (turnsPerS: number, at: number) =>
      resultOf({
        startedAtUnixMs: at,
        finishedAtUnixMs: at,
        steps: [
          stepOf({ latenciesMs: [1, 2, 3], load: { kind: 'open', interactionsPerS: turnsPerS, turnsPerS } }),
        ],
      });
    const comparison = compareResults(open(10, 1), open(20, 5_000), MEDIAN);
    expect(comparison.metrics.map(({ reason }) => reason)).toEqual([
      'the candidate has no step at this load',
      'the baseline has no step at this load',
    ]);
    expect(compareResults(resultOf({}), resultOf({})).notes).toEqual([
      'the results have no figure in common',
    ]);
  });
});

describe('names of statistics', () => {
  it('are read, or refused', () => {
    expect(parseStatistic('p99.9:latencyMs')).toEqual({
      kind: 'percentile',
      metric: 'latencyMs',
      percent: 99.9,
    });
    expect(parseStatistic('mean:latencyMs')).toEqual({ kind: 'mean', metric: 'latencyMs' });
    expect(parseStatistic('goodputPerS')).toEqual({ kind: 'rate', metric: 'goodputPerS' });
    for (const wrong of ['latencyMs', 'p0:latencyMs', 'p100:latencyMs', 'p95:speed', 'offeredPerS', ''])
      expect(parseStatistic(wrong), wrong).toBeUndefined();
  });
});
