import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { createArrivalModel } from '../../../bench/arrivals/arrivals.ts';
import { arrivalsSchema } from '../../../scenarios/arrivals.ts';
import { parseAzureTrace } from '../../../scenarios/traces/trace-azure.ts';
import { readTrace, type TraceReadingOptions } from '../../../scenarios/traces/trace-formats.ts';
import { type Failure, unwrap } from '../../../vocabulary/errors.ts';
import { createRandom } from '../../../vocabulary/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'trace-imports-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
function write(lines: readonly string[], packed = false): string {
  const path = join(folder, `trace-${files++}${packed ? '.gz' : ''}`);
  const text = `${lines.join('\n')}\n`;
  writeFileSync(path, packed ? gzipSync(text) : text);
  return path;
}
const requestsOf = (lines: readonly string[], options: TraceReadingOptions = {}) =>
  unwrap(readTrace(write(lines), options)).requests;
function failureOf(lines: readonly string[], options: TraceReadingOptions = {}): Failure {
  const read = readTrace(write(lines), options);
  if (read.kind === 'ok') throw new Error('the trace was read');
  return read.failure;
}
const linesOf = ({ issues }: Failure): string[] => issues.map(({ path }) => path);

describe('a Mooncake trace', () => {
  const row = (timestamp: unknown, input: unknown, output: unknown, ids: unknown) =>
    JSON.stringify({ timestamp, input_length: input, output_length: output, hash_ids: ids });

  it('is read with its blocks, and recognised by its fields, gzipped or not', () => {
    const lines = [row(5, 600, 3, [7, 8]), row(5, 512, 1, [7]), row(27_482, 40, 52, [9])];
    for (const packed of [false, true]) {
      const trace = unwrap(readTrace(write(lines, packed)));
      expect(trace.format).toBe('mooncake');
      expect(trace.requests).toEqual([
        { atMs: 0, inputTokens: 600, outputTokens: 3, blocks: { ids: [7, 8], tokensPerBlock: 512 } },
        { atMs: 0, inputTokens: 512, outputTokens: 1, blocks: { ids: [7], tokensPerBlock: 512 } },
        { atMs: 27_477, inputTokens: 40, outputTokens: 52, blocks: { ids: [9], tokensPerBlock: 512 } },
      ]);
    }
  });

  it.each([
    ['a negative timestamp', row(-1, 1, 1, [])],
    ['a timestamp that is none', row('soon', 1, 1, [])],
    ['NaN written as text', row('NaN', 1, 1, [])],
    ['half a token', row(6, 1.5, 1, [])],
    ['a missing length', '{"timestamp":6,"input_length":1}'],
    ['more blocks than tokens', row(6, 512, 1, [1, 2])],
    ['blocks that are no numbers', row(6, 512, 1, ['a'])],
    ['no JSON', '{"timestamp":6,'],
    ['a list', '[1,2,3]'],
  ])('lists %s with its line', (_name, bad) => {
    const failure = failureOf([row(5, 1, 1, []), bad, row(9, 1, 1, [])], { format: 'mooncake' });
    expect({ code: failure.code, lines: linesOf(failure) }).toEqual({
      code: 'INVALID_TRACE',
      lines: ['line 2'],
    });
  });
});

describe('a BurstGPT trace', () => {
  const HEADER = 'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type';
  const V2 = 'Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type';

  it('is read in both of its releases', () => {
    expect(
      requestsOf([HEADER, '5,ChatGPT,472,18,490,Conversation log', '45.5,GPT-4,1087,0,1087,API log']),
    ).toEqual([
      { atMs: 0, inputTokens: 472, outputTokens: 18 },
      { atMs: 40_500, inputTokens: 1_087, outputTokens: 0 },
    ]);
    expect(requestsOf([V2, '0,1,0.5,ChatGPT,4,1,5,API log', '1,1,0.5,ChatGPT,4,1,5,API log'])).toHaveLength(
      2,
    );
  });

  it('lists every bad row at once, by line', () => {
    const failure = failureOf([
      HEADER,
      '5,ChatGPT,472,18,490,x',
      '-6,ChatGPT,1,1,2,x',
      '7,ChatGPT,,1,1,x',
      '8,ChatGPT,1,NaN,1,x',
      '4,ChatGPT,1,1,2,x',
      '9,ChatGPT,1',
    ]);
    expect(linesOf(failure)).toEqual(['line 3', 'line 4', 'line 5', 'line 6', 'line 7']);
    expect(failure.issues[3]?.fix).toBe('sort the rows by Timestamp');
  });

  it('names the columns that a header lacks', () => {
    const failure = failureOf(['Timestamp,Model,Request tokens', '1,a,2']);
    expect(failure.issues[0]).toMatchObject({ path: 'line 1', expected: 'a column Response tokens' });
  });
});

