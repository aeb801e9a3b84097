import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../bench/drive/driver.ts';
import { StepRecorder } from '../../bench/observe/recorder.ts';
import {
  computeLinearPercentile,
  FOREIGN_DEFINITIONS,
  type ForeignDefinition,
  readForeignMeanMs,
  readForeignPercentile,
} from '../../presentation/compatibility.ts';
import { compatibilityCsv } from '../../presentation/compatibility-csv.ts';
import { compatibilityBlocks } from '../../presentation/compatibility-section.ts';
import { type ResultReading, readResult } from '../../presentation/step-reading.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { LatencyHistogram } from '../../vocabulary/histogram.ts';
import { createRandom, sampleExponential } from '../../vocabulary/random.ts';
import { cpuResult } from './fixtures.ts';

/** One request as it went over the wire; ms from the start. */
interface Raw {
  readonly scheduledAtMs: number;
  readonly sentAtMs: number;
  readonly chunksAtMs: readonly number[];
  readonly endedAtMs: number;
  /** As the server reports it: chunks may carry several tokens. */
  readonly outputTokens: number;
}

/** Requests of every length, late sends, and chunks of several tokens: where the tools' definitions differ. */
function drawRaw(requests: number): Raw[] {
  const random = createRandom(11);
  return Array.from({ length: requests }, (_, i) => {
    const scheduledAtMs = i * 3;
    const sentAtMs = scheduledAtMs + sampleExponential(random, 4);
    const chunks = 1 + Math.floor(random.next() * 40);
    const paceMs = 5 + sampleExponential(random, 15);
    let atMs = sentAtMs + 20 + sampleExponential(random, 80);
    const chunksAtMs = Array.from({ length: chunks }, () => {
      const nowMs = atMs;
      atMs += sampleExponential(random, paceMs);
      return nowMs;
    });
    const tokensPerChunk = 1 + Math.floor(random.next() * 3);
    return {
      scheduledAtMs,
      sentAtMs,
      chunksAtMs,
      endedAtMs: (chunksAtMs.at(-1) ?? sentAtMs) + 2 + random.next(),
      outputTokens: chunks * tokensPerChunk,
    };
  });
}

const exchangeOf = ({ sentAtMs, chunksAtMs, endedAtMs, outputTokens }: Raw): Exchange => ({
  outcome: { state: 'completed' },
  sentAtMs,
  chunksAtMs,
  endedAtMs,
  text: '',
  usage: { inputTokens: 10, cachedInputTokens: 0, outputTokens },
});

const GENERATOR = {
  cpuCores: 0,
  eventLoopUtilisation: 0,
  eventLoopDelayP99Ms: 0,
  gcPauseTotalMs: 0,
  maxRssBytes: 1,
};

function readingOf(raws: readonly Raw[]): ResultReading {
  const recorder = new StepRecorder({
    name: 'all',
    load: { kind: 'open', interactionsPerS: 1, turnsPerS: 1 },
    slos: [],
    runStartedAtMs: 0,
    windowFromMs: 0,
    warmUpMs: 0,
    windowMs: 100_000,
  });
  for (const raw of raws) recorder.recordExchange(raw.scheduledAtMs, exchangeOf(raw));
  return unwrap(readResult({ ...cpuResult(), slos: [], steps: [recorder.finish({ generator: GENERATOR })] }));
}

/** numpy.percentile(values, percent), written out. */
function numpyPercentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (percent / 100) * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  return low + ((sorted[Math.min(sorted.length - 1, Math.floor(at) + 1)] ?? Number.NaN) - low) * (at % 1);
}

/** GuideLLM: the smallest value at which the cumulated weight reaches the share. */
function weightedPercentile(pairs: readonly (readonly [number, number])[], percent: number): number {
  const sorted = [...pairs].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, weight]) => sum + weight, 0);
  let cumulated = 0;
  for (const [value, weight] of sorted) {
    cumulated += weight;
    if (cumulated / total >= percent / 100 - 1e-12) return value;
  }
  return Number.NaN;
}

