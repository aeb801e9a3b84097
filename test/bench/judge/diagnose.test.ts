import { describe, expect, it } from 'vitest';
import { estimateCapacity } from '../../../bench/judge/capacity.ts';
import { diagnoseStep } from '../../../bench/judge/diagnose-step.ts';
import { classifySteadiness, isSustained } from '../../../bench/judge/read-step.ts';
import { LatencyHistogram } from '../../../vocabulary/histogram.ts';
import type { ResultStep } from '../../../vocabulary/result-file.ts';
import type { Slo } from '../../../vocabulary/slo.ts';

const SLOS: readonly Slo[] = [
  { kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 200 },
  { kind: 'error-ratio', limitRatio: 0.01 },
];

function histogramOf(values: readonly number[]) {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram.encode();
}

interface Facts {
  readonly turnsPerS?: number;
  readonly latencyMs?: number;
  readonly slipMs?: number;
  readonly loop?: number;
  readonly inFlight?: readonly number[];
  readonly meanInFlight?: number;
  readonly failed?: number;
  readonly dropped?: number;
}

/** A step of ten seconds in which everything is as it should be, but for the given facts. */
function stepOf({ turnsPerS = 20, latencyMs = 100, failed = 0, dropped = 0, ...facts }: Facts): ResultStep {
  const offered = turnsPerS * 10;
  const completed = offered - failed - dropped;
  const expected = (turnsPerS * latencyMs) / 1000;
  const inFlight = facts.inFlight ?? Array<number>(10).fill(Math.ceil(expected));
  const latencies = histogramOf(Array<number>(completed).fill(latencyMs));
  return {
    name: `${turnsPerS}/s`,
    load: { kind: 'open', interactionsPerS: turnsPerS / 4, turnsPerS },
    startedAtMs: 0,
    warmUpMs: 0,
    windowMs: 10_000,
    counts: { offered, completed, failed, timedOut: 0, dropped, byReason: {} },
    goodRequests: latencyMs <= 200 ? completed : 0,
    interactions: { started: 0, completed: 0, abandoned: 0 },
    inFlight: { mean: facts.meanInFlight ?? expected, max: Math.max(...inFlight) },
    histograms: {
      latencyMs: latencies,
      wireLatencyMs: latencies,
      scheduleSlipMs: histogramOf(Array<number>(offered - dropped).fill(facts.slipMs ?? 0.1)),
    },
    tokens: { input: 0, cachedInput: 0, output: 0, requestsWithUsage: 0, requestsCounted: completed },
    generator: {
      cpuCores: 0.1,
      eventLoopUtilisation: facts.loop ?? 0.1,
      eventLoopDelayP99Ms: 1,
      gcPauseTotalMs: 0,
      maxRssBytes: 1,
    },
    timeline: inFlight.map((maxInFlight, i) => ({
      atMs: i * 1000,
      offered: turnsPerS,
      completed: turnsPerS,
      unsuccessful: 0,
      maxInFlight,
    })),
  };
}

const codesOf = (facts: Facts): string[] => diagnoseStep(stepOf(facts), SLOS).map(({ code }) => code);

describe('doubts about a step', () => {
  it('are none where all is well', () => expect(codesOf({})).toEqual([]));

  it.each<[string, Facts, string]>([
    ['late sends', { slipMs: 12 }, 'GENERATOR_SATURATED'],
    ['a busy event loop', { loop: 0.95 }, 'GENERATOR_SATURATED'],
    ['dropped arrivals', { dropped: 1 }, 'DROPPED_ARRIVALS'],
    ['too few samples for p95', { turnsPerS: 12 }, 'TOO_FEW_SAMPLES'],
    ['a pile-up', { inFlight: [2, 6, 10, 14, 18, 22, 26, 30, 34, 38], meanInFlight: 2 }, 'NOT_STEADY'],
    ['ten times the requests in flight that Little allows', { meanInFlight: 20 }, 'LITTLES_LAW_VIOLATED'],
    ['hardly any in flight', { turnsPerS: 200, meanInFlight: 1 }, 'LITTLES_LAW_VIOLATED'],
  ])('name %s', (_name, facts, code) => expect(codesOf(facts)).toContain(code));

  it('let slip pass that is small beside the latency or the objective', () => {
    expect(codesOf({ slipMs: 15, latencyMs: 1_000 })).not.toContain('GENERATOR_SATURATED');
    const lenient: Slo[] = [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 2_000 }];
    const codes = (slipMs: number) => diagnoseStep(stepOf({ slipMs }), lenient).map(({ code }) => code);
    expect(codes(90)).toEqual([]);
    expect(codes(110)).toContain('GENERATOR_SATURATED');
  });

  it('do not take a few requests more for a trend', () => {
    expect(classifySteadiness(stepOf({ inFlight: [2, 2, 3, 2, 3, 3, 4, 3, 4, 4] })).kind).toBe('steady');
    expect(classifySteadiness(stepOf({ inFlight: [2, 9] })).kind).toBe('unknown');
  });
});

describe('the capacity of a result', () => {
  const capacityOf = (...steps: Facts[]) => estimateCapacity({ steps: steps.map(stepOf), slos: [...SLOS] });

  it('lies between the last rate that held and the first that did not', () => {
    expect(
      capacityOf({ turnsPerS: 40, latencyMs: 300 }, { turnsPerS: 10 }, { turnsPerS: 20 }, { turnsPerS: 30 }),
    ).toEqual({
      kind: 'bracketed',
      turnsPerS: 30,
      missedTurnsPerS: 40,
      step: '30/s',
      isCertified: true,
    });
  });

  it('does not count a rate that held above one that did not', () => {
    expect(capacityOf({ turnsPerS: 10 }, { turnsPerS: 20, latencyMs: 300 }, { turnsPerS: 30 })).toMatchObject(
      {
        turnsPerS: 10,
        missedTurnsPerS: 20,
      },
    );
  });

  it('counts errors and pile-ups as not held', () => {
    expect(isSustained(stepOf({ failed: 1 }), SLOS)).toBe(true);
    expect(isSustained(stepOf({ failed: 5 }), SLOS)).toBe(false);
    expect(isSustained(stepOf({ inFlight: [2, 6, 10, 14, 18, 22, 26, 30, 34, 38] }), SLOS)).toBe(false);
  });

  it('is open above, open below, or unknown where that is all that was seen', () => {
    expect(capacityOf({ turnsPerS: 10 })).toMatchObject({
      kind: 'at-least',
      turnsPerS: 10,
      isCertified: false,
    });
    expect(capacityOf({ turnsPerS: 10, latencyMs: 900 })).toEqual({ kind: 'below', missedTurnsPerS: 10 });
    expect(capacityOf()).toEqual({ kind: 'unknown' });
  });
});
