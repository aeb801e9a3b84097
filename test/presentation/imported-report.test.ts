import { describe, expect, it } from 'vitest';
import { importText } from '../../bench/exchange/import/read-import.ts';
import type { Table } from '../../presentation/blocks.ts';
import { renderHtml } from '../../presentation/render-html.ts';
import { buildReport } from '../../presentation/report.ts';
import { readResult } from '../../presentation/step-reading.ts';
import { formatStepTable } from '../../presentation/terminal.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import { cpuResult } from './fixtures.ts';

const REQUESTS = 200;
/** 200 streams of three tokens: first token after 100 … 299 ms, gaps of 20 ms. */
const TOTALS = {
  model_id: 'm',
  num_prompts: REQUESTS,
  request_rate: 10,
  duration: 20,
  completed: REQUESTS,
  total_input_tokens: 2_000,
  total_output_tokens: 3 * REQUESTS,
  request_throughput: 10,
  mean_ttft_ms: 199.5,
  std_ttft_ms: 57.7,
  mean_e2el_ms: 239.5,
};
const DETAIL = {
  input_lens: Array<number>(REQUESTS).fill(10),
  output_lens: Array<number>(REQUESTS).fill(3),
  ttfts: Array.from({ length: REQUESTS }, (_, i) => (100 + i) / 1_000),
  itls: Array.from({ length: REQUESTS }, () => [0.02, 0.02]),
  errors: Array<string>(REQUESTS).fill(''),
};

const imported = (file: object): ResultFile =>
  unwrap(importText(JSON.stringify(file), 'vllm.json', { format: 'vllm' }));
const detailed = imported({ ...TOTALS, ...DETAIL });
const summed = imported(TOTALS);

const reportOf = (result: ResultFile) => buildReport([unwrap(readResult(result))], undefined);
const tablesOf = (result: ResultFile): Table[] =>
  reportOf(result).sections.flatMap(({ blocks }) =>
    blocks.filter((block): block is Table => block.kind === 'table'),
  );

function tableOf(result: ResultFile, caption: RegExp): Record<string, string>[] {
  const table = tablesOf(result).find((each) => caption.test(each.caption));
  if (table === undefined) throw new Error(`no table ${caption}`);
  return table.rows.map((row) =>
    Object.fromEntries(
      table.columns.map(({ title }, i) => [title, `${row[i]?.text ?? ''}${row[i]?.badge?.text ?? ''}`]),
    ),
  );
}

describe('the report of what another tool measured', () => {
  it('says of a generator that nobody watched that it is not reported, never 0 and never well', () => {
    const [row] = tableOf(detailed, /generator/);
    for (const figure of ['event loop busy', 'loop delay p99 ms', 'GC pauses ms', 'CPU cores', 'memory'])
      expect(row?.[figure]).toBe('not reported');
    expect(row?.verdict).toBe('unknown');
    const [own] = tableOf(cpuResult(), /generator/);
    expect(own).toMatchObject({ 'CPU cores': '0.12', verdict: 'kept its schedule' });
  });

  it('shows what was watched beside what was not', () => {
    const step = detailed.steps[0];
    if (step === undefined) throw new Error('no step');
    const generator = { cpuCores: 0.5, maxRssBytes: 2 ** 20 };
    const [row] = tableOf({ ...detailed, steps: [{ ...step, generator }] }, /generator/);
    expect(row).toMatchObject({
      'CPU cores': '0.5',
      memory: '1 MiB',
      'event loop busy': 'not reported',
      verdict: 'unknown',
    });
  });

  it('has the latencies from the send in tables and charts, named as such', () => {
    // Nearest rank of 140 … 339 ms: rank 100 is 239, rank 190 is 329.
    const [row] = tableOf(detailed, /^Steps\. .*actual send/);
    expect(Number(row?.['wire time to last token p50 ms'])).toBeCloseTo(239, 0);
    expect(Number(row?.['wire time to last token p95 ms'])).toBeCloseTo(329, 0);
    expect(Number(row?.['wire TTFT p95 ms'])).toBeCloseTo(289, 0);
    expect(renderHtml(reportOf(detailed))).toContain('Wire time to first token, distribution');
    const terminal = formatStepTable(detailed);
    expect(terminal).toMatch(/step 1 .* 239 +329 +289/);
    expect(terminal).toContain('counts from the actual send');
    expect(formatStepTable(cpuResult())).not.toContain('actual send');
  });

  it('has the means of a file without samples, and no percentile', () => {
    expect(tableOf(summed, /in sum/)).toEqual([
      {
        figure: 'wire time to first token',
        step: 'step 1',
        mean: '200',
        min: '—',
        max: '—',
        'standard deviation': '57.7',
      },
      {
        figure: 'wire time to last token',
        step: 'step 1',
        mean: '240',
        min: '—',
        max: '—',
        'standard deviation': '—',
      },
    ]);
    expect(tablesOf(detailed).some(({ caption }) => /in sum/.test(caption))).toBe(false);
    expect(tablesOf(summed).some(({ caption }) => /^Latencies/.test(caption))).toBe(false);
  });
});