describe('any table with named columns', () => {
  const columns = (atUnit: 's' | 'ms' | 'us' | 'iso') =>
    ({ at: 'when', atUnit, inputTokens: 'in', outputTokens: 'out' }) as const;
  const instants = (lines: readonly string[], atUnit: 's' | 'ms' | 'us' | 'iso') =>
    requestsOf(lines, { columns: columns(atUnit) }).map(({ atMs }) => atMs);

  it('is CSV or JSON Lines, its instants in the unit that is named', () => {
    const csv = (a: string, b: string) => ['id,out,when,in', `x,2,${a},1`, `y,4,${b},3`];
    expect(requestsOf(csv('1.5', '2'), { columns: columns('s') })).toEqual([
      { atMs: 0, inputTokens: 1, outputTokens: 2 },
      { atMs: 500, inputTokens: 3, outputTokens: 4 },
    ]);
    expect(instants(csv('1500', '2000'), 'ms')).toEqual([0, 500]);
    expect(instants(csv('1500000', '2000000'), 'us')).toEqual([0, 500]);
    expect(instants(csv('2026-01-31T23:59:59.5+01:00', '2026-01-31 23:00:00Z'), 'iso')).toEqual([0, 500]);
    const json = ['{"when":1,"in":1,"out":2}', '', '{"when":2.25,"in":3,"out":4,"more":true}'];
    expect(instants(json, 's')).toEqual([0, 1_250]);
  });

  it('is put in order where asked for, and refused with the line otherwise', () => {
    const lines = ['when,in,out', '9,9,9', '3,3,3', '5,5,5', '3,4,4'];
    const failure = failureOf(lines, { columns: columns('s') });
    expect(linesOf(failure)).toEqual(['line 3', 'line 4', 'line 5']);
    const sorted = requestsOf(lines, { columns: columns('s'), sort: true });
    expect(sorted.map(({ inputTokens }) => inputTokens)).toEqual([3, 4, 5, 9]);
    expect(sorted.map(({ atMs }) => atMs)).toEqual([0, 0, 2_000, 6_000]);
  });

  it('asks for the names of its columns, and names those that are not there', () => {
    expect(failureOf(['a,b', '1,2'], { format: 'csv' }).message).toContain('names of its columns');
    const failure = failureOf(['when,in', '1,2'], { columns: columns('s') });
    expect(failure.issues[0]).toMatchObject({ expected: 'a column out', got: 'when,in' });
  });

  it('lists the first 50 of more bad rows and says how many there are', () => {
    const bad = Array.from({ length: 70 }, () => 'x,1,1');
    const failure = failureOf(['when,in,out', '1,1,1', ...bad], { columns: columns('s') });
    expect(failure.issues).toHaveLength(50);
    expect(failure.message).toContain('70 problems, the first 50 of them listed');
  });
});

describe('broken quoting', () => {
  it('does not hide the bad rows before it, and says that what follows was not read', () => {
    const text = [
      'TIMESTAMP,ContextTokens,GeneratedTokens',
      '2023-11-16 18:15:46,1,1',
      '2023-11-16 18:15:47,-1,1',
      '2023-11-16 18:15:48,"1,1',
      '2023-11-16 18:15:49,bad,1',
    ].join('\n');
    const read = parseAzureTrace(text, 'rows.csv');
    if (read.kind === 'ok') throw new Error('the trace was read');
    const [first, last] = read.failure.issues;
    expect(read.failure.issues).toHaveLength(2);
    expect(first).toMatchObject({ path: 'line 3', got: '-1' });
    expect(last?.expected).toBe('valid CSV');
    expect(last?.fix).toContain('the lines after it could not be read');
  });
});

const SERVEGEN = '../shared/data/servegen/client_windows.csv.gz';

