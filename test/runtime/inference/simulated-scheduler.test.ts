import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GenerateTimings } from '../../../runtime/inference/contract.ts';
import { simulateClosedLoop } from '../../../runtime/inference/engines/simulated/closed-loop.ts';
import { Scheduler, type SchedulerLimits } from '../../../runtime/inference/engines/simulated/scheduler.ts';
import { testProfile } from './simulated-profile.ts';

const BASE_MS = 10;
const PER_SEQUENCE_MS = 0.5;
const PER_PREFILL_MS = 0.02;

const limitsOf = (changes: Partial<SchedulerLimits> = {}): SchedulerLimits => ({
  ...testProfile({
    maxSequences: 64,
    maxStepTokens: 100_000,
    kvCapacityTokens: 1_000_000,
    stepCost: {
      baseMs: BASE_MS,
      perSequenceMs: PER_SEQUENCE_MS,
      perPrefillTokenMs: PER_PREFILL_MS,
      perKvTokenMs: 0,
    },
  }),
  ...changes,
});

interface JobShape {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly arrivedAtMs: number;
}

interface JobResult extends JobShape {
  readonly id: string;
  readonly tokenAtMs: readonly number[];
  readonly timings: GenerateTimings | undefined;
}

/** Runs jobs to their end on virtual time and says when each token came out. */
function runJobs(limits: SchedulerLimits, shapes: readonly JobShape[]): JobResult[] {
  const scheduler = new Scheduler(limits);
  const results = new Map(
    shapes.map((shape, i) => [
      String(i),
      {
        ...shape,
        id: String(i),
        tokenAtMs: [] as number[],
        timings: undefined as GenerateTimings | undefined,
      },
    ]),
  );
  for (const [id, { promptTokens, outputTokens, arrivedAtMs }] of results) {
    const prompt = new Array<number>(promptTokens).fill(1);
    scheduler.submit({ id, prompt, output: new Array<number>(outputTokens).fill(2), arrivedAtMs });
  }
  let atMs = 0;
  for (;;) {
    const step = scheduler.begin(atMs);
    if (step.kind === 'idle') {
      if (step.untilMs === undefined) break;
      atMs = step.untilMs;
      continue;
    }
    atMs = step.endsAtMs;
    for (const { id, timings } of scheduler.finish(atMs)) {
      const result = results.get(id);
      result?.tokenAtMs.push(atMs);
      if (result !== undefined && timings !== undefined) result.timings = timings;
    }
  }
  expect(scheduler.kvTokens).toBe(0);
  return [...results.values()];
}

const batchOf = (n: number, promptTokens = 100, outputTokens = 21): JobShape[] =>
  Array.from({ length: n }, () => ({ promptTokens, outputTokens, arrivedAtMs: 0 }));

