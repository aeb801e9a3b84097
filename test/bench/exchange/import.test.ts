import { describe, expect, it } from 'vitest';
import { endingFromError } from '../../../bench/exchange/import/failure-reason.ts';
import { detectFormat, importText } from '../../../bench/exchange/import/read-import.ts';
import { histogramOf } from '../../../bench/judge/read-step.ts';
import { repeatSection } from '../../../presentation/repeat-section.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { parseResultFile, type ResultFile, type ResultStep } from '../../../vocabulary/result-file.ts';

/** Four requests: two streams of three tokens, one whose chunks carry two tokens, one that was refused. */
const VLLM = {
  date: '20260102-030405',
  backend: 'openai',
  model_id: 'm',
  num_prompts: 4,
  request_rate: 2,
  burstiness: 1,
  max_concurrency: null,
  duration: 2,
  completed: 3,
  failed: 1,
  total_input_tokens: 30,
  total_output_tokens: 10,
  request_throughput: 1.5,
  mean_ttft_ms: 100,
  std_ttft_ms: 8,
  median_ttft_ms: 100,
  p99_ttft_ms: 119.8,
  mean_tpot_ms: 20,
  mean_itl_ms: 25,
  p99_itl_ms: 40,
  mean_e2el_ms: 160,
};
const DETAIL = {
  input_lens: [10, 10, 10, 10],
  output_lens: [3, 3, 4, 0],
  ttfts: [0.08, 0.1, 0.12, 0],
  itls: [[0.02, 0.03], [0.02, 0.02], [0.06], []],
  errors: ['', '', '', 'Too Many Requests'],
};

const instant = (s: number) => 1_760_000_000 + s;
const guideRequest = (dueS: number, slipS: number, tokens: number, error?: string) => ({
  type_: 'generative_request_stats',
  request_id: 'x',
  prompt_tokens: 12,
  output_tokens: tokens,
  input_metrics: { cached_tokens: 4 },
  info: {
    status: error === undefined ? 'completed' : 'errored',
    error: error ?? null,
    timings: {
      targeted_start: instant(dueS),
      request_start: instant(dueS + slipS),
      first_token_iteration: error === undefined ? instant(dueS + slipS + 0.1) : null,
      last_token_iteration: error === undefined ? instant(dueS + slipS + 0.1 + 0.02 * (tokens - 1)) : null,
      request_end: error === undefined ? instant(dueS + slipS + 0.2 + 0.02 * (tokens - 1)) : null,
      resolve_end: instant(dueS + slipS + 0.5),
      token_iterations: tokens,
    },
  },
});
const GUIDE = {
  metadata: { version: 2, guidellm_version: '0.8.1' },
  benchmarks: [
    {
      type_: 'generative_benchmark',
      config: { strategy: { type_: 'constant', rate: 4, max_concurrency: 512 } },
      start_time: instant(0),
      end_time: instant(2),
      duration: 2,
      requests: {
        successful: [guideRequest(0, 0.001, 6), guideRequest(0.25, 0.002, 11)],
        errored: [guideRequest(0.5, 0, 0, "ConnectError('All connection attempts failed')")],
        incomplete: [],
        total: null,
      },
    },
    {
      config: { strategy: { type_: 'concurrent', streams: 3 } },
      start_time: instant(3),
      end_time: instant(5),
      duration: 2,
      requests: { successful: [guideRequest(3, 0, 2)], errored: null, incomplete: [guideRequest(3.5, 0, 1)] },
    },
  ],
};

const ns = (ms: number): number => 1_760_000_000_000_000_000 + ms * 1e6;
const aiperfLine = (startMs: number, latencyMs: number, gapsMs: readonly number[], error?: object) =>
  JSON.stringify({
    metadata: {
      request_start_ns: ns(startMs),
      request_end_ns: ns(startMs + latencyMs),
      benchmark_phase: 'profiling',
      was_cancelled: false,
    },
    metrics:
      error === undefined
        ? {
            request_latency: { value: latencyMs, unit: 'ms' },
            time_to_first_token: { value: latencyMs - gapsMs.reduce((sum, gap) => sum + gap, 0), unit: 'ms' },
            inter_chunk_latency: { value: gapsMs, unit: 'ms' },
            inter_token_latency: { value: 20, unit: 'ms' },
            input_sequence_length: { value: 50, unit: 'tokens' },
            output_sequence_length: { value: gapsMs.length + 1, unit: 'tokens' },
          }
        : null,
    error: error ?? null,
  });
