import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../bench/drive/driver.ts';
import { histogramOf } from '../../../bench/judge/read-step.ts';
import { InFlightLog } from '../../../bench/observe/in-flight.ts';
import { StepRecorder } from '../../../bench/observe/recorder.ts';
import { createRandom, sampleExponential } from '../../../vocabulary/random.ts';

const GENERATOR = {
  cpuCores: 0,
  eventLoopUtilisation: 0,
  eventLoopDelayP99Ms: 0,
  gcPauseTotalMs: 0,
  maxRssBytes: 1,
};

const recorder = (): StepRecorder =>
  new StepRecorder({
    name: 'a step',
    load: { kind: 'open', interactionsPerS: 1, turnsPerS: 1 },
    slos: [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 100 }],
    runStartedAtMs: 9_000,
    windowFromMs: 10_000,
    warmUpMs: 500,
    windowMs: 2_500,
  });

const completed = (
  sentAtMs: number,
  chunksAtMs: number[],
  endedAtMs: number,
  outputTokens?: number,
): Exchange => ({
  outcome: { state: 'completed' },
  sentAtMs,
  chunksAtMs,
  endedAtMs,
  text: '',
  ...(outputTokens === undefined ? {} : { usage: { inputTokens: 10, outputTokens, cachedInputTokens: 4 } }),
});

describe('recording a step', () => {
  it('times from the scheduled instant, wire spans from the send', () => {
    const step = recorder();
    step.recordExchange(10_000, completed(10_007, [10_030, 10_040, 10_070], 10_071, 3));
    const result = step.finish({ generator: GENERATOR });
    const valuesOf = (metric: Parameters<typeof histogramOf>[1]) => {
      const histogram = histogramOf(result, metric);
      return [histogram?.minMs, histogram?.maxMs];
    };
    expect(valuesOf('scheduleSlipMs')).toEqual([7, 7]);
    expect(valuesOf('latencyMs')).toEqual([71, 71]);
    expect(valuesOf('wireLatencyMs')).toEqual([64, 64]);
    expect(valuesOf('timeToFirstTokenMs')).toEqual([30, 30]);
    expect(valuesOf('wireTimeToFirstTokenMs')).toEqual([23, 23]);
    expect(valuesOf('timePerOutputTokenMs')).toEqual([20, 20]);
    expect(valuesOf('interTokenLatencyMs')).toEqual([10, 30]);
    expect(result).toMatchObject({ startedAtMs: 500, goodRequests: 1 });
  });

  it('calls gaps inter-token only where each chunk was one token', () => {
    const step = recorder();
    step.recordExchange(10_000, completed(10_000, [10_010, 10_020], 10_020, 6));
    step.recordExchange(10_000, completed(10_000, [10_010, 10_030], 10_030));
    const result = step.finish({ generator: GENERATOR });
    expect(histogramOf(result, 'interTokenLatencyMs')).toBeUndefined();
    expect(histogramOf(result, 'interChunkGapMs')?.count).toBe(2);
    expect(histogramOf(result, 'timePerOutputTokenMs')?.minMs).toBe(2);
    expect(result.tokens).toEqual({
      input: 10,
      cachedInput: 4,
      output: 8,
      requestsWithUsage: 1,
      requestsCounted: 1,
    });
  });

  it('counts by scheduled instant: not warm-up, not what comes after, but what ends after', () => {
    const step = recorder();
    for (const atMs of [9_999.9, 10_000, 12_499, 12_500])
      step.recordExchange(atMs, completed(atMs, [], atMs + 5_000));
    step.recordDrop(11_000, 'max-in-flight');
    step.recordDrop(13_000, 'max-in-flight');
    const result = step.finish({ generator: GENERATOR });
    expect(result.counts).toMatchObject({ offered: 3, completed: 2, dropped: 1 });
    expect(result.goodRequests).toBe(0);
    expect(result.timeline.map(({ offered, unsuccessful }) => [offered, unsuccessful])).toEqual([
      [1, 0],
      [1, 1],
      [1, 0],
    ]);
  });

  it('keeps failures out of latency and in the counts', () => {
    const step = recorder();
    const outcome = { state: 'failed', code: 'http-overloaded', faultCode: 'gateway_overloaded' } as const;
    step.recordExchange(10_000, { ...completed(10_001, [], 10_002), outcome });
    const result = step.finish({ generator: GENERATOR });
    expect(histogramOf(result, 'latencyMs')).toBeUndefined();
    expect(histogramOf(result, 'scheduleSlipMs')?.count).toBe(1);
    expect(result.counts.byReason).toEqual({ 'failed:http-overloaded/gateway_overloaded': 1 });
  });

  it('shortens the window of a run that was stopped', () => {
    expect(recorder().finish({ generator: GENERATOR }, 11_200)).toMatchObject({
      windowMs: 1_200,
      timeline: [{}, {}],
    });
  });
});

describe('requests in flight', () => {
  it('agree with Little: arrival rate × mean time, over ten seeds', () => {
    const means = Array.from({ length: 10 }, (_, seed) => {
      const random = createRandom(seed);
      const log = new InFlightLog(0, 60_000);
      for (let atMs = -5_000; atMs < 60_000; atMs += sampleExponential(random, 10)) {
        log.add(atMs, atMs + sampleExponential(random, 200));
      }
      return log.read(60_000).mean;
    });
    const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
    expect(Math.abs(mean - 20)).toBeLessThan(0.6);
  });

  it('agree with a count at every instant', () => {
    const random = createRandom(3);
    const log = new InFlightLog(0, 250);
    const intervals: [number, number][] = [];
    for (let i = 0; i < 200; i++) {
      const from = Math.floor(random.next() * 1_000);
      const interval: [number, number] = [from, from + 1 + Math.floor(random.next() * 100)];
      intervals.push(interval);
      log.add(...interval);
    }
    const naive = (fromMs: number, toMs: number): number =>
      Math.max(
        ...Array.from(
          { length: toMs - fromMs },
          (_, i) => intervals.filter(([a, b]) => a <= fromMs + i && fromMs + i < b).length,
        ),
      );
    expect(log.read(900).maxima).toEqual([naive(0, 250), naive(250, 500), naive(500, 750), naive(750, 900)]);
    const sum = intervals.reduce(
      (total, [a, b]) => total + Math.max(0, Math.min(b, 900) - Math.max(a, 0)),
      0,
    );
    expect(log.read(900).mean).toBeCloseTo(sum / 900, 9);
    log.foldUntil(510);
    expect(log.held).toBeLessThan(intervals.length);
    expect(log.read(900).maxima).toEqual([naive(0, 250), naive(250, 500), naive(500, 750), naive(750, 900)]);
    expect(log.read(900).mean).toBeCloseTo(sum / 900, 9);
  });
});
