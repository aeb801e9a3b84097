import { describe, expect, it } from 'vitest';
import { estimateCapacity } from '../../../bench/judge/capacity.ts';
import { diagnoseResult } from '../../../bench/judge/diagnose-result.ts';
import { diagnoseStep } from '../../../bench/judge/diagnose-step.ts';
import type { DiagnosticCode } from '../../../vocabulary/diagnostics.ts';
import { LatencyHistogram } from '../../../vocabulary/histogram.ts';
import type { ResultFile, ResultStep } from '../../../vocabulary/result-file.ts';
import type { Slo } from '../../../vocabulary/slo.ts';

const LIMIT_MS = 400;
const SLOS: Slo[] = [{ kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: LIMIT_MS }];
const WINDOW_S = 10;

function encoded(value: number, samples: number) {
  const histogram = new LatencyHistogram();
  for (let i = 0; i < samples; i++) histogram.record(value);
  return histogram.encode();
}

interface Facts {
  readonly turnsPerS: number;
  readonly latencyMs?: number;
  readonly slipMs?: number;
  readonly loop?: number;
  readonly dropped?: number;
}

function stepOf({ turnsPerS, latencyMs = 100, slipMs = 0.1, loop = 0.1, dropped = 0 }: Facts): ResultStep {
  const offered = turnsPerS * WINDOW_S;
  const completed = offered - dropped;
  const inFlight = (turnsPerS * latencyMs) / 1_000;
  const measured = {
    latencyMs: encoded(latencyMs, completed),
    wireLatencyMs: encoded(latencyMs, completed),
    scheduleSlipMs: encoded(slipMs, completed),
  };
  return {
    name: `${turnsPerS}/s`,
    load: { kind: 'open', interactionsPerS: Math.max(turnsPerS, 0.01), turnsPerS: Math.max(turnsPerS, 0.01) },
    startedAtMs: 0,
    warmUpMs: 0,
    windowMs: WINDOW_S * 1_000,
    counts: { offered, completed, failed: 0, timedOut: 0, dropped, byReason: {} },
    goodRequests: completed,
    interactions: { started: 0, completed: 0, abandoned: 0 },
    inFlight: { mean: inFlight, max: Math.ceil(inFlight) },
    histograms: completed === 0 ? {} : measured,
    tokens: { input: 0, cachedInput: 0, output: 0, requestsWithUsage: 0, requestsCounted: completed },
    generator: {
      cpuCores: 0.1,
      eventLoopUtilisation: loop,
      eventLoopDelayP99Ms: 1,
      gcPauseTotalMs: 0,
      maxRssBytes: 1,
    },
    timeline: [],
  };
}

function resultOf(loadKind: string, steps: Facts[], state: ResultFile['state'] = 'complete'): ResultFile {
  return {
    kind: 'busyhour-result',
    schemaVersion: 1,
    tool: { name: 'busyhour', version: '0' },
    runId: 'r',
    startedAtUnixMs: 1,
    finishedAtUnixMs: 2,
    state,
    command: [],
    seed: 1,
    scenario: { load: { kind: loadKind } },
    shape: { meanTurnsPerInteraction: 1, meanThinkTimeMs: 0, basis: 'a test' },
    target: {
      name: 't',
      protocol: 'http',
      engine: 'unknown',
      simulated: false,
      replicas: 1,
      versions: {},
      url: 'http://far.example',
    },
    machine: { cpuModel: 'c', cores: 2, memoryBytes: 1, platform: 'p', node: 'v' },
    slos: SLOS,
    steps: steps.map(stepOf),
    diagnostics: [],
  };
}

const fires = (code: DiagnosticCode, facts: Facts): boolean =>
  diagnoseStep(stepOf(facts), SLOS).some((found) => found.code === code);

