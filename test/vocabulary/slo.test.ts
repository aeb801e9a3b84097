import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import { HISTOGRAM_METRIC_IDS, METRIC_IDS, METRICS } from '../../vocabulary/metrics.ts';
import {
  computeErrorRatio,
  countOutcome,
  DROP_REASONS,
  emptyOutcomeCounts,
  mergeOutcomeCounts,
  type Outcome,
  type OutcomeCounts,
  outcomeCountsSchema,
  REQUEST_FAILURE_CODES,
  reasonOf,
  TIMEOUT_PHASES,
} from '../../vocabulary/outcomes.ts';
import {
  allowedRatioOf,
  evaluateSlo,
  formatSlo,
  type Slo,
  type SloEvidence,
  sloSchema,
} from '../../vocabulary/slo.ts';

const outcomes: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constant<Outcome>({ state: 'completed' }),
  fc.constantFrom(...REQUEST_FAILURE_CODES).map((code): Outcome => ({ state: 'failed', code })),
  fc.constantFrom(...TIMEOUT_PHASES).map((phase): Outcome => ({ state: 'timed-out', phase })),
  fc.constantFrom(...DROP_REASONS).map((reason): Outcome => ({ state: 'dropped', reason })),
);

const count = (list: readonly Outcome[]): OutcomeCounts => {
  const counts = emptyOutcomeCounts();
  for (const outcome of list) countOutcome(counts, outcome);
  return counts;
};

describe('outcome counts', () => {
  it('balance: offered = completed + failed + timed out + dropped, and every loss has a reason', () => {
    fc.assert(
      fc.property(fc.array(outcomes, { maxLength: 200 }), (list) => {
        const counts = outcomeCountsSchema.parse(count(list));
        expect(counts.offered).toBe(list.length);
        expect(counts.completed + counts.failed + counts.timedOut + counts.dropped).toBe(list.length);
        const reasons = Object.values(counts.byReason).reduce((sum, requests) => sum + requests, 0);
        expect(reasons).toBe(list.length - counts.completed);
      }),
    );
  });

  it('merge: counts of two lists are the counts of both together', () => {
    fc.assert(
      fc.property(fc.array(outcomes), fc.array(outcomes), (a, b) => {
        const [left, right] = [count(a), count(b)];
        expect(mergeOutcomeCounts(left, right)).toEqual(count([...a, ...b]));
        expect(left).toEqual(count(a));
      }),
    );
  });

  it('name the reason, with the server’s own fault where it gave one', () => {
    expect(reasonOf({ state: 'failed', code: 'http-overloaded', faultCode: 'gateway_overloaded' })).toBe(
      'failed:http-overloaded/gateway_overloaded',
    );
    expect(reasonOf({ state: 'timed-out', phase: 'first-token' })).toBe('timed-out:first-token');
    expect(reasonOf({ state: 'dropped', reason: 'too-late' })).toBe('dropped:too-late');
    expect(reasonOf({ state: 'completed' })).toBeUndefined();
  });

  it('have an error ratio of what did not complete, absent when nothing was offered', () => {
    expect(computeErrorRatio(emptyOutcomeCounts())).toBeUndefined();
    expect(computeErrorRatio(count([{ state: 'completed' }, { state: 'dropped', reason: 'too-late' }]))).toBe(
      0.5,
    );
  });
});

const P95: Slo = { kind: 'latency', metric: 'latencyMs', percentile: 95, limitMs: 2000 };
const ERRORS: Slo = { kind: 'error-ratio', limitRatio: 0.01 };

/** Requests within the limit, past it, timed out and failed. */
function evidenceOf(within: number, past: number, timedOut = 0, failures = 0): SloEvidence {
  const histogram = new LatencyHistogram();
  for (let i = 0; i < within; i++) histogram.record(100);
  for (let i = 0; i < past; i++) histogram.record(3000);
  const counts = {
    ...emptyOutcomeCounts(),
    offered: within + past + timedOut + failures,
    completed: within + past,
    timedOut,
    failed: failures,
  };
  return { counts, histogramOf: (metric) => (metric === 'latencyMs' ? histogram : undefined) };
}

