import { describe, expect, it } from 'vitest';
import { createRandom, sampleExponential } from '../../../vocabulary/random.ts';
import { type Arrival, COST, limitsOf, runOnVirtualTime } from './virtual-schedule.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

/** Poisson arrivals of `count` requests, drawn from a seed. */
function poisson(count: number, meanGapMs: number, shape: (i: number) => Omit<Arrival, 'arrivedAtMs'>) {
  const random = createRandom(20_261_121);
  let atMs = 0;
  return Array.from({ length: count }, (_, i): Arrival => {
    atMs += sampleExponential(random, meanGapMs);
    return { ...shape(i), arrivedAtMs: atMs };
  });
}

describe('n identical requests against the closed form of the step cost', () => {
  it.each([1, 3, 8, 64])('n = %i: base + n × per sequence + what reading the KV cache adds', (n) => {
    const [prompt, output] = [128, 33];
    const arrivals = Array.from({ length: n }, () => ({
      promptTokens: prompt,
      outputTokens: output,
      arrivedAtMs: 0,
    }));
    const { tokenAtMs, timings } = runOnVirtualTime(limitsOf(), arrivals);
    // Decode step k (0 …) reads the prompt and k answer tokens of each of n sequences; 32 of them average 15.5.
    const kvMs = COST.perKvTokenMs * n * (prompt + (output - 2) / 2);
    const tpotMs = COST.baseMs + COST.perSequenceMs * n + kvMs;
    const ttftMs = COST.baseMs + COST.perSequenceMs * n + COST.perPrefillTokenMs * prompt * n;
    for (const [i, times] of tokenAtMs.entries()) {
      expect(times[0]).toBeCloseTo(ttftMs, 9);
      expect((timings[i]?.decodeMs ?? 0) / (output - 1)).toBeCloseTo(tpotMs, 9);
    }
  });

  it.each([
    [1, 1],
    [255, 1],
    [256, 1],
    [257, 2],
    [1000, 4],
    [1024, 4],
    [1025, 5],
  ])('a prompt of %i tokens takes %i steps of 256', (promptTokens, chunks) => {
    const limits = limitsOf({ maxStepTokens: 256, stepCost: { ...COST, perKvTokenMs: 0 } });
    const { steps, tokenAtMs } = runOnVirtualTime(limits, [
      { promptTokens, outputTokens: 1, arrivedAtMs: 0 },
    ]);
    expect(steps).toHaveLength(chunks);
    expect(chunks).toBe(Math.ceil(promptTokens / 256));
    const expectedMs = chunks * (COST.baseMs + COST.perSequenceMs) + promptTokens * COST.perPrefillTokenMs;
    expect(tokenAtMs[0]?.[0]).toBeCloseTo(expectedMs, 9);
  });

  it('chunks of several prompts fill every step but the last', () => {
    const limits = limitsOf({ maxStepTokens: 100 });
    const arrivals = [90, 90, 90, 35].map((promptTokens) => ({
      promptTokens,
      outputTokens: 1,
      arrivedAtMs: 0,
    }));
    const { steps } = runOnVirtualTime(limits, arrivals);
    expect(steps.map((step) => step.prefillTokens)).toEqual([100, 100, 100, 5]);
  });
});

describe('the simulated scheduler as a queue', () => {
  it('keeps Little’s law over a long run: requests inside = rate × time inside', () => {
    const arrivals = poisson(6_000, 9, (i) => ({ promptTokens: 20 + (i % 90), outputTokens: 1 + (i % 23) }));
    const limits = limitsOf({ maxSequences: 32, maxStepTokens: 512 });
    const { requestMs, endedAtMs, timings } = runOnVirtualTime(limits, arrivals);
    const insideMs = timings.map((t) => (t?.queueWaitMs ?? 0) + (t?.prefillMs ?? 0) + (t?.decodeMs ?? 0));
    const inside = requestMs / endedAtMs;
    const ratePerMs = arrivals.length / endedAtMs;
    expect(inside).toBeGreaterThan(5);
    expect(Math.abs(inside / (ratePerMs * mean(insideMs)) - 1)).toBeLessThan(0.02);
  });

  // One place and one step per request is a single server with a fixed service time.
  it.each([0.3, 0.5, 0.7])('waits as M/D/1 does at utilisation %f (Pollaczek–Khinchine)', (utilisation) => {
    const limits = limitsOf({ maxSequences: 1, stepCost: { ...COST, perKvTokenMs: 0 } });
    const serviceMs = COST.baseMs + COST.perSequenceMs + COST.perPrefillTokenMs;
    const arrivals = poisson(40_000, serviceMs / utilisation, () => ({ promptTokens: 1, outputTokens: 1 }));
    const { timings } = runOnVirtualTime(limits, arrivals);
    const waitMs = mean(timings.map((t) => t?.queueWaitMs ?? Number.NaN));
    const expectedMs = (utilisation * serviceMs) / (2 * (1 - utilisation));
    expect(Math.abs(waitMs / expectedMs - 1)).toBeLessThan(0.05);
    // No wait at all for the share of arrivals that find the server free (PASTA).
    const free = timings.filter((t) => t?.queueWaitMs === 0).length / arrivals.length;
    expect(free).toBeCloseTo(1 - utilisation, 1);
  });

  it('a request that comes alone waits for nobody and takes its bare time', () => {
    const arrivals = Array.from({ length: 200 }, (_, i) => ({
      promptTokens: 64,
      outputTokens: 5,
      arrivedAtMs: i * 1_000,
    }));
    const { timings, steps } = runOnVirtualTime(limitsOf(), arrivals);
    expect(steps).toHaveLength(200 * 5);
    expect(new Set(timings.map((t) => t?.queueWaitMs))).toEqual(new Set([0]));
    expect(new Set(timings.map((t) => t?.batchSequences))).toEqual(new Set([1]));
    const bareMs = COST.baseMs + COST.perSequenceMs + COST.perPrefillTokenMs * 64;
    for (const t of timings) expect(t?.prefillMs).toBeCloseTo(bareMs, 6);
  });

  it('an overloaded engine serves at the rate of a full batch, whatever the arrival rate', () => {
    const limits = limitsOf({
      maxSequences: 10,
      stepCost: { ...COST, perKvTokenMs: 0, perPrefillTokenMs: 0 },
    });
    const stepMs = COST.baseMs + COST.perSequenceMs * 10;
    for (const meanGapMs of [1, 4]) {
      const arrivals = poisson(2_000, meanGapMs, () => ({ promptTokens: 1, outputTokens: 20 }));
      const { endedAtMs } = runOnVirtualTime(limits, arrivals);
      // 10 requests every 20 steps.
      expect(endedAtMs / (200 * 20 * stepMs)).toBeCloseTo(1, 1);
    }
  });
});
