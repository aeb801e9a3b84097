import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MAX_LISTED_ISSUES, parseAzureTrace } from '../../../scenarios/traces/trace-azure.ts';
import { readTrace } from '../../../scenarios/traces/trace-formats.ts';
import {
  computeBusiest60SPerS,
  computeIndexOfDispersion,
  summariseTrace,
} from '../../../scenarios/traces/trace-summary.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { createRandom, sampleExponential } from '../../../vocabulary/random.ts';

const DATA = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const TRACE = join(DATA, 'azure-llm-2023/AzureLLMInferenceTrace_conv.csv.gz');
const HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens';

const issuesOf = (text: string) => {
  const result = parseAzureTrace(text, 'a trace');
  return result.kind === 'failed' ? result.failure.issues : [];
};

describe('parsing an Azure trace', () => {
  it('keeps the 100 ns digits and counts from the first row, across midnight', () => {
    const text = `${HEADER}\r\n2023-11-16 23:59:59.9999999,374,44\r\n2023-11-17 00:00:00.0000001,396,109`;
    const requests = unwrap(parseAzureTrace(text, 'a trace'));
    expect(requests[0]).toEqual({ atMs: 0, inputTokens: 374, outputTokens: 44 });
    expect(requests[1]?.atMs).toBeCloseTo(0.0002, 6);
  });

  it('lists every bad row with its line', () => {
    const rows = [
      HEADER,
      '2023-11-16 18:15:46.6805900,374,44',
      '2023-11-16 18:15:45.0000000,1,1',
      '2023-11-16 18:15:47,-3,NaN',
      '2023-02-30 18:15:48,1,1',
      '2023-11-16 18:15:48,,5',
      '2023-11-16 18:15:49,5',
      'yesterday,5,1.5',
    ];
    const issues = issuesOf(rows.join('\n'));
    expect(issues.map(({ path, got }) => `${path} ${got}`)).toEqual([
      'line 3 2023-11-16 18:15:45.0000000',
      'line 4 -3',
      'line 4 NaN',
      'line 5 2023-02-30 18:15:48',
      'line 6 nothing',
      'line 7 2 fields',
      'line 8 yesterday',
      'line 8 1.5',
    ]);
    for (const issue of issues) expect(issue.fix).not.toBe('');
  });

  it('says how many problems there are beyond those listed', () => {
    const text = [HEADER, ...Array.from({ length: 80 }, () => 'x,1,1')].join('\n');
    const result = parseAzureTrace(text, 'a trace');
    expect(result.kind === 'failed' && result.failure.message).toContain('80 problems');
    expect(issuesOf(text)).toHaveLength(MAX_LISTED_ISSUES);
    expect(result.kind === 'failed' && result.failure.code).toBe('INVALID_TRACE');
  });

  it.each([
    ['nothing', '', 'the header'],
    ['another header', 'a,b,c\n1,2,3\n', 'the header'],
    ['no rows', HEADER, 'at least two rows'],
    ['one instant', `${HEADER}\n2023-11-16 18:15:47,1,1\n2023-11-16 18:15:47,1,1`, 'at least two rows'],
    ['a quote that is not closed', `${HEADER}\n"2023-11-16 18:15:47,1,1\n`, 'valid CSV'],
  ])('refuses %s', (_name, text, expected) => {
    expect(issuesOf(text)[0]?.expected).toContain(expected);
  });
});

describe('reading a trace file', () => {
  it('reads it plain and gzipped, and names the bytes it read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'trace-'));
    const text = `${HEADER}\n2023-11-16 18:15:46,1,2\n2023-11-16 18:15:47,3,4\n`;
    writeFileSync(join(folder, 't.csv'), text);
    writeFileSync(join(folder, 't.csv.gz'), gzipSync(text));
    writeFileSync(join(folder, 'cut.csv.gz'), gzipSync(text).subarray(0, 30));
    const plain = unwrap(readTrace(join(folder, 't.csv')));
    expect(plain.requests).toEqual(unwrap(readTrace(join(folder, 't.csv.gz'))).requests);
    expect(plain).toMatchObject({ source: 't.csv', format: 'azure-llm' });
    expect(plain.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(readTrace(join(folder, 'cut.csv.gz'))).toMatchObject({ failure: { code: 'INVALID_TRACE' } });
    expect(readTrace(join(folder, 'none.csv'))).toMatchObject({ failure: { code: 'INPUT_NOT_FOUND' } });
    rmSync(folder, { recursive: true });
  });
});

describe('describing a trace', () => {
  it.skipIf(!existsSync(TRACE))(
    'finds the published figures of the Azure chat trace (needs ../shared/data)',
    () => {
      const facts = JSON.parse(readFileSync(join(DATA, 'catalog-facts.json'), 'utf8')) as {
        demand_fits: { id: string; value: Record<string, number> & { idc: Record<string, number> } }[];
      };
      const fact = facts.demand_fits.find(({ id }) => id === 'azure-llm-2023/conv')?.value;
      if (fact === undefined) throw new Error('the fact is gone');
      const summary = summariseTrace(unwrap(readTrace(TRACE)));
      expect(summary.requests).toBe(fact.n);
      expect(summary.meanRequestsPerS).toBeCloseTo(fact.rate_per_s ?? 0, 2);
      expect(summary.gapCv).toBeCloseTo(fact.iat_cv ?? 0, 3);
      expect(summary.meanInputTokens).toBeCloseTo(fact.in_mean ?? 0, 1);
      expect(Math.abs(summary.meanOutputTokens - (fact.out_mean ?? 0))).toBeLessThan(0.5);
      for (const window of ['1', '10', '60', '300']) {
        const expected = fact.idc[`${window}s`] ?? 0;
        expect(Math.abs((summary.indexOfDispersion[window] ?? 0) / expected - 1)).toBeLessThan(0.005);
      }
    },
  );

  it('finds an index of dispersion of 1 in Poisson arrivals and near 0 in even ones', () => {
    const random = createRandom(11);
    const poisson = [0];
    for (let i = 0; i < 40_000; i++) poisson.push((poisson.at(-1) ?? 0) + sampleExponential(random, 100));
    // The standard error of the index over k windows is about √(2/k).
    const windows = Math.floor((poisson.at(-1) ?? 0) / 1_000);
    expect(Math.abs((computeIndexOfDispersion(poisson, 1) ?? 0) - 1)).toBeLessThan(
      4 * Math.sqrt(2 / windows),
    );
    const even = Array.from({ length: 10_001 }, (_, i) => i * 100);
    expect(computeIndexOfDispersion(even, 1)).toBe(0);
    expect(computeIndexOfDispersion(even, 900)).toBeUndefined();
  });

  it('finds the busiest minute wherever it begins', () => {
    const instants = [0, 50_000, 61_000, 70_000, 100_000, 109_999, 121_000, 300_000];
    expect(computeBusiest60SPerS(instants)).toBe(5 / 60);
  });
});