const AIPERF = [
  aiperfLine(0, 140, [20, 20]),
  aiperfLine(500, 160, [20, 20, 20]),
  aiperfLine(900, 5, [], { code: 503, type: 'HTTPError', message: 'Service Unavailable' }),
].join('\n');

const read = (text: string): ResultFile => {
  const format = detectFormat(text);
  if (format === undefined || format === 'k6') throw new Error(`detected ${format}`);
  const result = unwrap(importText(text, 'it', { format }));
  return unwrap(parseResultFile(JSON.stringify(result), 'what was imported'));
};
const stepsOf = (result: ResultFile): [ResultStep, ...ResultStep[]] => {
  const [first, ...others] = result.steps;
  if (first === undefined) throw new Error('no step');
  return [first, ...others];
};
const meanOf = (step: ResultStep, metric: Parameters<typeof histogramOf>[1]) =>
  histogramOf(step, metric)?.meanMs;

describe('vLLM bench serve with --save-detailed', () => {
  const result = read(JSON.stringify({ ...VLLM, ...DETAIL, start_times: [100, 100.5, 101, 101.5] }));
  const [step] = stepsOf(result);

  it('counts and times by what its figures are, and withholds what it has not', () => {
    expect(step.counts).toMatchObject({
      offered: 4,
      completed: 3,
      failed: 1,
      byReason: { 'failed:http-rate-limited': 1 },
    });
    expect(meanOf(step, 'wireTimeToFirstTokenMs')).toBeCloseTo(100, 3);
    expect(meanOf(step, 'wireTimeToLastTokenMs')).toBeCloseTo(150, 3);
    // (50 + 40) ms over 2 tokens each, 60 ms over 3.
    expect(meanOf(step, 'timePerOutputTokenMs')).toBeCloseTo((25 + 20 + 20) / 3, 3);
    expect(step.tokens).toMatchObject({ input: 30, output: 10 });
    expect(Object.keys(step.histograms)).not.toContain('latencyMs');
    expect(Object.keys(step.histograms)).not.toContain('timeToFirstTokenMs');
    expect(step.load).toEqual({ kind: 'open', interactionsPerS: 2, turnsPerS: 2 });
  });

  it('takes its ITL as gaps between chunks, and as time between tokens only where a chunk is a token', () => {
    expect(histogramOf(step, 'interChunkGapMs')?.count).toBe(5);
    expect(histogramOf(step, 'interTokenLatencyMs')?.count).toBe(4);
    expect(result.importedFrom?.notes.join(' ')).toMatch(/ITL is the gap between chunks/);
  });

  it('has a timeline and requests in flight from its start times, else by Little', () => {
    expect(step.timeline.map(({ offered }) => offered)).toEqual([2, 2]);
    expect(step.inFlight.max).toBe(1);
    const [without] = stepsOf(read(JSON.stringify({ ...VLLM, ...DETAIL })));
    expect(without.timeline).toEqual([]);
    expect(without.inFlight.mean).toBeCloseTo(450 / 2_000, 6);
  });
});

describe('vLLM bench serve without details', () => {
  it('keeps totals and means, and its percentiles as notes, never as histograms', () => {
    const result = read(JSON.stringify(VLLM));
    const [step] = stepsOf(result);
    expect(step.histograms).toEqual({});
    expect(step.counts).toMatchObject({ offered: 4, completed: 3, failed: 1 });
    expect(step.summaries?.wireTimeToFirstTokenMs).toEqual({ meanMs: 100, standardDeviationMs: 8 });
    expect(step.inFlight.mean).toBeCloseTo((3 * 160) / 2_000, 6);
    expect(result.importedFrom?.notes.join(' ')).toMatch(/p99_ttft_ms 119\.80/);
  });

  it('is a closed loop when its rate is infinite', () => {
    const [step] = stepsOf(read(JSON.stringify({ ...VLLM, request_rate: 'inf', max_concurrency: 8 })));
    expect(step.load).toEqual({ kind: 'closed', concurrency: 8 });
  });
});