describe('the simulated scheduler against closed forms', () => {
  it.each([1, 2, 8, 64])(
    'a batch of %i equal requests: first token after one step, then one per step',
    (n) => {
      const results = runJobs(limitsOf(), batchOf(n));
      const firstMs = BASE_MS + PER_SEQUENCE_MS * n + PER_PREFILL_MS * 100 * n;
      const stepMs = BASE_MS + PER_SEQUENCE_MS * n;
      for (const { tokenAtMs, timings } of results) {
        expect(tokenAtMs).toHaveLength(21);
        expect(tokenAtMs[0]).toBeCloseTo(firstMs, 9);
        expect(tokenAtMs.at(-1)).toBeCloseTo(firstMs + 20 * stepMs, 6);
        expect(timings?.prefillMs).toBeCloseTo(firstMs, 9);
        expect(timings?.decodeMs).toBeCloseTo(20 * stepMs, 6);
      }
    },
  );

  it('time per output token grows by the per-sequence cost with every sequence in the batch', () => {
    const tpotMs = [1, 2, 4, 8, 16, 32].map((n) => {
      const [first] = runJobs(limitsOf(), batchOf(n));
      return ((first?.timings?.decodeMs ?? 0) / 20 - BASE_MS) / n;
    });
    for (const perSequenceMs of tpotMs) expect(perSequenceMs).toBeCloseTo(PER_SEQUENCE_MS, 9);
  });

  it('reading keys and values costs in proportion to the tokens held', () => {
    const stepCost = { baseMs: BASE_MS, perSequenceMs: 0, perPrefillTokenMs: 0, perKvTokenMs: 0.001 };
    const [only] = runJobs(limitsOf({ stepCost }), [{ promptTokens: 100, outputTokens: 11, arrivedAtMs: 0 }]);
    // Decode steps hold 100 … 109 tokens.
    const expectedMs = 10 * BASE_MS + 0.001 * ((100 + 109) * 5);
    expect(only?.timings?.decodeMs).toBeCloseTo(expectedMs, 9);
  });

  it('cuts a long prompt into chunks of the step budget', () => {
    const [only] = runJobs(limitsOf({ maxStepTokens: 256 }), [
      { promptTokens: 1000, outputTokens: 1, arrivedAtMs: 0 },
    ]);
    expect(only?.tokenAtMs[0]).toBeCloseTo(4 * (BASE_MS + PER_SEQUENCE_MS) + PER_PREFILL_MS * 1000, 9);
  });

  it('keeps decoding while another prompt is computed', () => {
    const shapes = [
      { promptTokens: 10, outputTokens: 40, arrivedAtMs: 0 },
      { promptTokens: 2000, outputTokens: 1, arrivedAtMs: 50 },
    ];
    const [decoding, prefilling] = runJobs(limitsOf({ maxStepTokens: 101 }), shapes);
    const between = decoding?.tokenAtMs.filter((ms) => ms > 50 && ms < (prefilling?.tokenAtMs[0] ?? 0)) ?? [];
    // 100 prompt tokens fit beside one decoding token: 20 steps, each with a token of the other.
    expect(between.length).toBeGreaterThanOrEqual(18);
  });

  it('runs no more than maxSequences at once: twice as many take twice as long', () => {
    const limits = limitsOf({ maxSequences: 8 });
    const endMs = (n: number): number =>
      Math.max(...runJobs(limits, batchOf(n, 1, 50)).map((job) => job.tokenAtMs.at(-1) ?? 0));
    expect(endMs(16) / endMs(8)).toBeCloseTo(2, 6);
    const waits = runJobs(limits, batchOf(16, 1, 50)).map((job) => job.timings?.queueWaitMs ?? 0);
    expect(waits.slice(0, 8)).toEqual(new Array(8).fill(0));
    for (const waitMs of waits.slice(8)) expect(waitMs).toBeCloseTo(endMs(8), 6);
  });

  it('queues what the KV cache cannot hold: blocks ÷ blocks per request run at once', () => {
    // 10 blocks of 16; prompt 20 + answer 12 = 32 tokens = 2 blocks each: 5 at a time.
    const limits = limitsOf({ kvCapacityTokens: 160, kvBlockTokens: 16 });
    const results = runJobs(limits, batchOf(15, 20, 12));
    expect(results.map((job) => job.timings?.batchSequences ?? 0)).toEqual([
      1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5,
    ]);
    expect(results.filter((job) => (job.timings?.queueWaitMs ?? 0) > 0)).toHaveLength(10);
  });

  it('adds latency outside the steps without occupying the engine', () => {
    const limits = limitsOf({ requestOverheadMs: 30, requestOverheadPerPromptTokenMs: 0.1 });
    const [only] = runJobs(limits, [{ promptTokens: 100, outputTokens: 1, arrivedAtMs: 5 }]);
    const stepMs = BASE_MS + PER_SEQUENCE_MS + PER_PREFILL_MS * 100;
    expect(only?.tokenAtMs[0]).toBeCloseTo(5 + 30 + 10 + stepMs, 9);
    expect(only?.timings?.queueWaitMs).toBe(0);
  });

  it('a closed loop reaches the throughput that its steps allow', () => {
    const means = simulateClosedLoop(limitsOf(), {
      inputTokens: 1,
      outputTokens: 100,
      concurrency: 16,
      requestsPerUser: 20,
    });
    const stepMs = BASE_MS + PER_SEQUENCE_MS * 16 + (PER_PREFILL_MS * 16) / 100;
    expect(means.requestsPerS).toBeCloseTo((16 * 1000) / (100 * stepMs), 1);
  });

  it('makes every token of every request exactly once, in order, within capacity, whatever arrives', () => {
    const shape = fc.record({
      promptTokens: fc.integer({ min: 1, max: 300 }),
      outputTokens: fc.integer({ min: 1, max: 30 }),
      arrivedAtMs: fc.integer({ min: 0, max: 500 }),
    });
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 40 }), (shapes) => {
        const limits = limitsOf({ maxSequences: 5, maxStepTokens: 64, kvCapacityTokens: 1024 });
        for (const job of runJobs(limits, shapes)) {
          expect(job.tokenAtMs).toHaveLength(job.outputTokens);
          expect([...job.tokenAtMs].sort((a, b) => a - b)).toEqual(job.tokenAtMs);
          const { queueWaitMs = -1, prefillMs = -1, decodeMs = -1, batchSequences = 0 } = job.timings ?? {};
          expect(queueWaitMs).toBeGreaterThanOrEqual(0);
          expect(batchSequences).toBeLessThanOrEqual(5);
          expect(job.arrivedAtMs + queueWaitMs + prefillMs + decodeMs).toBeCloseTo(
            job.tokenAtMs.at(-1) ?? 0,
            6,
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives the place and the memory of an aborted request to the next', () => {
    const scheduler = new Scheduler(limitsOf({ maxSequences: 1 }));
    const job = (id: string) => ({ id, prompt: [1, 2, 3], output: [4, 5, 6], arrivedAtMs: 0 });
    scheduler.submit(job('a'));
    scheduler.submit(job('b'));
    scheduler.begin(0);
    scheduler.finish(11);
    expect(scheduler.abort('a', 11)).toMatchObject({ wastedTokens: 1 });
    expect(scheduler.abort('a', 11)).toBeUndefined();
    expect(scheduler.kvTokens).toBe(0);
    scheduler.begin(11);
    expect(scheduler.finish(22)).toEqual([{ id: 'b', index: 0, timings: undefined }]);
  });
});
