import { describe, expect, it } from 'vitest';
import { meanOf } from '../../../bench/judge/series.ts';
import { classifySteadyState, computeKpss, computeMannKendallP } from '../../../bench/judge/steady-state.ts';
import { findWarmUpEnd } from '../../../bench/judge/warm-up.ts';
import { createRandom, sampleNormal } from '../../../vocabulary/random.ts';

function noise(seed: number, length: number, phi = 0): number[] {
  const random = createRandom(seed);
  let value = 0;
  return Array.from({ length: length + 50 }, () => {
    value = phi * value + sampleNormal(random);
    return value;
  }).slice(50);
}

describe('KPSS and Mann–Kendall', () => {
  it('agree with statsmodels and SciPy', () => {
    const series = Array.from({ length: 60 }, (_, i) => 10 + ((i * 7919) % 97) / 20 + i * 0.05);
    expect(computeKpss(series, 3)).toBeCloseTo(1.2610545074114878, 10);
    // SciPy has no continuity correction: 0.00398 without, and by hand from S = 42, variance 212.67 with it.
    const p = computeMannKendallP([3, 1, 4, 1.5, 5, 9, 2, 6, 5.5, 7, 8, 10]);
    expect(p).toBeGreaterThan(0.00397);
    expect(p).toBeCloseTo(0.00493, 4);
    expect(computeMannKendallP([1, 1, 1, 1])).toBe(1);
    expect(computeKpss([2, 2, 2])).toBe(0);
  });
});

describe('the steady-state verdict', () => {
  const kinds = (seriesOf: (seed: number) => number[]): string[] =>
    Array.from({ length: 200 }, (_, i) => classifySteadyState(seriesOf(i + 1)).kind);
  const shareOf = (all: readonly string[]): number =>
    all.filter((kind) => kind === 'no steady state').length / all.length;

  it('rarely accuses a steady series, correlated or not', () => {
    expect(shareOf(kinds((seed) => noise(seed, 60).map((value) => 10 + value)))).toBeLessThanOrEqual(0.01);
    expect(shareOf(kinds((seed) => noise(seed, 60, 0.5).map((value) => 10 + 2 * value)))).toBeLessThanOrEqual(
      0.05,
    );
  });

  it('finds a drift of a third, a jump, and a queue that grows', () => {
    expect(shareOf(kinds((seed) => noise(seed, 60).map((v, i) => 20 + v + i / 9)))).toBeGreaterThan(0.95);
    expect(shareOf(kinds((seed) => noise(seed, 60).map((v, i) => (i < 30 ? 20 : 30) + v)))).toBeGreaterThan(
      0.95,
    );
    expect(shareOf(kinds((seed) => noise(seed, 30).map((v, i) => 5 + 3 * i + v)))).toBeGreaterThan(0.95);
  });

  it('lets a certain but small drift pass, and says nothing of a short series', () => {
    expect(classifySteadyState(noise(1, 60).map((v, i) => 1_000 + v + i)).kind).toBe('steady');
    expect(classifySteadyState([1, 2, 3]).kind).toBe('unknown');
    expect(classifySteadyState(Array<number>(60).fill(4)).kind).toBe('steady');
  });
});

describe('MSER-5', () => {
  /** The rule as its paper states it, without looking at the code: least variance of the kept batch means over their number. */
  function naive(values: readonly number[]): number {
    const batches: number[] = [];
    for (let i = 0; i + 5 <= values.length; i += 5) batches.push(meanOf(values.slice(i, i + 5)));
    const scores = batches.slice(0, batches.length - 4).map((_, from) => {
      const kept = batches.slice(from);
      const mean = meanOf(kept);
      return kept.map((value) => (value - mean) ** 2).reduce((a, b) => a + b, 0) / kept.length / kept.length;
    });
    return scores.indexOf(Math.min(...scores)) * 5;
  }

  it('is the rule of the paper, and finds where an exponential warm-up has died away', () => {
    const warming = (seed: number) => noise(seed, 200).map((v, i) => 10 + v + 30 * Math.exp(-i / 10));
    const ends: number[] = [];
    for (let seed = 1; seed <= 50; seed++) {
      const found = findWarmUpEnd(warming(seed));
      const truncated = naive(warming(seed));
      expect(found).toEqual({ kind: truncated > 100 ? 'not-over' : 'found', truncated });
      if (found.kind === 'found') ends.push(found.truncated);
    }
    expect(ends.length).toBeGreaterThan(40);
    expect(meanOf(ends)).toBeGreaterThan(20);
    expect(meanOf(ends)).toBeLessThan(70);
  });

  it('takes little from a series that is steady, and refuses one that never comes to rest', () => {
    const taken = Array.from({ length: 100 }, (_, i) => findWarmUpEnd(noise(i + 1, 200)));
    const small = taken.filter((found) => found.kind === 'found' && found.truncated <= 50);
    expect(small.length).toBeGreaterThan(70);
    expect(findWarmUpEnd(Array.from({ length: 100 }, (_, i) => i)).kind).toBe('not-over');
    expect(findWarmUpEnd(noise(1, 40)).kind).toBe('too-short');
  });
});
