import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodedHistogramSchema, LatencyHistogram } from '../../vocabulary/histogram.ts';
import { computePercentile, sortSamples } from '../../vocabulary/percentiles.ts';

const histogramOf = (values: readonly number[]): LatencyHistogram => {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

const PERCENTS = [1, 25, 50, 75, 90, 95, 99, 99.9, 100];
const latencies = fc.array(fc.double({ min: 0.05, max: 7_000_000, noNaN: true }), {
  minLength: 1,
  maxLength: 400,
});
/** Half a microsecond of rounding, and three significant digits. */
const toleranceMs = (value: number): number => 0.0006 + value * 0.001;

describe('LatencyHistogram', () => {
  it('grows after decoding, so that stored shards merge whatever their ranges', () => {
    const small = LatencyHistogram.decode(histogramOf([1]).encode());
    small.add(histogramOf([7_000_000]));
    expect([small.count, small.maxMs]).toEqual([2, 7_000_000]);
    const empty = LatencyHistogram.decode(new LatencyHistogram().encode());
    empty.record(7_100_000);
    expect(empty.percentileMs(50)).toBe(7_100_000);
  });

  it('records a span many times as if it came so often', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0.05, max: 8e6, noNaN: true }), fc.integer({ min: 1, max: 30 }))),
        (pairs) => {
          const [many, once] = [new LatencyHistogram(), new LatencyHistogram()];
          for (const [ms, times] of pairs) {
            many.recordTimes(ms, times);
            for (let i = 0; i < times; i++) once.record(ms);
          }
          expect([many.count, many.clipped, many.minMs, many.maxMs]).toEqual([
            once.count,
            once.clipped,
            once.minMs,
            once.maxMs,
          ]);
          for (const percent of PERCENTS) expect(many.percentileMs(percent)).toBe(once.percentileMs(percent));
          expect(many.meanMs ?? 0).toBeCloseTo(once.meanMs ?? 0, 3);
        },
      ),
    );
  });

  it('tells what came after a copy, and leaves the copy alone', () => {
    fc.assert(
      fc.property(latencies, latencies, (before, after) => {
        const histogram = histogramOf(before);
        const earlier = histogram.copy();
        for (const value of after) histogram.record(value);
        const recent = histogram.since(earlier);
        const sorted = sortSamples(after);
        expect([recent.count, earlier.count]).toEqual([after.length, before.length]);
        for (const percent of PERCENTS) {
          const exact = computePercentile(sorted, percent) ?? Number.NaN;
          expect(Math.abs((recent.percentileMs(percent) ?? Number.NaN) - exact)).toBeLessThanOrEqual(
            toleranceMs(exact) + 0.0005,
          );
        }
        expect(histogram.since(histogram.copy()).percentileMs(50)).toBeUndefined();
      }),
    );
  });

  it('reads percentiles within the exact extremes', () => {
    expect(histogramOf([0.0104, 0.0104, 5]).percentileMs(50)).toBe(0.0104);
  });

  it('gives percentiles within 0.1 % of the sorted samples', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const histogram = histogramOf(values);
        const sorted = sortSamples(values);
        for (const percent of PERCENTS) {
          const truth = computePercentile(sorted, percent) ?? Number.NaN;
          const read = histogram.percentileMs(percent) ?? Number.NaN;
          expect(Math.abs(read - truth), `p${percent}`).toBeLessThanOrEqual(toleranceMs(truth));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keeps count, sum, minimum and maximum exact', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const histogram = histogramOf(values);
        expect(histogram.count).toBe(values.length);
        expect(histogram.minMs).toBe(Math.min(...values));
        expect(histogram.maxMs).toBe(Math.max(...values));
        expect(histogram.percentileMs(100)).toBe(Math.max(...values));
        const sum = values.reduce((total, value) => total + value, 0);
        expect((histogram.meanMs ?? 0) * values.length).toBeCloseTo(sum, 3);
      }),
    );
  });

  it('survives encoding: the same figures and the same bytes again', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const encoded = histogramOf(values).encode();
        const decoded = LatencyHistogram.decode(
          encodedHistogramSchema.parse(JSON.parse(JSON.stringify(encoded))),
        );
        expect(decoded.encode()).toEqual(encoded);
        for (const percent of PERCENTS) {
          expect(decoded.percentileMs(percent)).toBe(histogramOf(values).percentileMs(percent));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('merges exactly: parts added up are the whole, in either order and of any size', () => {
    fc.assert(
      fc.property(latencies, latencies, (left, right) => {
        const whole = histogramOf([...left, ...right]);
        for (const [a, b] of [
          [left, right],
          [right, left],
        ] as const) {
          const merged = histogramOf(a);
          merged.add(histogramOf(b));
          expect(merged.count).toBe(whole.count);
          for (const percent of PERCENTS)
            expect(merged.percentileMs(percent)).toBe(whole.percentileMs(percent));
          expect([merged.minMs, merged.maxMs]).toEqual([whole.minMs, whole.maxMs]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('merges a small one with one that reaches far beyond its range', () => {
    const small = histogramOf([1, 2, 3]);
    small.add(histogramOf([7_000_000]));
    expect(small.count).toBe(4);
    expect(small.percentileMs(50)).toBeCloseTo(2, 2);
    expect(small.maxMs).toBe(7_000_000);
  });

  it('counts beyond what a byte or a 16-bit word holds', () => {
    const histogram = new LatencyHistogram();
    for (let i = 0; i < 70_000; i++) histogram.record(12.5);
    histogram.record(99);
    const again = LatencyHistogram.decode(histogram.encode());
    again.add(histogram);
    expect(again.count).toBe(140_002);
    expect(again.countAbove(50)).toBe(2);
  });

  it('counts the values above a limit, to its resolution', () => {
    fc.assert(
      fc.property(latencies, fc.double({ min: 1, max: 7_000_000, noNaN: true }), (values, limit) => {
        const above = histogramOf(values).countAbove(limit);
        const naive = (bound: number): number => values.filter((value) => value > bound).length;
        expect(above).toBeLessThanOrEqual(naive(limit * 0.999));
        expect(above).toBeGreaterThanOrEqual(naive(limit * 1.003));
      }),
      { numRuns: 300 },
    );
  });

  it('takes a value equal to the limit as within it', () => {
    const histogram = histogramOf([1, 2000, 2000, 2100]);
    expect(histogram.countAbove(2000)).toBe(1);
    expect(histogram.countAbove(0.5)).toBe(4);
    expect(histogram.countAbove(2100)).toBe(0);
  });

  it('says how many spans were longer than two hours, and keeps the true maximum', () => {
    const histogram = histogramOf([1, 8_000_000]);
    expect(histogram.clipped).toBe(1);
    expect(histogram.maxMs).toBe(8_000_000);
    expect(LatencyHistogram.decode(histogram.encode()).clipped).toBe(1);
  });

  it('is absent, not zero, when empty', () => {
    const empty = LatencyHistogram.decode(new LatencyHistogram().encode());
    expect([empty.count, empty.percentileMs(50), empty.meanMs, empty.minMs, empty.maxMs]).toEqual([
      0,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(empty.countAbove(0)).toBe(0);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('takes %d for the bug that it is', (ms) =>
    expect(() => new LatencyHistogram().record(ms)).toThrow(RangeError),
  );

  it('throws for data that is not a histogram', () => {
    const encoded = histogramOf([1]).encode();
    expect(() => LatencyHistogram.decode({ ...encoded, data: 'bm8=' })).toThrow();
  });
});

const DATA = join(import.meta.dirname, '../../../shared/data/hdrhistogram');
const present = existsSync(join(DATA, 'expected.json'));

interface Expected {
  readonly logs: Readonly<
    Record<string, { readonly all?: Readonly<Record<string, number>>; readonly total_count?: number }>
  >;
}

/** Interval histograms of a version 2 log: the last field of every line that is neither a comment nor the header. */
function payloads(file: string, tagged: boolean | undefined): string[] {
  return readFileSync(join(DATA, file), 'utf8')
    .split('\n')
    .filter((line) => /HISTFAA/.test(line))
    .filter((line) => tagged === undefined || line.startsWith('Tag=') === tagged)
    .map((line) => line.slice(line.lastIndexOf(',') + 1));
}

const WIDEST_FIRST = 7_000_000;

function mergeLog(data: readonly string[]): LatencyHistogram {
  const merged = new LatencyHistogram();
  for (const each of data) {
    merged.add(
      LatencyHistogram.decode({
        encoding: 'hdr-v2-base64',
        unit: 'us',
        count: 0,
        sumMs: 0,
        minMs: 0,
        maxMs: WIDEST_FIRST,
        clipped: 0,
        data: each,
      }),
    );
  }
  return merged;
}

describe.skipIf(!present)(
  'logs of the reference implementation (skipped: HdrHistogram reference data not here)',
  () => {
    const expected = (): Expected => JSON.parse(readFileSync(join(DATA, 'expected.json'), 'utf8'));

    it('are read and merged to the counts and p99.9 that upstream asserts', () => {
      const log = 'jHiccup-2.0.7S.logV2.hlog';
      const truth = expected().logs[log]?.all;
      const data = payloads(log, undefined);
      const merged = mergeLog(data);
      expect(data.length).toBe(truth?.histograms);
      expect(merged.count).toBe(truth?.total_count);
      // The log counts in nanoseconds and we read them as microseconds: a thousandth of the figure is its value here.
      expect(merged.percentileMs(99.9)).toBe((truth?.['p99.9'] ?? 0) / 1000);
    });

    it('keep their rule: what is tagged A adds up to what is not tagged', () => {
      const log = 'tagged-Log.logV2.hlog';
      const tagged = mergeLog(payloads(log, true));
      const plain = mergeLog(payloads(log, false));
      expect(tagged.count + plain.count).toBe(expected().logs[log]?.total_count);
      expect(tagged.count).toBe(plain.count);
      for (const percent of [50, 90, 99, 99.9])
        expect(tagged.percentileMs(percent)).toBe(plain.percentileMs(percent));
    });
  },
);
