import { describe, expect, test } from 'vitest';
import { estimateCapacity } from '../../../planner/calibrate/capacity.ts';
import { violatesLittle } from '../../../planner/queueing/step-little.ts';
import type { ResultStep } from '../../../vocabulary/result-file.ts';
import { buildResult, buildStep, SLOS } from '../fixtures/result.ts';

/** M/M/1 at 10 of 20/s: a mean of 0.1 s, so 1 in flight. */
const step = buildStep({ turnsPerS: 10, servicePerS: 20 });
const inFlight = (mean: number): ResultStep => ({ ...step, inFlight: { mean, max: 8 } });

describe("Little's law on a measured step", () => {
  test('holds for what was measured, within a tenth', () => {
    expect(step.inFlight.mean).toBeCloseTo(1, 1);
    expect(violatesLittle(step)).toBe(false);
    expect(violatesLittle(inFlight(1.05))).toBe(false);
  });

  test('is violated by a factor of ten either way, and by ms taken for s', () => {
    for (const mean of [10, 0.1, 1000, 0.001]) expect(violatesLittle(inFlight(mean))).toBe(true);
  });

  test('says nothing where the step cannot tell', () => {
    expect(violatesLittle(inFlight(0))).toBe(false);
    expect(violatesLittle({ ...inFlight(10), counts: { ...step.counts, completed: 20, offered: 20 } })).toBe(
      false,
    );
    const failing = { ...step.counts, completed: step.counts.offered * 0.9 };
    expect(violatesLittle({ ...inFlight(10), counts: failing })).toBe(false);
    expect(violatesLittle({ ...inFlight(10), histograms: {} })).toBe(false);
  });

  test('a short window is forgiven what is in flight at its edges', () => {
    const short = buildStep({ turnsPerS: 10, servicePerS: 10.5, windowMs: 20_000 });
    expect(violatesLittle({ ...short, inFlight: { mean: short.inFlight.mean * 0.6, max: 20 } })).toBe(false);
  });
});

describe('a result that contradicts itself', () => {
  const contradictory = (rates: readonly number[]) =>
    buildResult({
      engine: 'llama',
      rates: [],
      servicePerS: 20,
      steps: [5, 10, 15, 19].map((turnsPerS) => {
        const sound = buildStep({ turnsPerS, servicePerS: 20 });
        return rates.includes(turnsPerS)
          ? { ...sound, inFlight: { mean: sound.inFlight.mean * 1000, max: 1e6 } }
          : sound;
      }),
    });

  test('no diagnostic was written: every step is refused all the same, and the cause is named', () => {
    const { capacity } = estimateCapacity([contradictory([5, 10, 15, 19])], SLOS);
    expect(capacity.kind).toBe('refused');
    if (capacity.kind === 'refused') expect(capacity.reason).toContain("Little's law");
  });

  test('one step among sound ones is left out and named', () => {
    const { capacity, diagnostics } = estimateCapacity([contradictory([10])], SLOS);
    expect(capacity.kind).not.toBe('refused');
    expect(diagnostics.map(({ code }) => code)).toContain('LITTLES_LAW_VIOLATED');
  });
});
