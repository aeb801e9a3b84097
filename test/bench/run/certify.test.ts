import { describe, expect, it } from 'vitest';
import { StepRecorder } from '../../../bench/observe/recorder.ts';
import { estimateSamplesToCertify, isMetAt } from '../../../bench/run/certify.ts';
import { confidenceOfLook } from '../../../bench/run/confirm-capacity.ts';
import { createRandom } from '../../../vocabulary/random.ts';
import type { ResultStep } from '../../../vocabulary/result-file.ts';
import type { Slo } from '../../../vocabulary/slo.ts';

const SLO: Slo = { kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 100 };

const GENERATOR = {
  cpuCores: 0,
  eventLoopUtilisation: 0,
  eventLoopDelayP99Ms: 0,
  gcPauseTotalMs: 0,
  maxRssBytes: 1,
};

/** A step of `samples` requests, each beyond the limit with the given probability. */
function stepOf(samples: number, slow: (i: number) => boolean): ResultStep {
  const recorder = new StepRecorder({
    name: 'a step',
    load: { kind: 'open', interactionsPerS: 1, turnsPerS: 1 },
    slos: [SLO],
    runStartedAtMs: 0,
    windowFromMs: 0,
    warmUpMs: 0,
    windowMs: samples,
  });
  for (let i = 0; i < samples; i++) {
    const endedAtMs = i + (slow(i) ? 150 : 20);
    const outcome = { state: 'completed' as const };
    recorder.recordExchange(i, { outcome, sentAtMs: i, endedAtMs, chunksAtMs: [endedAtMs], text: '' });
  }
  return recorder.finish({ generator: GENERATOR });
}

describe('certifying an objective', () => {
  it('takes 59 samples without a slow one for a p95 at 95 %: 0.95^59 is the first below 0.05', () => {
    expect(
      isMetAt(
        stepOf(58, () => false),
        [SLO],
        0.95,
      ),
    ).toBe(false);
    expect(
      isMetAt(
        stepOf(59, () => false),
        [SLO],
        0.95,
      ),
    ).toBe(true);
    expect(
      estimateSamplesToCertify(
        stepOf(59, () => false),
        [SLO],
        0.95,
      ),
    ).toBe(59);
  });

  it('errs no more often than stated where the truth is at the limit, over 600 draws', () => {
    let certified = 0;
    for (let seed = 0; seed < 600; seed++) {
      const random = createRandom(seed);
      if (
        isMetAt(
          stepOf(300, () => random.next() < 0.0501),
          [SLO],
          0.9,
        )
      )
        certified++;
    }
    // At most a tenth; three standard deviations of a binomial above it.
    expect(certified / 600).toBeLessThan(0.1 + 3 * Math.sqrt((0.1 * 0.9) / 600));
    expect(certified).toBeGreaterThan(0);
  });

  it('needs as many samples as it says, for shares below the one allowed', () => {
    for (const share of [0.01, 0.02, 0.03]) {
      const held = stepOf(1_000, (i) => i % Math.round(1 / share) === 0);
      const samples = estimateSamplesToCertify(held, [SLO], 0.95);
      expect(
        isMetAt(
          stepOf(samples, (i) => i % Math.round(1 / share) === 1),
          [SLO],
          0.95,
        ),
      ).toBe(true);
    }
  });

  it('says nothing without samples', () => {
    expect(
      isMetAt(
        { ...stepOf(59, () => false), counts: { ...stepOf(1, () => false).counts, offered: 0 } },
        [SLO],
        0.5,
      ),
    ).toBe(false);
  });

  it('spends the risk on four looks', () => {
    expect(4 * (1 - confidenceOfLook(0.95))).toBeCloseTo(0.05, 12);
  });
});