describe('a file without a date', () => {
  const { date: _date, ...undated } = { ...VLLM, ...DETAIL };
  const text = JSON.stringify(undated);
  const written = { format: 'vllm' as const, writtenAtUnixMs: 1_770_000_000_000 };

  it('is taken to end when it was written, and says so', () => {
    const result = unwrap(importText(text, 'a file', written));
    expect(result.finishedAtUnixMs).toBe(1_770_000_000_000);
    expect(result.startedAtUnixMs).toBe(1_770_000_000_000 - 2_000);
    expect(result.importedFrom?.notes.join(' ')).toContain('names no date');
    expect(unwrap(parseResultFile(JSON.stringify(result), 'it'))).toEqual(result);
  });

  it('is the same run whenever it was copied', () => {
    const copied = unwrap(importText(text, 'a copy', { ...written, writtenAtUnixMs: 1_780_000_000_000 }));
    expect(copied.runId).toBe(unwrap(importText(text, 'a file', written)).runId);
  });

  it('is another matter where it has one', () => {
    const dated = unwrap(importText(JSON.stringify({ ...VLLM, ...DETAIL }), 'a file', written));
    expect(dated.finishedAtUnixMs).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
    expect(dated.importedFrom?.notes.join(' ')).not.toContain('names no date');
  });

  it('stands in a report without a seed and without a machine that nobody told', () => {
    const result = unwrap(importText(text, 'a file', written));
    const [runs] = repeatSection([result], undefined).blocks.filter(({ kind }) => kind === 'table');
    const cells = JSON.stringify(runs);
    expect(cells).toContain('not reported');
    expect(cells).not.toContain(result.machine.cpuModel);
  });
});

describe('GuideLLM', () => {
  const result = read(JSON.stringify(GUIDE));
  const [open, closed] = stepsOf(result);

  it('counts latency from the instant a request was due where the strategy has one', () => {
    expect(result.importedFrom).toMatchObject({ tool: 'guidellm', version: '0.8.1' });
    expect(meanOf(open, 'scheduleSlipMs')).toBeCloseTo(1.5, 3);
    // 1 + 200 + 5 × 20 and 2 + 200 + 10 × 20 ms.
    expect(meanOf(open, 'latencyMs')).toBeCloseTo((301 + 402) / 2, 2);
    expect(meanOf(open, 'wireTimeToFirstTokenMs')).toBeCloseTo(100, 2);
    expect(closed?.histograms.latencyMs).toBeUndefined();
    expect(closed?.load).toEqual({ kind: 'closed', concurrency: 3 });
  });

  it('keeps its TPOT, which includes the first token, apart from ours', () => {
    expect(meanOf(open, 'timePerOutputTokenMs')).toBeCloseTo(20, 2);
    // (100 + 100) ÷ 6 for 6 tokens and (100 + 200) ÷ 11 for 11: 500 ms over 17 tokens.
    expect(meanOf(open, 'wireTimePerTokenByTokenMs')).toBeCloseTo(500 / 17, 2);
    expect(histogramOf(open, 'timePerOutputTokenByGapMs')?.count).toBe(15);
    expect(open.histograms.interTokenLatencyMs).toBeUndefined();
  });

  it('counts errors by what they say, and requests cut off at the end as such', () => {
    expect(open.counts.byReason).toEqual({ 'failed:connect-refused': 1 });
    expect(closed?.counts.byReason).toEqual({ 'timed-out:run-ended': 1 });
    expect(open.tokens).toMatchObject({ input: 24, cachedInput: 8, output: 17 });
  });
});

describe('AIPerf', () => {
  it('records are requests: its ITL is our time per output token', () => {
    const [step] = stepsOf(read(AIPERF));
    expect(step.counts).toMatchObject({
      offered: 3,
      completed: 2,
      byReason: { 'failed:http-overloaded': 1 },
    });
    expect(meanOf(step, 'wireTimeToLastTokenMs')).toBeCloseTo(150, 2);
    expect(meanOf(step, 'timePerOutputTokenMs')).toBeCloseTo(20, 2);
    expect(histogramOf(step, 'interTokenLatencyMs')?.count).toBe(5);
    expect(step.windowMs).toBeCloseTo(905, 0);
  });

  it('a single record is recognised, and a summary has means only', () => {
    expect(stepsOf(read(aiperfLine(0, 100, [20])))[0].counts.completed).toBe(1);
    const stats = (avg: number, unit: string) => ({ unit, avg, min: avg / 2, max: avg * 2, std: 1 });
    const [step] = stepsOf(
      read(
        JSON.stringify({
          aiperf_version: '0.13.0',
          request_count: { unit: 'requests', avg: 40 },
          request_throughput: { unit: 'requests/sec', avg: 8 },
          request_latency: stats(500, 'ms'),
          time_to_first_token: stats(0.1, 's'),
          total_osl: { unit: 'tokens', avg: 400 },
        }),
      ),
    );
    expect(step.histograms).toEqual({});
    expect(step.windowMs).toBe(5_000);
    expect(step.summaries?.wireTimeToFirstTokenMs?.meanMs).toBe(100);
    expect(step.inFlight.mean).toBe(4);
    expect(step.tokens.output).toBe(400);
  });
});

