import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TraceRequest } from '../../../scenarios/traces/trace.ts';
import { MAX_LISTED_ISSUES, parseAzureTrace } from '../../../scenarios/traces/trace-azure.ts';
import { readTrace } from '../../../scenarios/traces/trace-formats.ts';
import { type Failure, unwrap } from '../../../vocabulary/errors.ts';

const HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens';
const GOOD = ['2023-11-16 18:15:46.6805900,374,44', '2023-11-16 18:15:50.9951690,396,109'] as const;

const parse = (text: string): readonly TraceRequest[] => unwrap(parseAzureTrace(text, 'rows.csv'));

function failureOf(text: string): Failure {
  const result = parseAzureTrace(text, 'rows.csv');
  if (result.kind !== 'failed') throw new Error('the text was read without a problem');
  return result.failure;
}

/** Rows with the given one in the middle: line 3 of the file. */
const withRow = (row: string): string => [HEADER, GOOD[0], row, GOOD[1]].join('\n');

describe('the text around the rows', () => {
  const plain = parse(`${[HEADER, ...GOOD].join('\n')}\n`);

  it.each([
    ['no newline at the end', [HEADER, ...GOOD].join('\n')],
    ['CRLF', `${[HEADER, ...GOOD].join('\r\n')}\r\n`],
    ['CRLF and no newline at the end', [HEADER, ...GOOD].join('\r\n')],
    ['a byte order mark', `\uFEFF${[HEADER, ...GOOD].join('\n')}\n`],
    ['a byte order mark and CRLF', `\uFEFF${[HEADER, ...GOOD].join('\r\n')}\r\n`],
    ['blank lines at the end', `${[HEADER, ...GOOD].join('\n')}\n\n\n`],
  ])('does not change what is read: %s', (_name, text) => {
    expect(plain).toHaveLength(2);
    expect(parse(text)).toEqual(plain);
  });

  it.each([
    ['LF', '\n', ''],
    ['CRLF', '\r\n', ''],
    ['a byte order mark', '\n', '\uFEFF'],
  ])('does not shift the line of a bad row: %s', (_name, newline, mark) => {
    const text = mark + [HEADER, GOOD[0], GOOD[1], 'bad,1,1', ''].join(newline);
    expect(failureOf(text).issues.map(({ path }) => path)).toEqual(['line 4']);
  });

  it('counts blank lines as lines', () => {
    const text = [HEADER, '', GOOD[0], '', '', 'bad,1,1', GOOD[1]].join('\n');
    expect(failureOf(text).issues.map(({ path }) => path)).toEqual(['line 6']);
  });
});

describe('a row that cannot be replayed', () => {
  it.each([
    ['NaN tokens', '2023-11-16 18:15:47,NaN,1', 'ContextTokens', 'NaN'],
    ['negative input', '2023-11-16 18:15:47,-1,1', 'ContextTokens', '-1'],
    ['negative output', '2023-11-16 18:15:47,1,-1', 'GeneratedTokens', '-1'],
    ['infinite tokens', '2023-11-16 18:15:47,1,Infinity', 'GeneratedTokens', 'Infinity'],
    ['tokens in powers of ten', '2023-11-16 18:15:47,1e3,1', 'ContextTokens', '1e3'],
    ['hexadecimal tokens', '2023-11-16 18:15:47,1,0x10', 'GeneratedTokens', '0x10'],
    ['half a token', '2023-11-16 18:15:47,1,0.5', 'GeneratedTokens', '0.5'],
    ['a space for a number', '2023-11-16 18:15:47, ,1', 'ContextTokens', ' '],
    ['an empty last field', '2023-11-16 18:15:47,1,', 'GeneratedTokens', 'nothing'],
    ['more tokens than any context', '2023-11-16 18:15:47,9999999999,1', 'ContextTokens', '9999999999'],
    ['a missing column', '2023-11-16 18:15:47,1', '3 fields', '2 fields'],
    ['a column too many', '2023-11-16 18:15:47,1,2,3', '3 fields', '4 fields'],
    ['an empty instant', ',1,1', 'TIMESTAMP', 'nothing'],
    ['a thirteenth month', '2023-13-01 00:00:00,1,1', 'TIMESTAMP', '2023-13-01 00:00:00'],
    ['a day that is not there', '2023-02-29 00:00:00,1,1', 'TIMESTAMP', '2023-02-29 00:00:00'],
    ['a 24th hour', '2023-11-16 24:00:00,1,1', 'TIMESTAMP', '2023-11-16 24:00:00'],
    ['a 60th second', '2023-11-16 18:15:60,1,1', 'TIMESTAMP', '2023-11-16 18:15:60'],
    ['an eighth digit', '2023-11-16 18:15:47.12345678,1,1', 'TIMESTAMP', '2023-11-16 18:15:47.12345678'],
    ['another notation', '2023-11-16T18:15:47Z,1,1', 'TIMESTAMP', '2023-11-16T18:15:47Z'],
  ])('is named with its line, what was expected and what was there: %s', (_name, row, expected, got) => {
    const { code, issues, message } = failureOf(withRow(row));
    expect({ code, message }).toEqual({ code: 'INVALID_TRACE', message: 'rows.csv has 1 problem' });
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({ path: 'line 3', got });
    expect(issues[0]?.expected).toContain(expected);
    expect(issues[0]?.fix).toMatch(/correct|remove/);
  });

  it('is one that goes back in time by 100 ns, and each is held against the last one in order', () => {
    const text = [
      HEADER,
      '2023-11-16 18:15:46.0000002,1,1',
      '2023-11-16 18:15:46.0000001,1,1',
      '2023-11-16 18:15:46.0000002,1,1',
      '2023-11-16 18:15:45.9999999,1,1',
      '2023-11-16 18:15:46.0000003,1,1',
    ].join('\n');
    const { issues } = failureOf(text);
    expect(issues.map(({ path }) => path)).toEqual(['line 3', 'line 5']);
    for (const { fix } of issues) expect(fix).toBe('sort the rows by TIMESTAMP');
  });

  it.each([1, 49, 50, 51, 120])('is counted whatever the number: %i of them', (bad) => {
    const rows = Array.from({ length: bad }, (_, i) => `2023-11-16 18:15:${47},${-1 - i},1`);
    const { issues, message } = failureOf([HEADER, GOOD[0], ...rows, GOOD[1]].join('\n'));
    const listed = Math.min(bad, MAX_LISTED_ISSUES);
    expect(issues.map(({ path }) => path)).toEqual(Array.from({ length: listed }, (_, i) => `line ${i + 3}`));
    expect(message).toContain(`${bad} problem${bad === 1 ? '' : 's'}`);
    expect(message.includes('the first 50 of them listed')).toBe(bad > 50);
  });
});