describe.skipIf(!existsSync(SERVEGEN))('the ServeGen windows (needs ../shared/data)', () => {
  const read = (seed: number, model = 'm-small') =>
    unwrap(readTrace(SERVEGEN, { servegen: { model, fromS: 36_000, forS: 600, seed } })).requests;

  it('bring requests at the sum of the clients’ rates that is published beside them, over 10 seeds', async () => {
    const totals = '../shared/data/servegen/total_rate_10min.csv.gz';
    const { gunzipSync } = await import('node:zlib');
    const { readFileSync } = await import('node:fs');
    const line = gunzipSync(readFileSync(totals))
      .toString('utf8')
      .split('\n')
      .find((row) => row.startsWith('m-small,36000,'));
    const published = Number(line?.split(',')[2]) * 600;
    const counts = Array.from({ length: 10 }, (_, seed) => read(seed).length);
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const spread = Math.sqrt(counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / 9 / 10);
    expect(published).toBeGreaterThan(100);
    expect(Math.abs(mean - published)).toBeLessThan(4 * spread + 0.01 * published);
    expect(read(3)).toEqual(read(3));
  }, 60_000);

  it('are refused without the name of a model', () => {
    const refused = { code: 'INVALID_TRACE', hint: expect.stringMatching(/--servegen-model.* m-large/) };
    expect(readTrace(SERVEGEN)).toMatchObject({ failure: refused });
    const servegen = { model: 'm-lagre', fromS: 0, forS: 600, seed: 1 };
    expect(readTrace(SERVEGEN, { servegen })).toMatchObject({ failure: refused });
  });
});

describe('a file of no format that is known', () => {
  it.each([
    ['a table of somebody', ['when,how', '1,2'], 'when,how'],
    ['a line without an end', ['{"a":1}'], '{"a":1}'],
    ['nothing', [''], 'nothing'],
  ])('%s is refused with what would be known, and how to name columns', (_name, lines, got) => {
    const failure = failureOf(lines);
    expect(failure).toMatchObject({ code: 'INVALID_TRACE', issues: [{ path: 'line 1', got }] });
    expect(failure.issues[0]?.expected).toMatch(/azure-llm.*burstgpt.*servegen.*mooncake/);
    expect(failure.issues[0]?.fix).toContain('columns');
  });
});

describe('a trace as arrivals', () => {
  const lines = ['t,i,o', ...Array.from({ length: 101 }, (_, i) => `${i},1,1`)];
  const arrivals = (more: object) =>
    arrivalsSchema.parse({
      kind: 'trace',
      file: write(lines),
      columns: { at: 't', inputTokens: 'i', outputTokens: 'o' },
      ...more,
    });
  const span = { ratePerS: 10, fromMs: 0, toMs: 20_000 };

  it('is played at the speed that brings the rate, and is over when it is over', () => {
    const model = createArrivalModel(arrivals({}));
    const drawn = model.draw(span, createRandom(1));
    expect(drawn).toHaveLength(101);
    expect((drawn[1] ?? 0) - (drawn[0] ?? 0)).toBeCloseTo(100, 6);
    expect(model.computeExpected(span)).toBe(101);
    expect(model.draw({ ...span, fromMs: -5_000, toMs: 0 }, createRandom(1))).toEqual([]);
  });

  it('goes on in both directions where it repeats', () => {
    const model = createArrivalModel(arrivals({ repeat: true }));
    const drawn = model.draw({ ...span, fromMs: -7_000 }, createRandom(1));
    expect(drawn).toHaveLength(270);
    expect(drawn.every((atMs, i) => i === 0 || Math.abs(atMs - (drawn[i - 1] ?? 0) - 100) < 1e-6)).toBe(true);
  });

  it('is thinned at a given speed, and refused where it would have to grow', () => {
    const model = createArrivalModel(arrivals({ speedUp: 20 }));
    const counts = Array.from(
      { length: 40 },
      (_, seed) => model.draw({ ...span, toMs: 5_000 }, createRandom(seed)).length,
    );
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    // Each of 100 is kept with probability one half.
    expect(Math.abs(mean - 50)).toBeLessThan((4 * 5) / Math.sqrt(40));
    const slow = createArrivalModel(arrivals({ speedUp: 2 }));
    expect(() => slow.draw(span, createRandom(1))).toThrow('thinning cannot add requests');
    expect(() => arrivals({ speedUp: 2, keepRatio: 0.5 })).toThrow('at most one of speedUp and keepRatio');
  });
});