describe('what no tool says of its own generator', () => {
  it('is absent, not zero', () => {
    for (const text of [
      JSON.stringify({ ...VLLM, ...DETAIL }),
      JSON.stringify(VLLM),
      JSON.stringify(GUIDE),
      AIPERF,
    ])
      for (const step of read(text).steps) expect(step).not.toHaveProperty('generator');
  });
});

describe('objectives on an import', () => {
  it('judge what the file has, and are refused on what it withholds', () => {
    const text = JSON.stringify({ ...VLLM, ...DETAIL });
    const slo = (metric: 'latencyMs' | 'wireTimeToFirstTokenMs') =>
      ({ kind: 'latency', metric, percentile: 95, limitMs: 110 }) as const;
    const judged = unwrap(importText(text, 'it', { format: 'vllm', slos: [slo('wireTimeToFirstTokenMs')] }));
    expect(judged.steps[0]?.goodRequests).toBe(2);
    expect(importText(text, 'it', { format: 'vllm', slos: [slo('latencyMs')] })).toMatchObject({
      failure: { code: 'USAGE', message: expect.stringContaining('latencyMs') },
    });
  });
});

describe('bad files', () => {
  const issuesOf = (text: string, format: 'vllm' | 'guidellm' | 'aiperf'): string[] => {
    const read = importText(text, 'it', { format });
    if (read.kind === 'ok') throw new Error('imported');
    expect(read.failure.code).toBe('INVALID_IMPORT');
    return read.failure.issues.map(({ path }) => path);
  };

  it('are refused with every problem and its path', () => {
    expect(issuesOf(JSON.stringify({ ...VLLM, duration: -1, completed: 'x' }), 'vllm')).toEqual([
      'duration',
      'completed',
    ]);
    expect(issuesOf(JSON.stringify({ ...VLLM, ...DETAIL, itls: [[]] }), 'vllm')).toEqual(['itls']);
    const broken = structuredClone(GUIDE);
    broken.benchmarks.forEach((benchmark) => {
      benchmark.duration = 0;
    });
    expect(issuesOf(JSON.stringify(broken), 'guidellm')).toEqual([
      'benchmarks[0].duration',
      'benchmarks[1].duration',
    ]);
    expect(issuesOf(`${aiperfLine(0, 1, [])}\nnot json\n{"metadata":{}}\n`, 'aiperf')).toEqual([
      'line 2',
      'line 3: metadata.request_start_ns',
    ]);
    expect(issuesOf('{', 'vllm')).toHaveLength(1);
    expect(issuesOf('', 'aiperf')).toEqual(['(root)']);
  });

  it('that cannot be those of a run are refused before any memory is taken for them', () => {
    const years = JSON.stringify({ ...VLLM, ...DETAIL, start_times: [0, 1, 2, 3], duration: 1e12 });
    expect(issuesOf(years, 'vllm')).toEqual(['step 1']);
    expect(issuesOf(`${aiperfLine(0, 1, [])}\n${aiperfLine(-1.7e12, 1, [])}`, 'aiperf')).toEqual(['step 1']);
    const tokens = structuredClone(GUIDE);
    for (const request of tokens.benchmarks[0]?.requests.successful ?? []) request.output_tokens = 1e30;
    expect(issuesOf(JSON.stringify(tokens), 'guidellm')).toEqual([
      'benchmarks[0].requests.successful[0].output_tokens',
      'benchmarks[0].requests.successful[1].output_tokens',
    ]);
  });

  it('of tools that are not known have no format', () => {
    expect(detectFormat('{"a": 1}')).toBeUndefined();
    expect(detectFormat('hello')).toBeUndefined();
    expect(detectFormat(JSON.stringify({ metrics: {}, root_group: {} }))).toBe('k6');
  });
});

describe('an error text', () => {
  it.for([
    ["ConnectError('All connection attempts failed')", 'failed', 'connect-refused'],
    ['ServerDisconnectedError: Server disconnected', 'failed', 'connection-reset'],
    ['Internal Server Error', 'failed', 'http-server-error'],
    ['asyncio.TimeoutError', 'timed-out', 'total'],
  ] as const)('%s is %s %s', ([text, state, what]) => {
    const { outcome } = endingFromError(text);
    expect(outcome.state).toBe(state);
    expect('code' in outcome ? outcome.code : 'phase' in outcome ? outcome.phase : '').toBe(what);
  });

  it('that says nothing known is counted as unreported', () => {
    expect(endingFromError('boom').reason).toBe('failed:unreported');
  });
});