const last = ({ chunksAtMs }: Raw): number => chunksAtMs.at(-1) ?? Number.NaN;
const first = ({ chunksAtMs }: Raw): number => chunksAtMs[0] ?? Number.NaN;
const gaps = ({ chunksAtMs }: Raw): number[] =>
  chunksAtMs.slice(1).map((atMs, i) => atMs - (chunksAtMs[i] ?? 0));
const several = ({ outputTokens }: Raw): boolean => outputTokens > 1;
const once = (values: readonly number[]) => values.map((value) => [value, 1] as const);

/** Every tool's figure from the raw instants, as [value, weight], by formulas written here a second time. */
const ORACLES: Readonly<Record<string, (raws: readonly Raw[]) => (readonly [number, number])[]>> = {
  'vLLM TTFT': (raws) => once(raws.map((raw) => first(raw) - raw.sentAtMs)),
  'GuideLLM TTFT': (raws) => once(raws.map((raw) => first(raw) - raw.sentAtMs)),
  'AIPerf TTFT': (raws) => once(raws.map((raw) => first(raw) - raw.sentAtMs)),
  'vLLM TPOT': (raws) =>
    once(
      raws.filter(several).map((raw) => {
        const [latency, ttft] = [last(raw) - raw.sentAtMs, first(raw) - raw.sentAtMs];
        return (latency - ttft) / (raw.outputTokens - 1);
      }),
    ),
  'GuideLLM TPOT': (raws) =>
    raws.map((raw) => [(last(raw) - raw.sentAtMs) / raw.outputTokens, raw.outputTokens] as const),
  'vLLM ITL': (raws) => once(raws.flatMap(gaps)),
  'GuideLLM ITL': (raws) =>
    raws
      .filter(several)
      .map((raw) => [(last(raw) - first(raw)) / (raw.outputTokens - 1), raw.outputTokens - 1] as const),
  'AIPerf ITL': (raws) =>
    once(
      raws.filter(several).map((raw) => {
        const [latency, ttft] = [last(raw) - raw.sentAtMs, first(raw) - raw.sentAtMs];
        return (latency - ttft) / (raw.outputTokens - 1);
      }),
    ),
  'AIPerf inter-chunk latency': (raws) => once(raws.flatMap(gaps)),
  'vLLM request latency': (raws) => once(raws.map((raw) => last(raw) - raw.sentAtMs)),
  'GuideLLM request latency': (raws) => once(raws.map((raw) => raw.endedAtMs - raw.sentAtMs)),
  'AIPerf request latency': (raws) => once(raws.map((raw) => last(raw) - raw.sentAtMs)),
};

const keyOf = ({ tool, name }: ForeignDefinition): string => `${tool} ${name}`;
/** Half a microsecond of rounding, and three significant digits. */
const toleranceMs = (ms: number): number => 0.0006 + ms * 0.001;

