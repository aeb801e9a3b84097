import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantArrivals } from '../../../bench/arrivals/constant.ts';
import type { Trace, TraceRequest } from '../../../scenarios/traces/trace.ts';
import { computeIndexOfDispersion, summariseTrace } from '../../../scenarios/traces/trace-summary.ts';
import { createRandom } from '../../../vocabulary/random.ts';
import { traceSummarySchema } from '../../../vocabulary/result-file.ts';

const traceOf = (requests: readonly TraceRequest[]): Trace => ({
  source: 't.csv',
  format: 'azure-llm',
  sha256: 'ab',
  requests,
});

/** Poisson counts by superposition: a number of uniform instants, the conditional form; not the code's gap form. */
function uniformInstantsMs(seed: number, requests: number, spanMs: number): number[] {
  const random = createRandom(seed);
  const instants = Array.from({ length: requests }, () => random.next() * spanMs);
  return instants.sort((a, b) => a - b);
}

const average = (values: readonly number[]): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
};
/** E[x²] − E[x]², in whole numbers where counts are: another route than the squared distances. */
const spread = (values: readonly number[]): number =>
  average(values.map((value) => value * value)) - average(values) ** 2;

/** Counts by asking of each window which arrivals lie in it. */
function naiveDispersion(instantsMs: readonly number[], windowMs: number): number | undefined {
  const counts: number[] = [];
  const lastMs = Math.max(...instantsMs);
  for (let fromMs = 0; fromMs + windowMs <= lastMs; fromMs += windowMs) {
    counts.push(instantsMs.filter((atMs) => atMs >= fromMs && atMs < fromMs + windowMs).length);
  }
  return counts.length < 2 ? undefined : spread(counts) / average(counts);
}

const requestsArbitrary = fc
  .array(
    fc.record({
      gapMs: fc.integer({ min: 0, max: 40_000 }),
      inputTokens: fc.nat({ max: 4_000 }),
      outputTokens: fc.nat({ max: 900 }),
    }),
    { minLength: 2, maxLength: 60 },
  )
  .map((rows) => {
    let atMs = 0;
    return rows.map(({ gapMs, ...tokens }, i) => {
      // The last gap is never 0: a trace has a length.
      atMs += i === 0 ? 0 : gapMs + (i === rows.length - 1 ? 1 : 0);
      return { atMs, ...tokens };
    });
  });

const near = (got: number, expected: number): void => {
  expect(Math.abs(got - expected)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(expected)));
};

