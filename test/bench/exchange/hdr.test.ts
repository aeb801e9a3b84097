import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { build, type Histogram } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import {
  formatHistogramLog,
  type HistogramLog,
  parseHistogramLog,
  secondsFromStart,
} from '../../../bench/exchange/hdr/histogram-log.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const FOLDER = join(import.meta.dirname, '../../../../shared/data/hdrhistogram');

interface Expected {
  readonly histograms: number;
  readonly total_count: number;
  readonly 'p99.9': number;
  readonly max?: number;
}
type Logs = Readonly<Record<string, Readonly<Record<string, Expected | number | string>>>>;

const readLog = (name: string): HistogramLog => {
  const bytes = readFileSync(join(FOLDER, name));
  return unwrap(parseHistogramLog((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'), name));
};

function sumOf(histograms: readonly Histogram[]): Histogram {
  const sum = build({ bitBucketSize: 64, autoResize: true, numberOfSignificantValueDigits: 3 });
  for (const histogram of histograms) sum.add(histogram);
  return sum;
}

const summary = (log: HistogramLog, fromS: number, toS: number) => {
  const within = log.intervals.filter((interval) => {
    const atS = secondsFromStart(log, interval);
    return atS >= fromS && atS <= toS;
  });
  const sum = sumOf(within.map(({ histogram }) => histogram));
  return {
    histograms: within.length,
    total_count: sum.totalCount,
    'p99.9': sum.getValueAtPercentile(99.9),
    max: sum.getValueAtPercentile(100),
  };
};

describe.skipIf(!existsSync(FOLDER))(
  'reference logs of HdrHistogram (shared/data/hdrhistogram, skipped where absent)',
  () => {
    const { logs } = existsSync(FOLDER)
      ? (JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as { logs: Logs })
      : { logs: {} };
    const ranges = Object.entries(logs).flatMap(([name, parts]) =>
      Object.entries(parts).flatMap(([range, expected]) =>
        typeof expected === 'object' ? [[name, range, expected] as const] : [],
      ),
    );

    it('are all of them and of every version', () => expect(ranges.length).toBeGreaterThan(9));

    it.for(ranges)(
      '%s, %s: counts and percentiles as upstream says, also when written and read again',
      ([name, range, expected]) => {
        const log = readLog(name);
        const again = unwrap(parseHistogramLog(formatHistogramLog(log), 'again'));
        const [, fromS = '-Infinity', toS = 'Infinity'] = /^range_(\d+)_(\d+)$/.exec(range) ?? [];
        for (const read of [log, again]) {
          expect(summary(read, Number(fromS), Number(toS))).toMatchObject(expected);
          expect(read.startTimeS).toBe(logs[name]?.start_time_sec);
        }
        expect(again.intervals.map(({ startS, lengthS }) => [startS, lengthS])).toEqual(
          log.intervals.map(({ startS, lengthS }) => [startS, lengthS]),
        );
      },
    );

    it('keep tags apart: what is tagged A is what is not tagged, before and after', () => {
      const log = readLog('tagged-Log.logV2.hlog');
      for (const read of [log, unwrap(parseHistogramLog(formatHistogramLog(log), 'again'))]) {
        const [tagged, untagged] = ['A', undefined].map((tag) =>
          sumOf(read.intervals.filter((interval) => interval.tag === tag).map(({ histogram }) => histogram)),
        );
        expect(tagged?.totalCount).toBe(32_290 / 2);
        expect(untagged?.totalCount).toBe(32_290 / 2);
        expect(tagged?.getValueAtPercentile(99.9)).toBe(untagged?.getValueAtPercentile(99.9));
      }
    });
  },
);

describe('a log that is none', () => {
  it('is refused with every bad line', () => {
    const text =
      '#[StartTime: 1.0]\n1.0,1.0,2.0\nTag=A,1,1,1,!!!\nx,1,1,HISTFAAAAEV42pNpmSzMwMCg\n1,1,1,AAAAAAAAAAAAAAAA\n';
    const parsed = parseHistogramLog(text, 'it');
    if (parsed.kind === 'ok') throw new Error('read');
    expect(parsed.failure.code).toBe('INVALID_IMPORT');
    expect(parsed.failure.issues.map(({ path }) => path)).toEqual(['line 2', 'line 3', 'line 4', 'line 5']);
    expect(parseHistogramLog('', 'nothing')).toMatchObject({ kind: 'failed' });
  });
});
