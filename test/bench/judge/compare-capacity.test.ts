import { describe, expect, it } from 'vitest';
import { compareResults, compareRuns, DEFAULT_POLICY } from '../../../bench/judge/compare.ts';
import type { Comparison } from '../../../bench/judge/comparison.ts';
import type { ResultFile } from '../../../vocabulary/result-file.ts';
import { resultOf, stepOf } from './result-of.ts';

const WINDOW_MS = 10_000;
const LIMIT_MS = 100;

/** A step that offers exactly so many turns/s, all far within or far beyond the limit. */
const stepAt = (turnsPerS: number, isMet: boolean) =>
  stepOf({
    name: `at ${turnsPerS}`,
    windowMs: WINDOW_MS,
    load: { kind: 'open', interactionsPerS: turnsPerS, turnsPerS },
    latenciesMs: Array<number>((turnsPerS * WINDOW_MS) / 1_000).fill(isMet ? 20 : 500),
  });

let runs = 0;

/** A search that went through these rates, up to `capacityPerS`; what it noted of itself differs from run to run. */
function searchOf(
  capacityPerS: number,
  ratesPerS: readonly number[],
  more: Partial<ResultFile> = {},
): ResultFile {
  const startedAtUnixMs = 1_000_000 * ++runs;
  return resultOf({
    runId: `search ${runs}`,
    startedAtUnixMs,
    finishedAtUnixMs: startedAtUnixMs + 1,
    scenario: {
      name: 'checkout',
      load: { kind: 'find-capacity' },
      probe: { estimateTurnsPerS: capacityPerS + runs },
    },
    slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: LIMIT_MS }],
    steps: ratesPerS.map((rate) => stepAt(rate, rate <= capacityPerS)),
    ...more,
  });
}

const capacityRow = (comparison: Comparison) =>
  comparison.metrics.find(({ metric }) => metric === 'capacity');

describe('two searches for capacity', () => {
  it('are compared by the capacity and its bracket, for their rates are never the same', () => {
    const comparison = compareResults(searchOf(100, [40, 90, 110]), searchOf(50, [30, 45, 55]));
    expect(comparison.notes).toEqual([]);
    expect(comparison.metrics).toHaveLength(1);
    expect(capacityRow(comparison)).toMatchObject({
      subject: 'all rates',
      unit: 'per-s',
      better: 'higher',
      baseline: 90,
      candidate: 45,
      verdict: 'worse',
      change: { kind: 'ratio', estimate: expect.closeTo(0.5, 10) },
    });
    expect(compareResults(searchOf(50, [30, 45, 55]), searchOf(100, [40, 90, 110])).verdict).toBe('better');
  });

  it('give no verdict where brackets touch, or where the gap is what one run may differ from the next', () => {
    expect(compareResults(searchOf(100, [90, 110]), searchOf(100, [92, 118])).verdict).toBe(
      'not enough evidence',
    );
    const close = [searchOf(100, [98, 102]), searchOf(110, [108, 112])] as const;
    expect(compareResults(...close)).toMatchObject({ verdict: 'not enough evidence' });
    expect(capacityRow(compareResults(...close))?.reason).toContain('assumed');
    const known = { ...DEFAULT_POLICY, runToRunRatio: 0.005 };
    expect(compareResults(...close, known).verdict).toBe('better');
  });

  it('hold the interval between the opposite ends of the brackets, widened by the noise between runs', () => {
    const exact = { ...DEFAULT_POLICY, runToRunRatio: 0 };
    const row = capacityRow(compareResults(searchOf(100, [80, 110]), searchOf(100, [90, 120]), exact));
    expect(row?.change?.low).toBeCloseTo(90 / 110, 10);
    expect(row?.change?.high).toBeCloseTo(120 / 80, 10);
    const wider = capacityRow(compareResults(searchOf(100, [80, 110]), searchOf(100, [90, 120])));
    // √2 × 5 % on the logarithm, times 1.96: by hand.
    expect(wider?.change?.low).toBeCloseTo((90 / 110) * Math.exp(-1.95996 * Math.SQRT2 * 0.05), 5);
  });

  it('know an open end: at least so much, or below everything tried', () => {
    const atLeast = (rate: number) => searchOf(1_000, [10, rate]);
    const below = (rate: number) => searchOf(1, [rate]);
    expect(compareResults(searchOf(50, [45, 55]), atLeast(90)).verdict).toBe('better');
    expect(compareResults(searchOf(50, [45, 55]), atLeast(50)).verdict).toBe('not enough evidence');
    expect(compareResults(searchOf(50, [45, 55]), below(20)).verdict).toBe('worse');
    expect(compareResults(below(20), atLeast(40)).verdict).toBe('better');
    const neither = capacityRow(compareResults(atLeast(40), atLeast(90)));
    expect(neither).toMatchObject({
      verdict: 'not enough evidence',
      reason: 'neither search saw both ends of its capacity',
    });
    const nothing = capacityRow(compareResults(searchOf(50, []), searchOf(50, [45, 55])));
    expect(nothing?.reason).toBe('a search finished no step that saw an arrival');
  });

  it('are samples where there are several of each side', () => {
    const several = (capacityPerS: number) =>
      [0, 1, 2, 3, 4, 5].map((i) => searchOf(capacityPerS, [capacityPerS - i, capacityPerS + 4]));
    const comparison = compareRuns(several(100), several(90));
    expect(capacityRow(comparison)).toMatchObject({ verdict: 'worse', blocks: 6, test: 'Mann–Whitney' });
    expect(capacityRow(compareRuns(several(100), several(100)))?.verdict).not.toBe('worse');
  });

  it('judge nothing of a search that was stopped, and leave other plans alone', () => {
    const stopped = searchOf(50, [45, 55], { state: 'partial' });
    expect(compareResults(searchOf(100, [90, 110]), stopped).verdict).toBe('not enough evidence');
    const steps = { name: 'checkout', load: { kind: 'steps' } };
    const plain = compareResults(
      searchOf(100, [90], { scenario: steps }),
      searchOf(100, [90], { scenario: steps }),
    );
    expect(capacityRow(plain)).toBeUndefined();
  });
});