describe('GENERATOR_SATURATED', () => {
  // The page says: above all of 5 ms, 2 % of the median latency and 5 % of the tightest objective, here 20 ms.
  it.each([
    [{ turnsPerS: 20, slipMs: 19 }, false],
    [{ turnsPerS: 20, slipMs: 21 }, true],
    [{ turnsPerS: 20, slipMs: 39, latencyMs: 2_000 }, false],
    [{ turnsPerS: 20, slipMs: 42, latencyMs: 2_000 }, true],
    [{ turnsPerS: 20, loop: 0.9 }, false],
    [{ turnsPerS: 20, loop: 0.91 }, true],
    [{ turnsPerS: 0 }, false],
  ])('on %o is %s', (facts, expected) => expect(fires('GENERATOR_SATURATED', facts)).toBe(expected));

  it('needs more than 5 ms where nothing else is given', () => {
    const codes = (slipMs: number) =>
      diagnoseStep(stepOf({ turnsPerS: 20, slipMs, latencyMs: 1 }), []).map(({ code }) => code);
    expect(codes(4.9)).not.toContain('GENERATOR_SATURATED');
    expect(codes(5.2)).toContain('GENERATOR_SATURATED');
  });

  it('is an error that names its step, its figure and its limit, and comes first', () => {
    const steps = [
      { turnsPerS: 20, dropped: 3 },
      { turnsPerS: 30, slipMs: 50 },
    ];
    const [first] = diagnoseResult(resultOf('steps', steps));
    expect(first).toMatchObject({ code: 'GENERATOR_SATURATED', subject: '30/s' });
    expect(first?.message).toMatch(/50 ms late at p99 \(limit 20 ms\)/);
  });
});

describe('DROPPED_ARRIVALS', () => {
  it('comes with the first one dropped, says how many of how many, and never without', () => {
    expect(fires('DROPPED_ARRIVALS', { turnsPerS: 20 })).toBe(false);
    for (const dropped of [1, 7, 200]) {
      const found = diagnoseStep(stepOf({ turnsPerS: 20, dropped }), SLOS).find(
        ({ code }) => code === 'DROPPED_ARRIVALS',
      );
      expect(found?.message).toContain(`${dropped} of 200`);
    }
  });
});

describe('CAPACITY_NOT_BRACKETED', () => {
  const held = { turnsPerS: 20 };
  const missed = { turnsPerS: 40, latencyMs: 900 };
  const messageOf = (result: ResultFile): string | undefined =>
    diagnoseResult(result).find(({ code }) => code === 'CAPACITY_NOT_BRACKETED')?.message;

  it('comes where all steps held or none did, and says on which side the capacity lies', () => {
    expect(messageOf(resultOf('find-capacity', [held]))).toContain('every step up to 20.0 turns/s');
    expect(messageOf(resultOf('find-capacity', [missed]))).toContain('lower than any rate tried');
  });

  it('does not come with a bracket, nor for a run that was not looking for one', () => {
    expect(messageOf(resultOf('find-capacity', [held, missed]))).toBeUndefined();
    for (const kind of ['steps', 'closed']) expect(messageOf(resultOf(kind, [held]))).toBeUndefined();
  });

  it('claims nothing about rates where no step was finished', () => {
    const message = messageOf(resultOf('find-capacity', [], 'partial'));
    expect(message).toBeDefined();
    expect(message).not.toContain('lower');
  });
});

describe('a step that saw no arrival', () => {
  it('says nothing about the capacity: not that it is 0', () => {
    const steps = [{ turnsPerS: 0 }, { turnsPerS: 20 }, { turnsPerS: 40, latencyMs: 900 }].map(stepOf);
    expect(estimateCapacity({ steps, slos: SLOS })).toMatchObject({
      kind: 'bracketed',
      turnsPerS: 20,
      missedTurnsPerS: 40,
    });
    expect(estimateCapacity({ steps: steps.slice(0, 1), slos: SLOS })).toEqual({ kind: 'unknown' });
  });
});