describe('evaluateSlo', () => {
  it('needs 59 clean requests for p95: 0.95^59 < 0.05 < 0.95^58', () => {
    expect(0.95 ** 59).toBeLessThan(0.05);
    expect(0.95 ** 58).toBeGreaterThan(0.05);
    expect(evaluateSlo(P95, evidenceOf(59, 0)).kind).toBe('met');
    expect(evaluateSlo(P95, evidenceOf(58, 0)).kind).toBe('not-enough-evidence');
  });

  it('needs 299 clean requests for errors under 1 %', () => {
    expect(0.99 ** 299).toBeLessThan(0.05);
    expect(0.99 ** 298).toBeGreaterThan(0.05);
    expect(evaluateSlo(ERRORS, evidenceOf(299, 0)).kind).toBe('met');
    expect(evaluateSlo(ERRORS, evidenceOf(298, 0)).kind).toBe('not-enough-evidence');
  });

  it('calls it missed when chance cannot explain the excess, undecided near the limit', () => {
    expect(evaluateSlo(P95, evidenceOf(900, 100)).kind).toBe('missed');
    expect(evaluateSlo(P95, evidenceOf(950, 50)).kind).toBe('not-enough-evidence');
    expect(evaluateSlo(P95, evidenceOf(980, 20)).kind).toBe('met');
    expect(evaluateSlo(P95, evidenceOf(0, 3)).kind).toBe('missed');
  });

  it('takes a timed-out request as past any limit, so that a timeout cannot improve a percentile', () => {
    const verdict = evaluateSlo(P95, evidenceOf(900, 0, 100));
    expect(verdict).toMatchObject({ kind: 'missed', exceedRatio: 0.1, samples: 1000 });
    expect(evaluateSlo(P95, evidenceOf(900, 0)).kind).toBe('met');
  });

  it('leaves failed requests to the error objective', () => {
    expect(evaluateSlo(P95, evidenceOf(900, 0, 0, 100))).toMatchObject({ kind: 'met', samples: 900 });
    expect(evaluateSlo(ERRORS, evidenceOf(900, 0, 0, 100)).kind).toBe('missed');
  });

  it('has no evidence in nothing', () => {
    expect(evaluateSlo(P95, evidenceOf(0, 0))).toMatchObject({
      kind: 'not-enough-evidence',
      exceedRatio: undefined,
    });
  });

  it('never turns from missed to met as more requests exceed', () => {
    const rank = { met: 0, 'not-enough-evidence': 1, missed: 2 } as const;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (samples) => {
        const kinds = Array.from(
          { length: samples + 1 },
          (_, past) => rank[evaluateSlo(P95, evidenceOf(samples - past, past)).kind],
        );
        expect(kinds).toEqual([...kinds].sort((a, b) => a - b));
      }),
      { numRuns: 15 },
    );
  });

  it('takes only shares and percentiles that can be', () => {
    expect(sloSchema.safeParse({ ...P95, percentile: 100 }).success).toBe(false);
    expect(sloSchema.safeParse({ ...P95, metric: 'throughputPerS' }).success).toBe(false);
    expect(sloSchema.safeParse({ kind: 'error-ratio', limitRatio: 1.5 }).success).toBe(false);
    expect(formatSlo(P95)).toMatch(/^p95 .* ≤ 2000 ms$/);
  });
});

describe('the metric table', () => {
  const SUFFIX = {
    Ms: 'ms',
    TokensPerS: 'tokens-per-s',
    PerS: 'per-s',
    Ratio: 'ratio',
    Requests: 'requests',
    Tokens: 'tokens',
  };

  it.each(METRIC_IDS)('%s ends in its unit', (id) => {
    const suffix = Object.keys(SUFFIX).find((each) => id.endsWith(each)) as keyof typeof SUFFIX | undefined;
    expect(suffix).toBeDefined();
    expect(SUFFIX[suffix ?? 'Ms']).toBe(METRICS[id].unit);
  });

  it('has a formula and a label of its own for each, and histograms only of spans', () => {
    expect(new Set(METRIC_IDS.map((id) => METRICS[id].label)).size).toBe(METRIC_IDS.length);
    for (const id of METRIC_IDS) expect(METRICS[id].formula.length, id).toBeGreaterThan(8);
    for (const id of HISTOGRAM_METRIC_IDS) expect(METRICS[id].unit).toBe('ms');
    expect(HISTOGRAM_METRIC_IDS).toContain('timeToFirstTokenMs');
    expect(HISTOGRAM_METRIC_IDS).not.toContain('goodputPerS');
  });
});

describe('limits as people write them', () => {
  const errors = (limitRatio: number): Slo => ({ kind: 'error-ratio', limitRatio });
  const latency = (percentile: number): Slo => ({
    kind: 'latency',
    metric: 'latencyMs',
    percentile,
    limitMs: 100,
  });

  it.for([
    [0.07, '7'],
    [0.29, '29'],
    [0.001, '0.1'],
    [1, '100'],
    [0, '0'],
  ] as const)('%d of requests is %s %%, whatever doubles make of it', ([ratio, percent]) => {
    expect(formatSlo(errors(ratio))).toBe(`errors ≤ ${percent} %`);
  });

  it.for([
    [90, 10, 100],
    [95, 5, 100],
    [99, 1, 100],
    [99.9, 1, 1_000],
    [99.99, 1, 10_000],
  ] as const)('p%d allows exactly %d of %d past the limit', ([percentile, exceeding, samples]) => {
    expect(allowedRatioOf(latency(percentile))).toBe(exceeding / samples);
  });
});
