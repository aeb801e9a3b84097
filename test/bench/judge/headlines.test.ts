import { describe, expect, it } from 'vitest';
import { estimateHeadlines } from '../../../bench/judge/headlines.ts';
import { classifyStep, diagnoseTrend } from '../../../bench/judge/trend.ts';
import { latenciesOf, stepOf } from './result-of.ts';

const step = (seed: number, count = 2_000) =>
  stepOf({
    latenciesMs: latenciesOf(seed, { count, medianMs: 20 }),
    failed: 20,
    windowMs: 40_000,
    good: count - 100,
  });

const find = (seed: number, name: string) => estimateHeadlines(step(seed)).find((each) => each.name === name);

describe('headlines', () => {
  it('state every figure with an interval around it', () => {
    const headlines = estimateHeadlines(step(1));
    expect(headlines.map(({ name }) => name)).toEqual([
      'p50:latencyMs',
      'p95:latencyMs',
      'p99:latencyMs',
      'mean:latencyMs',
      'throughputPerS',
      'goodputPerS',
      'errorRatio',
    ]);
    for (const headline of headlines) {
      if (headline.kind !== 'stated') throw new Error(`${headline.name} is withheld`);
      const { low, estimate, high } = headline.interval;
      expect(low, headline.name).toBeLessThanOrEqual(estimate);
      expect(high, headline.name).toBeGreaterThanOrEqual(estimate);
    }
  });

  it('hold the true median and p95 of log-normal latencies about as often as they say', () => {
    // exp(μ) and exp(μ + 1.6449 σ): closed forms of the log-normal distribution.
    for (const [name, truth] of [
      ['p50:latencyMs', 20],
      ['p95:latencyMs', 20 * Math.exp(1.6449 * 0.3)],
    ] as const) {
      const held = Array.from({ length: 100 }, (_, i) => find(i + 1, name)).filter(
        (each) => each?.kind === 'stated' && each.interval.low <= truth && truth <= each.interval.high,
      );
      expect(held.length, name).toBeGreaterThanOrEqual(88);
    }
  });

  it('withhold percentiles of too few samples with the reason, unless asked for', () => {
    const few = step(1, 100);
    expect(estimateHeadlines(few).find(({ name }) => name === 'p95:latencyMs')).toMatchObject({
      kind: 'withheld',
      reason: 'rests on 100 samples, 130 certify it',
    });
    const shown = estimateHeadlines(few, { showsUncertified: true });
    expect(shown.every(({ kind }) => kind === 'stated')).toBe(true);
  });
});

describe('the trend of a step', () => {
  const drifting = () => {
    const flat = step(1, 4_000);
    const timeline = flat.timeline.map((second, i) => ({
      ...second,
      latencySumMs: (second.latencySumMs ?? 0) * (1 + i / 20),
    }));
    return { ...flat, timeline };
  };

  it('is no steady state where latency triples over the window, steady where it does not', () => {
    expect(classifyStep(drifting())).toMatchObject({ kind: 'no steady state', series: 'mean latency' });
    expect(classifyStep(step(1, 4_000)).kind).toBe('steady');
    expect(classifyStep(stepOf({ latenciesMs: [1, 2, 3], windowMs: 3_000 })).kind).toBe('unknown');
  });

  it('is told as a doubt about the step', () => {
    expect(diagnoseTrend(drifting())?.code).toBe('NOT_STEADY');
    expect(diagnoseTrend(drifting())?.message).toContain('no steady state');
    expect(diagnoseTrend(step(1, 4_000))).toBeUndefined();
  });
});