describe('the definitions of other tools', () => {
  const raws = drawRaw(3_000);
  const reading = readingOf(raws);
  const [step] = reading.steps;
  if (step === undefined) throw new Error('nothing was recorded');

  it('have an oracle each', () => {
    expect(FOREIGN_DEFINITIONS.map(keyOf).sort()).toEqual(Object.keys(ORACLES).sort());
  });

  it.each(FOREIGN_DEFINITIONS.map((each) => [keyOf(each), each] as const))(
    '%s is what its formula gives',
    (key, each) => {
      const pairs = ORACLES[key]?.(raws) ?? [];
      const weight = pairs.reduce((sum, [, times]) => sum + times, 0);
      const meanMs = pairs.reduce((sum, [ms, times]) => sum + ms * times, 0) / weight;
      expect(readForeignMeanMs(step, each)).toBeCloseTo(meanMs, 5);
      for (const percent of [50, 90, 95, 99]) {
        const exact =
          each.rank === 'linear'
            ? numpyPercentile(
                pairs.map(([ms]) => ms),
                percent,
              )
            : weightedPercentile(pairs, percent);
        const got = readForeignPercentile(step, each, percent);
        expect(got.kind).toBe('certified');
        if (got.kind === 'certified')
          expect(Math.abs(got.value - exact)).toBeLessThanOrEqual(toleranceMs(exact));
      }
    },
  );

  it('really differ where the tools do', () => {
    const median = (key: string): number => {
      const each = FOREIGN_DEFINITIONS.find((definition) => keyOf(definition) === key);
      const got = each === undefined ? undefined : readForeignPercentile(step, each, 50);
      return got?.kind === 'certified' ? got.value : Number.NaN;
    };
    const furthest = (a: string, b: string): number => Math.abs(Math.log(median(a) / median(b)));
    expect(furthest('GuideLLM TPOT', 'vLLM TPOT')).toBeGreaterThan(0.1);
    expect(furthest('vLLM ITL', 'GuideLLM ITL')).toBeGreaterThan(0.1);
    expect(furthest('GuideLLM ITL', 'AIPerf ITL')).toBeGreaterThan(0.01);
    expect(furthest('GuideLLM request latency', 'AIPerf request latency')).toBeGreaterThan(0);
  });

  it('count requests, not tokens, as samples', () => {
    const few = readingOf(drawRaw(40)).steps[0];
    const itl = FOREIGN_DEFINITIONS.find((each) => keyOf(each) === 'GuideLLM ITL');
    if (few === undefined || itl === undefined) throw new Error('nothing was recorded');
    expect(few.histograms.get('timePerOutputTokenByGapMs')?.count).toBeGreaterThan(130);
    expect(readForeignPercentile(few, itl, 95)).toMatchObject({ kind: 'withheld', minSamples: 130 });
  });

  it('stand in the report, each with a number that leads to its definition', () => {
    const tables = compatibilityBlocks(reading).flatMap((block) => (block.kind === 'table' ? [block] : []));
    const [figures, definitions] = tables;
    expect(figures?.columns.map(({ title }) => title)).toEqual([
      'figure',
      'busyhour',
      'vLLM',
      'GuideLLM',
      'AIPerf',
    ]);
    expect(definitions?.rows.length).toBe(FOREIGN_DEFINITIONS.length);
    for (const row of figures?.rows ?? []) {
      for (const [column, { text }] of row.entries()) {
        const note = /\[(\d+)\]$/.exec(text)?.[1];
        if (column < 2 || text === '—') continue;
        expect(definitions?.rows[Number(note) - 1]?.[1]?.text).toBe(figures?.columns[column]?.title);
      }
    }
  });

  it('stand in compatibility.csv, one row per tool and figure', () => {
    const rows: Record<string, string>[] = parse(compatibilityCsv([reading]), { columns: true });
    expect(rows.map((row) => `${row.tool} ${row.figure}`).sort()).toEqual(Object.keys(ORACLES).sort());
    const tpot = rows.find((row) => row.tool === 'GuideLLM' && row.figure === 'TPOT');
    expect(Number(tpot?.p95Ms)).toBeGreaterThan(0);
    expect(tpot?.percentiles).toBe('nearest');
  });

  it('are left out where nothing was streamed', () => {
    const plain = { ...cpuResult(), steps: cpuResult().steps.map((each) => ({ ...each, histograms: {} })) };
    expect(compatibilityBlocks(unwrap(readResult(plain)))).toEqual([]);
  });
});

describe('percentiles by linear interpolation', () => {
  it('are numpy’s, to the histogram’s resolution', () => {
    // numpy.percentile([1, 2, 3, 4], [25, 50, 90]) = [1.75, 2.5, 3.7]
    const histogram = new LatencyHistogram();
    for (const ms of [1, 2, 3, 4]) histogram.record(ms);
    const got = [25, 50, 90].map((percent) => computeLinearPercentile(histogram, percent));
    for (const [i, exact] of [1.75, 2.5, 3.7].entries()) expect(got[i]).toBeCloseTo(exact, 2);
    expect(computeLinearPercentile(new LatencyHistogram(), 50)).toBeUndefined();
  });

  it('are those of the sorted values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.05, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0.1, max: 99.9, noNaN: true }),
        (values, percent) => {
          const histogram = new LatencyHistogram();
          for (const ms of values) histogram.record(ms);
          const exact = numpyPercentile(values, percent);
          const got = computeLinearPercentile(histogram, percent) ?? Number.NaN;
          expect(Math.abs(got - exact)).toBeLessThanOrEqual(
            toleranceMs(Math.max(...values.filter((each) => each <= exact * 1.5 + 1), exact)),
          );
        },
      ),
    );
  });
});