describe('the summary of any trace', () => {
  it('has the figures that counting by hand gives, and keeps its schema', () => {
    fc.assert(
      fc.property(requestsArbitrary, (requests) => {
        const summary = summariseTrace(traceOf(requests));
        const instantsMs = requests.map(({ atMs }) => atMs);
        const lastMs = Math.max(...instantsMs);
        const gapsMs = instantsMs.slice(1).map((atMs, i) => atMs - (instantsMs[i] ?? 0));
        expect(traceSummarySchema.safeParse(summary).success).toBe(true);
        expect(summary.requests).toBe(requests.length);
        expect(summary.spanMs).toBe(lastMs);
        near(summary.meanRequestsPerS, (1_000 * requests.length) / lastMs);
        // Beside the squared mean: the two routes to a variance near 0 differ by the rounding of squares.
        near(1 + summary.gapCv ** 2, 1 + spread(gapsMs) / average(gapsMs) ** 2);
        near(summary.meanInputTokens, average(requests.map(({ inputTokens }) => inputTokens)));
        near(summary.meanOutputTokens, average(requests.map(({ outputTokens }) => outputTokens)));
        const busiest = instantsMs.map(
          (fromMs) => instantsMs.filter((atMs) => atMs >= fromMs && atMs < fromMs + 60_000).length,
        );
        expect(summary.busiest60SRequestsPerS).toBe(Math.max(...busiest) / 60);
        for (const windowS of [1, 10, 60, 300]) {
          const expected = naiveDispersion(instantsMs, windowS * 1_000);
          const got = summary.indexOfDispersion[String(windowS)];
          if (expected === undefined) expect(got).toBeUndefined();
          else near(got ?? Number.NaN, expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('at a multiple of its speed has the same gaps in shape and a rate multiplied', () => {
    fc.assert(
      fc.property(requestsArbitrary, fc.integer({ min: 2, max: 8 }), (requests, factor) => {
        const slow = summariseTrace(traceOf(requests));
        const fast = summariseTrace(traceOf(requests.map((row) => ({ ...row, atMs: row.atMs / factor }))));
        near(fast.gapCv, slow.gapCv);
        near(fast.meanRequestsPerS, slow.meanRequestsPerS * factor);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the index of dispersion', () => {
  const windows = 4_000;
  const once = uniformInstantsMs(3, 40_000, windows * 1_000);
  // Cox & Lewis 1966: the standard error of the index over k windows of a Poisson process is about √(2/k).
  const standardError = Math.sqrt(2 / windows);

  it('is 1 for a Poisson process', () => {
    expect(Math.abs((computeIndexOfDispersion(once, 1) ?? 0) - 1)).toBeLessThan(4 * standardError);
  });

  it('is n where each arrival brings n at once: the variance of nX is n² times that of X', () => {
    const single = computeIndexOfDispersion(once, 1) ?? 0;
    for (const n of [2, 3]) {
      const batches = once.flatMap((atMs) => Array<number>(n).fill(atMs));
      const index = computeIndexOfDispersion(batches, 1) ?? 0;
      expect(Math.abs(index - n)).toBeLessThan(4 * n * standardError);
      near(index, n * single);
    }
  });

  it('grows with the window where the rate itself goes up and down', () => {
    const swinging = once.filter((atMs) => Math.floor(atMs / 100_000) % 2 === 0);
    const [short = 0, long = 0] = [1, 60].map((windowS) => computeIndexOfDispersion(swinging, windowS));
    // Rate 10 or 0, each half of the time: 1 + mean × window = 6 over 1 s.
    expect(Math.abs(short - 6)).toBeLessThan(0.3);
    expect(long).toBeGreaterThan(20 * short);
  });
});

describe('evenly spaced arrivals', () => {
  const spans = fc.record({
    ratePerS: fc.double({ min: 0.05, max: 5_000, noNaN: true }),
    fromMs: fc.integer({ min: -60_000, max: 0 }),
    spanMs: fc.integer({ min: 1, max: 3_000 }),
    phaseRatio: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  });

  it('are one gap of 1/rate apart, fill the span and never reach its end', () => {
    fc.assert(
      fc.property(spans, ({ ratePerS, fromMs, spanMs, phaseRatio }) => {
        const random = { ...createRandom(1), next: () => phaseRatio };
        const toMs = fromMs + spanMs;
        const instants = constantArrivals({ ratePerS, fromMs, toMs }, random);
        const gapMs = 1_000 / ratePerS;
        const tinyMs = 1e-9 * Math.max(1, Math.abs(fromMs), toMs);
        expect(instants.filter((atMs) => atMs < fromMs || atMs >= toMs)).toEqual([]);
        const gapsMs = instants.slice(1).map((atMs, i) => atMs - (instants[i] ?? 0));
        expect(gapsMs.filter((measuredMs) => Math.abs(measuredMs - gapMs) > tinyMs)).toEqual([]);
        expect((instants.at(-1) ?? fromMs + phaseRatio * gapMs - gapMs) + gapMs).toBeGreaterThanOrEqual(
          toMs - tinyMs,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('end before the end where the rate divides the span and nothing is left of the phase', () => {
    for (let ratePerS = 1; ratePerS <= 2_000; ratePerS++) {
      const random = { ...createRandom(1), next: () => 0 };
      const instants = constantArrivals({ ratePerS, fromMs: 0, toMs: 1_000 }, random);
      expect(instants.at(-1)).toBeLessThan(1_000);
      expect(instants).toHaveLength(ratePerS);
    }
  });
});
