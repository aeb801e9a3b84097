import { describe, expect, it } from 'vitest';
import { diagnoseStep } from '../../../bench/judge/diagnose-step.ts';
import { StepRecorder } from '../../../bench/observe/recorder.ts';
import { createRandom, sampleExponential } from '../../../vocabulary/random.ts';

const GENERATOR = {
  cpuCores: 0.1,
  eventLoopUtilisation: 0.1,
  eventLoopDelayP99Ms: 1,
  gcPauseTotalMs: 0,
  maxRssBytes: 1,
};
const WARM_UP_MS = 20_000;
const WINDOW_MS = 20_000;

/** One queue with one server, first come first served, written as Lindley's recursion. */
function simulate(seed: number, utilisation: number, tokensPerChunk = 1) {
  const random = createRandom(seed);
  const meanServiceMs = 20;
  const recorder = new StepRecorder({
    name: `seed ${seed}`,
    load: { kind: 'open', interactionsPerS: 1, turnsPerS: 1 },
    slos: [],
    runStartedAtMs: 0,
    windowFromMs: WARM_UP_MS,
    warmUpMs: WARM_UP_MS,
    windowMs: WINDOW_MS,
  });
  let freeAtMs = 0;
  for (let atMs = 0; atMs < WARM_UP_MS + 2 * WINDOW_MS; ) {
    atMs += sampleExponential(random, meanServiceMs / utilisation);
    freeAtMs = Math.max(freeAtMs, atMs) + sampleExponential(random, meanServiceMs);
    const endedAtMs = freeAtMs;
    recorder.recordExchange(atMs, {
      outcome: { state: 'completed' },
      sentAtMs: atMs,
      endedAtMs,
      chunksAtMs: [endedAtMs - 1, endedAtMs],
      text: '',
      usage: { inputTokens: 1, outputTokens: 2 * tokensPerChunk, cachedInputTokens: 0 },
    });
  }
  return diagnoseStep(recorder.finish({ generator: GENERATOR }), []).map(({ code }) => code);
}

const alarms = (utilisation: number, code: string, seeds = 100): number =>
  Array.from({ length: seeds }, (_, seed) => simulate(seed, utilisation)).filter((codes) =>
    codes.some((found) => found === code),
  ).length;

describe('over a hundred simulated steps of 20 s', () => {
  it('a steady queue at half load raises a false alarm at most once', () => {
    expect(alarms(0.5, 'NOT_STEADY')).toBeLessThanOrEqual(1);
    expect(alarms(0.5, 'LITTLES_LAW_VIOLATED')).toBeLessThanOrEqual(1);
  });

  it('a queue at one and a half times its capacity is called unsteady at least 98 times', () => {
    expect(alarms(1.5, 'NOT_STEADY')).toBeGreaterThanOrEqual(98);
  });

  it('tokens disagree where chunks carry three each, never where they carry one', () => {
    for (let seed = 0; seed < 10; seed++) {
      expect(simulate(seed, 0.5, 3)).toContain('TOKENS_DISAGREE');
      expect(simulate(seed, 0.5)).not.toContain('TOKENS_DISAGREE');
    }
  });
});
