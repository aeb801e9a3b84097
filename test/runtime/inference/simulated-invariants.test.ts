import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Arrival, COST, limitsOf, runOnVirtualTime, type Trace } from './virtual-schedule.ts';

const CAPACITY_TOKENS = 1024;
const LIMITS = limitsOf({
  maxSequences: 5,
  maxStepTokens: 64,
  kvCapacityTokens: CAPACITY_TOKENS,
  requestOverheadMs: 3,
  requestOverheadPerPromptTokenMs: 0.125,
});

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const arrival: fc.Arbitrary<Arrival> = fc.record({
  promptTokens: fc.integer({ min: 1, max: 400 }),
  outputTokens: fc.integer({ min: 1, max: 40 }),
  arrivedAtMs: fc.integer({ min: 0, max: 900 }),
});
const mix = fc.array(arrival, { minLength: 1, maxLength: 30 });
const abortedMix = fc.array(
  fc
    .record({
      arrival,
      abortAfterMs: maybe(fc.integer({ min: 0, max: 1_500 })),
      cacheKey: maybe(fc.constantFrom('a', 'b', 'c')),
    })
    .map(({ arrival, abortAfterMs, cacheKey }): Arrival => {
      const abortAtMs = abortAfterMs === undefined ? undefined : arrival.arrivedAtMs + abortAfterMs;
      return { ...arrival, abortAtMs, cacheKey };
    }),
  { minLength: 1, maxLength: 30 },
);
const RUNS = { numRuns: 120 };
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const readyAtMs = (a: Arrival): number => a.arrivedAtMs + 3 + 0.125 * a.promptTokens;

const admittedAtMs = (arrivals: readonly Arrival[], { timings }: Trace): number[] =>
  arrivals
    .map((a, i) => ({ readyMs: readyAtMs(a), waitMs: timings[i]?.queueWaitMs ?? Number.NaN }))
    .map(({ readyMs, waitMs }) => ({ readyMs, atMs: readyMs + waitMs }))
    // Of two that are ready at the same instant either may be first.
    .sort((a, b) => a.readyMs - b.readyMs || a.atMs - b.atMs)
    .map(({ atMs }) => atMs);