describe('instants', () => {
  const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');
  /** Ticks of 100 ns of one day as the trace writes them: an integer, so no rounding of ours. */
  const write = (ticks: number): string => {
    const seconds = Math.floor(ticks / 1e7);
    const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    return `2023-11-16 ${clock.map((part) => pad(part, 2)).join(':')}.${pad(ticks % 1e7, 7)}`;
  };

  it('are the exact distance from the first row, to a thousandth of 100 ns', () => {
    const ticks = fc.array(fc.integer({ min: 0, max: 863_999_999_999 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(ticks, (drawn) => {
        const sorted = [...drawn].sort((a, b) => a - b);
        fc.pre(sorted[0] !== sorted.at(-1));
        const requests = parse([HEADER, ...sorted.map((at) => `${write(at)},1,1`)].join('\n'));
        requests.forEach(({ atMs }, i) => {
          const expectedMs = ((sorted[i] ?? 0) - (sorted[0] ?? 0)) / 1e4;
          expect(Math.abs(atMs - expectedMs)).toBeLessThan(1e-7);
        });
      }),
    );
  });

  it('cross a leap day and the turn of a year', () => {
    const at = ['2023-12-31 23:59:59', '2024-01-01 00:00:00', '2024-02-29 00:00:00', '2024-03-01 00:00:00'];
    const requests = parse([HEADER, ...at.map((text) => `${text},1,1`)].join('\n'));
    const daysMs = 86_400_000;
    expect(requests.map(({ atMs }) => atMs)).toEqual([0, 1_000, 1_000 + 59 * daysMs, 1_000 + 60 * daysMs]);
  });
});

describe('a gzipped trace', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trace-rows-'));
  const text = `${[HEADER, ...GOOD].join('\n')}\n`;
  const whole = gzipSync(text);
  const write = (name: string, bytes: Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  beforeAll(() => {
    expect(unwrap(readTrace(write('whole.csv.gz', whole))).requests).toHaveLength(2);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is refused wherever it is cut, never read in part', () => {
    for (let bytes = 2; bytes < whole.length; bytes++) {
      const path = write('cut.csv.gz', whole.subarray(0, bytes));
      const result = readTrace(path);
      if (result.kind !== 'failed') throw new Error(`${bytes} of ${whole.length} bytes were read`);
      expect(result.failure.code).toBe('INVALID_TRACE');
      expect(result.failure.issues[0]).toMatchObject({ path, expected: 'whole gzip data' });
    }
  });

  it('is refused when a byte of its check sum differs', () => {
    const broken = Buffer.from(whole);
    const last = broken.length - 5;
    broken[last] = (broken[last] ?? 0) ^ 0xff;
    expect(readTrace(write('sum.csv.gz', broken))).toMatchObject({ failure: { code: 'INVALID_TRACE' } });
  });

  it('may be two members one after the other, as rotated logs are', () => {
    const two = Buffer.concat([gzipSync(`${HEADER}\n${GOOD[0]}\n`), gzipSync(`${GOOD[1]}\n`)]);
    expect(unwrap(readTrace(write('two.csv.gz', two))).requests).toEqual(parse(text));
  });

  it('is a folder or missing: not found, with the reason', () => {
    for (const path of [folder, join(folder, 'none.csv.gz')]) {
      expect(readTrace(path)).toMatchObject({ failure: { code: 'INPUT_NOT_FOUND' } });
    }
  });
});
