import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { requestsPerSOf } from '../../../planner/calibrate/saturation.ts';
import { parseMeasuredFile, readMeasuredFile } from '../../../planner/validate/measured-file.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

const HEAD = 'model,system,input_tokens,output_tokens,concurrency,mean_ttft_ms,mean_tpot_ms';
const text = (...lines: string[]): string => [HEAD, ...lines].join('\n');

function issuesOf(content: string) {
  const parsed = parseMeasuredFile(content, 'runs.csv');
  if (parsed.kind === 'ok') throw new Error('expected a failure');
  expect(parsed.failure.code).toBe('INVALID_MEASUREMENTS');
  return parsed.failure.issues;
}

describe('measured serving points', () => {
  test('everything but the load and the times names the configuration; points are in order of load', () => {
    const file = unwrap(
      parseMeasuredFile(
        text(
          'a,h100,512,128,16,60,9',
          'a,h100,512,128,4,40,8',
          'b,h100,512,128,4,30,7',
          'a,h200,512,128,4,1,1',
        ),
        'runs.csv',
      ),
    );
    expect(file.rows).toBe(4);
    expect(file.configurations.map(({ key }) => key)).toEqual([
      'a | h100 | 512 | 128',
      'b | h100 | 512 | 128',
      'a | h200 | 512 | 128',
    ]);
    expect(file.configurations[0]?.points.map(({ concurrency }) => concurrency)).toEqual([4, 16]);
    expect(file.configurations[0]).toMatchObject({ inputTokens: 512, outputTokens: 128 });
  });

  test('replicates are a mean with its parts; a copied row is one run', () => {
    const { configurations, copies } = unwrap(
      parseMeasuredFile(text('a,h,1,128,4,40,8', 'a,h,1,128,4,60,10', 'a,h,1,128,4,40,8'), 'runs.csv'),
    );
    const [point] = configurations[0]?.points ?? [];
    expect(copies).toBe(1);
    expect(point?.replicates).toHaveLength(2);
    expect(point).toMatchObject({ meanTimeToFirstTokenMs: 50, meanTimePerOutputTokenMs: 9 });
  });

  test('requests/s by Little’s law: 4 in flight for 40 + 8 · 127 ms each are 3.788/s', () => {
    const point = { concurrency: 4, meanTimeToFirstTokenMs: 40, meanTimePerOutputTokenMs: 8 };
    expect(requestsPerSOf(point, 128)).toBeCloseTo(4 / 1.056, 9);
  });

  test('gzipped or not, by content and not by name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'busyhour-measured-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [plain, packed] = [join(folder, 'a.csv.gz'), join(folder, 'b.csv')];
    writeFileSync(plain, text('a,h,1,128,4,40,8'));
    writeFileSync(packed, gzipSync(text('a,h,1,128,4,40,8')));
    expect(unwrap(readMeasuredFile(plain))).toEqual(unwrap(readMeasuredFile(packed)));
    expect(readMeasuredFile(join(folder, 'none.csv'))).toMatchObject({
      kind: 'failed',
      failure: { code: 'INPUT_NOT_FOUND' },
    });
  });
});

describe('bad lines, all of them named', () => {
  test('figures that cannot be: negative, zero, absurd, not a number, missing, not whole', () => {
    const issues = issuesOf(
      text(
        'a,h,1,128,4,-1,8',
        'a,h,1,128,0,1,8',
        'a,h,1,128,4,1e12,8',
        'a,h,1,128,4,abc,8',
        'a,h,1,128,4',
        'a,h,1,0.5,4,1,8',
        'a,h,1,128,4.5,1,NaN',
        'a,h,1,128,Infinity,1,8',
      ),
    );
    expect(issues.map(({ path }) => path)).toEqual([
      'line 2',
      'line 3',
      'line 4',
      'line 5',
      'line 6',
      'line 6',
      'line 7',
      'line 8',
      'line 8',
      'line 9',
    ]);
    expect(issues[0]).toMatchObject({ expected: expect.stringContaining('mean_ttft_ms'), got: '-1' });
  });

  test('missing columns, no rows, an empty file, a binary file', () => {
    expect(issuesOf('model,concurrency\na,4')[0]?.fix).toContain('output_tokens, mean_ttft_ms, mean_tpot_ms');
    expect(issuesOf(HEAD)[0]?.expected).toBe('at least one measured point');
    expect(issuesOf('')).toHaveLength(1);
    expect(issuesOf('\u0000\u0001\u0002')).toHaveLength(1);
  });
});