describe('whatever mix of requests comes, with aborts at any time', () => {
  it('every request ends exactly once, and the KV cache is empty at the end and never over its size', () => {
    fc.assert(
      fc.property(abortedMix, (arrivals) => {
        const trace = runOnVirtualTime(LIMITS, arrivals);
        expect(trace.ends).toEqual(arrivals.map(() => 1));
        expect(trace.kvTokensAtEnd).toBe(0);
        expect(trace.largestKvTokens).toBeLessThanOrEqual(CAPACITY_TOKENS);
      }),
      RUNS,
    );
  });

  it('no token comes after an abort, and all tokens come without one', () => {
    fc.assert(
      fc.property(abortedMix, (arrivals) => {
        const { tokenAtMs } = runOnVirtualTime(LIMITS, arrivals);
        for (const [i, { outputTokens, abortAtMs }] of arrivals.entries()) {
          const times = tokenAtMs[i] ?? [];
          if (abortAtMs === undefined) expect(times).toHaveLength(outputTokens);
          else if (times.length < outputTokens) expect(times.every((ms) => ms <= abortAtMs)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it('no step is over its token budget or its number of sequences', () => {
    fc.assert(
      fc.property(abortedMix, (arrivals) => {
        const { steps } = runOnVirtualTime(LIMITS, arrivals);
        for (const { sequences, prefillTokens } of steps) {
          expect(sequences).toBeLessThanOrEqual(5);
          expect(prefillTokens).toBeGreaterThanOrEqual(0);
          expect(prefillTokens).toBeLessThanOrEqual(64);
        }
      }),
      RUNS,
    );
  });

  it('timings say what was seen from outside: none negative, none longer than the request', () => {
    fc.assert(
      fc.property(abortedMix, (arrivals) => {
        const { timings, endedAtMs } = runOnVirtualTime(LIMITS, arrivals);
        for (const [i, t] of timings.entries()) {
          const parts = [t?.queueWaitMs ?? -1, t?.prefillMs ?? -1, t?.decodeMs ?? -1];
          for (const part of parts) expect(part).toBeGreaterThanOrEqual(0);
          const { arrivedAtMs = 0, abortAtMs } = arrivals[i] ?? {};
          const lastMs = Math.min(endedAtMs, abortAtMs ?? endedAtMs);
          expect(arrivedAtMs + sum(parts)).toBeLessThanOrEqual(lastMs + 1e-6);
        }
      }),
      RUNS,
    );
  });
});

describe('whatever mix of requests comes', () => {
  it('each is admitted in the order in which it was ready', () => {
    fc.assert(
      fc.property(mix, (arrivals) => {
        const admitted = admittedAtMs(arrivals, runOnVirtualTime(LIMITS, arrivals));
        for (const [i, atMs] of admitted.entries()) {
          expect(atMs).toBeGreaterThanOrEqual((admitted[i - 1] ?? 0) - 1e-6);
        }
      }),
      RUNS,
    );
  });

  it('work is conserved: each prompt token is computed once, and nobody ready waits for an idle engine', () => {
    fc.assert(
      fc.property(mix, (arrivals) => {
        const { steps, idles } = runOnVirtualTime(LIMITS, arrivals);
        expect(sum(steps.map((step) => step.prefillTokens))).toBe(sum(arrivals.map((a) => a.promptTokens)));
        for (const { atMs, untilMs } of idles)
          if (untilMs !== undefined) expect(untilMs).toBeGreaterThan(atMs);
      }),
      RUNS,
    );
  });

  it('steps never overlap, and the time they take is the cost of what is in them', () => {
    const stepCost = { ...COST, perKvTokenMs: 0 };
    fc.assert(
      fc.property(mix, (arrivals) => {
        const { steps } = runOnVirtualTime({ ...LIMITS, stepCost }, arrivals);
        for (const [i, { startsAtMs, endsAtMs, sequences, prefillTokens }] of steps.entries()) {
          expect(startsAtMs).toBeGreaterThanOrEqual(steps[i - 1]?.endsAtMs ?? 0);
          const costMs = 8 + 0.5 * sequences + 0.0625 * prefillTokens;
          expect(endsAtMs - startsAtMs).toBeCloseTo(costMs, 9);
        }
      }),
      RUNS,
    );
  });

  it('an engine half as fast in every term takes exactly twice as long', () => {
    const double = (limits: typeof LIMITS, by: number) => ({
      ...limits,
      requestOverheadMs: 0,
      requestOverheadPerPromptTokenMs: 0,
      stepCost: {
        baseMs: COST.baseMs * by,
        perSequenceMs: COST.perSequenceMs * by,
        perPrefillTokenMs: COST.perPrefillTokenMs * by,
        perKvTokenMs: COST.perKvTokenMs * by,
      },
    });
    fc.assert(
      fc.property(mix, (arrivals) => {
        const once = arrivals.map((a) => ({ ...a, arrivedAtMs: 0 }));
        const a = runOnVirtualTime(double(LIMITS, 1), once);
        const b = runOnVirtualTime(double(LIMITS, 2), once);
        expect(b.endedAtMs).toBe(2 * a.endedAtMs);
        expect(b.tokenAtMs).toEqual(a.tokenAtMs.map((times) => times.map((ms) => 2 * ms)));
      }),
      RUNS,
    );
  });

  it('the same mix gives the same run, to the bit', () => {
    fc.assert(
      fc.property(abortedMix, (arrivals) => {
        expect(runOnVirtualTime(LIMITS, arrivals)).toEqual(runOnVirtualTime(LIMITS, arrivals));
      }),
      { numRuns: 30 },
    );
  });
});
